"""Numbers, sizes and names that the services refuse, in their words."""

import io
import json
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_support import ROLE, Aws, Server

from oleoduto_local import quotas
from oleoduto_local.errors import LocalAwsError
from oleoduto_local.patches.glue_limits import workers_refusal
from oleoduto_local.patches.lambda_limits import UNPACKED_BYTES, Concurrency, archive_refusal, code_refusal
from oleoduto_local.quotas import Instances


def refused(call: Any, **request: Any) -> tuple[str, str, int]:
    """The code, the message and the HTTP status of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


SPOT = "ml.m5.large for spot training job usage"


def test_sagemaker_counts_the_instances_of_a_type_and_use(server: Server, aws: Aws) -> None:
    path = server.data / quotas.FILE
    path.write_text(json.dumps({SPOT: 1}))
    try:
        first = aws.training(mode="sleep")
        aws.put("final/dataproc=20260101/part-00.parquet", "rows")
        aws.sagemaker.create_training_job(**first)
        code, message, _ = refused(aws.sagemaker.create_training_job, **aws.training())
        assert code == "ResourceLimitExceeded"
        assert message.startswith(
            f"The account-level service limit '{SPOT}' is 1 Instances, with current utilization of 1 Instances and a request "
            "delta of 1 Instances."
        )
        # Instances on demand are of another quota.
        plain = {**aws.training(), "EnableManagedSpotTraining": False, "StoppingCondition": {"MaxRuntimeInSeconds": 60}}
        aws.sagemaker.create_training_job(**plain)
        aws.finish_training(plain["TrainingJobName"])
        aws.sagemaker.stop_training_job(TrainingJobName=first["TrainingJobName"])
        aws.finish_training(first["TrainingJobName"])
        last = aws.training()
        aws.sagemaker.create_training_job(**last)
        aws.finish_training(last["TrainingJobName"])
    finally:
        path.unlink()


def test_a_new_account_has_no_accelerators(aws: Aws) -> None:
    request = aws.processing(f"s3://{uuid.uuid4()}/models/")
    request["ProcessingResources"]["ClusterConfig"]["InstanceType"] = "ml.p3.2xlarge"
    code, message, _ = refused(aws.sagemaker.create_processing_job, **request)
    assert code == "ResourceLimitExceeded" and "'ml.p3.2xlarge for processing job usage' is 0 Instances" in message


@pytest.mark.parametrize(
    ("spot", "wait", "said"),
    [
        (False, 120, "It is only supported when EnableManagedSpotTraining is set to true"),
        (True, None, "It must be present and be greater than or equal to MaxRuntimeInSeconds"),
        (True, 59, "It must be present and be greater than or equal to MaxRuntimeInSeconds"),
    ],
)
def test_a_time_to_wait_belongs_to_spot_instances(aws: Aws, spot: bool, wait: int | None, said: str) -> None:
    condition = {"MaxRuntimeInSeconds": 60, **({} if wait is None else {"MaxWaitTimeInSeconds": wait})}
    request = {**aws.training(), "EnableManagedSpotTraining": spot, "StoppingCondition": condition}
    code, message, _ = refused(aws.sagemaker.create_training_job, **request)
    assert (code, message) == ("ValidationException", f"Invalid MaxWaitTimeInSeconds. {said}")


def test_quotas_that_nobody_can_read_are_named(tmp_path: Any) -> None:
    path = tmp_path / quotas.FILE
    asked = Instances("training job", "ml.m5.large", 5)
    assert "is 4 Instances" in str(quotas.too_many_instances(tmp_path, [], asked))
    path.write_text(json.dumps({asked.quota: 5}))
    assert quotas.too_many_instances(tmp_path, [], asked) is None
    for text, said in (("{", "Expecting"), ("[]", "it is no object"), ('{"a": "1"}', "'a' has no number from 0")):
        path.write_text(text)
        with pytest.raises(LocalAwsError, match=said):
            quotas.limit(tmp_path, "a")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"WorkerType": "G.1X", "NumberOfWorkers": 1},
            "To use Worker Type G.1X, minimum allowed value of Number of Workers is 2.",
        ),
        ({"WorkerType": "G.1X"}, "Please set both Worker Type and Number of Workers."),
        ({"NumberOfWorkers": 2}, "Please set both Worker Type and Number of Workers."),
        (
            {"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 2.0},
            "Please do not set Max Capacity if using Worker Type and Number of Workers.",
        ),
    ],
)
def test_glue_refuses_workers_that_no_job_can_have(aws: Aws, asked: dict[str, Any], said: str) -> None:
    job = {"Role": ROLE, "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}}
    wanted = ("InvalidInputException", said)
    assert refused(aws.glue.create_job, Name=f"job-{uuid.uuid4()}", **job, **asked)[:2] == wanted
    name = aws.glue_job("print(1)")
    assert refused(aws.glue.update_job, JobName=name, JobUpdate={**job, **asked})[:2] == wanted
    assert refused(aws.glue.start_job_run, JobName=name, **asked)[:2] == wanted
    assert workers_refusal({"WorkerType": "G.1X", "NumberOfWorkers": 2}) is None


def test_glue_counts_jobs_and_runs(server: Server, aws: Aws) -> None:
    name = aws.glue_job("import time; time.sleep(30)")
    path = server.data / quotas.FILE
    try:
        path.write_text(json.dumps({"Max jobs per account": 0}))
        job = {"Role": ROLE, "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}}
        code, message, _ = refused(aws.glue.create_job, Name="one-more", **job)
        assert code == "ResourceNumberLimitExceededException"
        assert message == "More jobs cannot be created. The maximum limit has been reached."
        path.write_text(json.dumps({"Max concurrent job runs per account": 0}))
        code, message, _ = refused(aws.glue.start_job_run, JobName=name)
        assert code == "ResourceNumberLimitExceededException" and "0 concurrent job runs" in message
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (
            {"Timeout": 901},
            "ValidationException",
            "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less",
        ),
        ({"MemorySize": 10_241}, "ValidationException", "Value '10241' at 'memorySize' failed to satisfy constraint"),
        (
            {"Environment": {"Variables": {"TEXT": "x" * 4096}}},
            "InvalidParameterValueException",
            "exceeded the 4KB limit. String measured",
        ),
    ],
)
def test_a_functions_settings_have_limits(aws: Aws, given: dict[str, Any], code: str, said: str) -> None:
    name = aws.function("def handler(e, c): pass")
    new = {"Runtime": "python3.11", "Role": ROLE, "Handler": "toy.handler", "Code": {"S3Bucket": "toy-bucket", "S3Key": "k"}}
    for call in (
        lambda: refused(aws.functions.create_function, FunctionName=f"{name}-2", **new, **given),
        lambda: refused(aws.functions.update_function_configuration, FunctionName=name, **given),
    ):
        found = call()
        assert found[0] == code and said in found[1]


def test_a_changed_function_is_checked_by_the_model(aws: Aws) -> None:
    name = aws.function("def handler(e, c): pass")
    code, message, _ = refused(aws.functions.update_function_configuration, FunctionName=name, Description="x" * 257)
    assert code == "ValidationException" and "at 'description' failed to satisfy constraint" in message


def test_events_have_sizes(aws: Aws) -> None:
    name = aws.function("def handler(e, c): return len(e)")
    for kind, most in (("RequestResponse", 6_291_456), ("Event", 1_048_576)):
        code, message, status = refused(
            aws.functions.invoke, FunctionName=name, InvocationType=kind, Payload=json.dumps("x" * most).encode()
        )
        assert (code, status) == ("RequestEntityTooLargeException", 413)
        assert message == f"Request must be smaller than {most} bytes for the InvokeFunction operation"
    answer = aws.functions.invoke(FunctionName=name, Payload=json.dumps("x" * 1000).encode())
    assert json.load(answer["Payload"]) == 1000


def test_code_has_sizes(aws: Aws) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big", "w") as file:
        for _ in range(UNPACKED_BYTES // 2**20 + 1):
            file.write(bytes(2**20))
    wanted = ("InvalidParameterValueException", f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes")
    assert code_refusal(packed.getvalue()) == wanted
    name = aws.function("def handler(e, c): return 1")
    assert refused(aws.functions.update_function_code, FunctionName=name, ZipFile=packed.getvalue())[:2] == wanted
    aws.put("big.zip", packed.getvalue())
    from_bucket = {"S3Bucket": "toy-bucket", "S3Key": "big.zip"}
    assert refused(aws.functions.update_function_code, FunctionName=name, **from_bucket)[:2] == wanted
    assert json.load(aws.functions.invoke(FunctionName=name)["Payload"]) == 1, "the code is as before"
    assert refused(aws.functions.update_function_code, FunctionName=name, ZipFile=b"no archive")[1].startswith(
        "Could not unzip"
    )
    assert archive_refusal(b"x" * 70_000_000, "CreateFunction") is not None


def test_a_function_runs_as_often_at_once_as_is_reserved(aws: Aws) -> None:
    name = aws.function("import time\ndef handler(e, c):\n    time.sleep(3)\n    return 1\n", timeout=30)
    aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(aws.functions.invoke, FunctionName=name)
        time.sleep(1)
        code, message, status = refused(aws.functions.invoke, FunctionName=name)
        assert (code, message, status) == ("TooManyRequestsException", "Rate Exceeded.", 429)
        assert json.load(first.result()["Payload"]) == 1
    assert json.load(aws.functions.invoke(FunctionName=name)["Payload"]) == 1


def test_the_account_runs_so_many_functions_at_once() -> None:
    concurrency = Concurrency()
    with concurrency.slot("a", None, 2) as first, concurrency.slot("b", None, 2) as second:
        assert (first, second) == (None, None)
        with concurrency.slot("c", None, 2) as third:
            assert third == "ConcurrentInvocationLimitExceeded"
    with concurrency.slot("c", 0, 2) as none:
        assert none == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_executions_have_an_input_and_a_name(aws: Aws) -> None:
    machine = aws.machine({"P": {"Type": "Pass", "End": True}}, "P")
    code, message, _ = refused(aws.sfn.start_execution, stateMachineArn=machine, input=json.dumps("x" * 262_144))
    assert code == "ValidationException"
    assert message.endswith(
        "Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144"
    )
    code, message, _ = refused(aws.sfn.start_execution, stateMachineArn=machine, name="x" * 81)
    assert code == "ValidationException" and "at 'name' failed to satisfy constraint: Member must have length less" in message
    assert refused(aws.sfn.start_execution, stateMachineArn=machine, name="a b")[0] == "InvalidName"


@pytest.mark.parametrize(
    "name", ["ab", "Upper", "a_b", "a..b", "192.168.5.4", "-ab", "ab-", "xn--a", "sthree-a", "a-s3alias", "a" * 64]
)
def test_buckets_have_rules_for_names(aws: Aws, name: str) -> None:
    # boto3 refuses some of these names itself.
    aws.s3.meta.events.unregister("before-parameter-build.s3", unique_id="validate-bucket-name")
    code, message, _ = refused(aws.s3.create_bucket, Bucket=name)
    assert (code, message) == ("InvalidBucketName", "The specified bucket is not valid.")


def test_repositories_have_rules_for_names(aws: Aws) -> None:
    code, message, _ = refused(aws.client("ecr").create_repository, repositoryName="Upper")
    assert code == "InvalidParameterException" and "must satisfy regular expression" in message


def test_a_state_hands_on_so_many_characters(aws: Aws) -> None:
    name = aws.function("def handler(e, c): return 'x' * 300_000")
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}, "End": True}
    done = aws.execute(aws.machine({"T": task}, "T"))
    assert (done["status"], done["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert "returned a result with a size exceeding the maximum number of bytes service limit" in done["cause"]
