"""SageMaker training and processing under the container contract, with the toy image."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_support import BUCKET, IMAGE, Aws, Server, wait_until

from oleoduto_local import faults
from oleoduto_local.faults import Fault
from oleoduto_local.runners import container


@pytest.fixture(scope="module", autouse=True)
def final_data(aws: Aws) -> None:
    for number in range(12):
        aws.put(f"final/dataproc=20260101/part-{number:02d}.parquet", f"rows {number}")
    aws.put("final/dataproc=20260101/deep/more.parquet", "more")
    aws.put("final/dataproc=20260102/other.parquet", "not of this day")


def train(aws: Aws, request: dict[str, Any]) -> dict[str, Any]:
    aws.sagemaker.create_training_job(**request)
    return aws.finish_training(request["TrainingJobName"])


def forecast(aws: Aws, request: dict[str, Any]) -> dict[str, Any]:
    aws.sagemaker.create_processing_job(**request)
    return aws.finish_processing(request["ProcessingJobName"])


def test_checkpoints_outlive_a_broken_training(aws: Aws) -> None:
    """What the first try left in `/opt/ml/checkpoints` is there for the second, as after a spot interruption."""
    first, second = (aws.training(mode="checkpoint") for _ in range(2))
    uri = f"s3://{BUCKET}/models/{first['TrainingJobName']}/checkpoints/"
    for request in (first, second):
        request["CheckpointConfig"] = {"S3Uri": uri}
    assert train(aws, first)["FailureReason"].startswith("AlgorithmError: interrupted")
    key = f"models/{first['TrainingJobName']}/checkpoints/step.txt"
    assert aws.read(key) == b"half way"
    assert train(aws, second)["TrainingJobStatus"] == "Completed"


def test_training_makes_a_model(aws: Aws, server: Server) -> None:
    request = aws.training(series="EIA366_PBRENT366")
    name = request["TrainingJobName"]
    job = train(aws, request)
    assert job["TrainingJobStatus"] == "Completed", job
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/models/{name}/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(aws.read(f"models/{name}/output/model.tar.gz"))) as archive:
        model = json.load(archive.extractfile("model.json"))  # type: ignore[arg-type]
        assert archive.extractfile("sub/extra.txt").read().decode() == name  # type: ignore[union-attr]
    assert len(model["rows"]) == 13
    assert "input/data/training/deep/more.parquet" in model["rows"]
    assert model["parameters"] == {"seed": "0", "series": "EIA366_PBRENT366"}
    assert aws.keys(f"models/{name}/") == [
        f"models/{name}/output/model.tar.gz",
        f"models/{name}/output/output.tar.gz",
    ]
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics == {"rmse": 1.25}
    assert [t["Status"] for t in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert job["TrainingEndTime"] >= job["TrainingStartTime"] >= job["CreationTime"]
    assert job["AlgorithmSpecification"]["MetricDefinitions"][0]["Name"] == "rmse"
    assert "epoch 2 rmse=1.25;" in aws.log_lines("/aws/sagemaker/TrainingJobs", f"{name}/algo-1-")
    assert "epoch 1 rmse=3.5;" in server.log("sagemaker", name)
    assert not (server.data / "work" / "sagemaker" / name).exists()
    with pytest.raises(ClientError, match=r"ResourceInUse.*must be unique"):
        aws.sagemaker.create_training_job(**request)


def test_training_failure_reasons(aws: Aws, server: Server) -> None:
    request = aws.training(mode="fail")
    job = train(aws, request)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the toy was told to fail, exit code: 3"
    assert "ModelArtifacts" not in job or not job["ModelArtifacts"].get("S3ModelArtifacts")
    assert aws.keys(f"models/{request['TrainingJobName']}/") == []
    assert (server.data / "work" / "sagemaker" / request["TrainingJobName"]).is_dir()
    job = train(aws, aws.training(mode="silent"))
    assert job["FailureReason"] == "AlgorithmError: no failure file, only this line, exit code: 1"


def test_training_stop(aws: Aws, server: Server) -> None:
    request = aws.training(mode="sleep")
    name = request["TrainingJobName"]
    aws.sagemaker.create_training_job(**request)
    log = server.data / "logs" / "sagemaker" / f"{name}.log"
    wait_until(lambda: log.exists() and "sleeping" in log.read_text(), "the job trains")
    assert aws.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.finish_training(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["FailureReason"] == "the training job was stopped"
    assert aws.keys(f"models/{name}/") == [f"models/{name}/output/model.tar.gz"], "what there was is kept"


def test_training_runs_out_of_time(aws: Aws) -> None:
    request = aws.training(mode="sleep")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 60}
    job = train(aws, request)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert "MaxRuntimeInSeconds (1)" in job["FailureReason"]


def test_training_that_cannot_start(aws: Aws) -> None:
    request = aws.training()
    request["AlgorithmSpecification"]["TrainingImage"] = request["AlgorithmSpecification"]["TrainingImage"].replace(
        "toy-ml", "no-such"
    )
    assert "the ECR repository no-such" in train(aws, request)["FailureReason"]
    request = aws.training()
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/final/dataproc=1999/"
    assert "No S3 objects found under S3 URL" in train(aws, request)["FailureReason"]
    request = aws.training()
    request["TrainingJobName"] = "not_a_name"
    with pytest.raises(ClientError, match="ValidationException"):
        aws.sagemaker.create_training_job(**request)


def test_an_image_with_an_oci_manifest_is_refused(aws: Aws) -> None:
    """SageMaker takes Docker's manifest of one platform only."""
    ecr = aws.client("ecr")
    for tag, kind in (("oci", "application/vnd.oci.image.manifest.v1+json"), ("docker", container.MANIFEST)):
        blob = {"digest": f"sha256:{hashlib.sha256(kind.encode()).hexdigest()}", "size": 1}
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": blob, "layers": [{**blob, "mediaType": tag}]}
        put = ecr.put_image(repositoryName="toy-ml", imageManifest=json.dumps(manifest), imageTag=tag)
        for reference in (f":{tag}", f"@{put['image']['imageId']['imageDigest']}"):
            request = aws.training()
            request["AlgorithmSpecification"]["TrainingImage"] = IMAGE.replace(":latest", reference)
            job = train(aws, request)
            if tag == "docker":
                assert job["TrainingJobStatus"] == "Completed", job
            else:
                assert job["FailureReason"].startswith(f"ClientError: Unsupported manifest media type {kind} of the image")


def test_processing_maps_its_paths(aws: Aws, server: Server) -> None:
    model = aws.put("models/given/output/model.tar.gz", "a model")
    request = aws.processing(model, "--series", "X", "--model", "/opt/ml/processing/input/model")
    name = request["ProcessingJobName"]
    job = forecast(aws, request)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ProcessingEndTime"] >= job["ProcessingStartTime"]
    seen = json.loads(aws.read(f"report/{name}/deep/seen.json"))
    assert seen["inputs"][-1] == "model/model.tar.gz"
    assert "final/part-00.parquet" in seen["inputs"]
    assert "final/deep/more.parquet" in seen["inputs"]
    assert seen["arguments"] == ["--series", "X", "--model", "/opt/ml/processing/input/model"]
    assert aws.keys(f"parquet/{name}/") == [f"parquet/{name}/predictions.csv"]


def test_processing_failure_and_stop(aws: Aws) -> None:
    model = aws.put("models/given/output/model.tar.gz", "a model")
    job = forecast(aws, aws.processing(model, "--fail"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the forecast was told to fail, exit code: 3"
    assert job["ExitMessage"] == "the forecast was told to fail"
    request = aws.processing(model, "--sleep")
    aws.sagemaker.create_processing_job(**request)
    aws.sagemaker.stop_processing_job(ProcessingJobName=request["ProcessingJobName"])
    assert aws.finish_processing(request["ProcessingJobName"])["ProcessingJobStatus"] == "Stopped"
    request = aws.processing(model)
    request["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/etc/model"
    assert "not below /opt/ml" in forecast(aws, request)["FailureReason"]


def test_a_job_writes_nowhere_but_where_sagemaker_takes_up(aws: Aws) -> None:
    job = forecast(aws, aws.processing(aws.put("models/given/output/model.tar.gz", "a model"), "--elsewhere"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert "PermissionError: [Errno 13] Permission denied" in job["FailureReason"], job


def test_a_key_cannot_leave_the_jobs_folder(aws: Aws, server: Server, tmp_path: Path) -> None:
    """What follows the prefix may be an absolute path, or climb."""
    target = tmp_path / "written"
    model = aws.put("models/given/output/model.tar.gz", "a model")
    for prefix, rest in (("absolute/", str(target)), ("climbing/", f"{'../' * 20}{str(target)[1:]}")):
        aws.put(f"{prefix}{rest}", "from outside")
        request = aws.processing(model)
        request["ProcessingInputs"][1]["S3Input"]["S3Uri"] = f"s3://{BUCKET}/{prefix}"
        job = forecast(aws, request)
        assert job["ProcessingJobStatus"] == "Failed"
        assert job["FailureReason"].startswith(f"ClientError: Data download failed: the S3 key '{prefix}{rest}' leads out")
        request = aws.training()
        request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/{prefix}"
        assert train(aws, request)["FailureReason"].startswith("ClientError: Data download failed: the S3 key")
        assert not target.exists()


def test_a_channel_cannot_leave_the_jobs_folder(aws: Aws) -> None:
    """SageMaker's pattern of channel names allows dots."""
    request = aws.training()
    request["InputDataConfig"][0]["ChannelName"] = ".."
    assert train(aws, request)["FailureReason"].startswith("ClientError: the ChannelName '..' leads out of the folder 'data'")


def test_keys_that_no_folder_can_hold_are_named(aws: Aws) -> None:
    aws.put("both/a", "a file")
    aws.put("both/a/b", "and a folder")
    request = aws.training()
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/both/"
    assert train(aws, request)["FailureReason"].startswith(f"ClientError: the object s3://{BUCKET}/both/a/b cannot be written")


def test_faults_on_demand_are_counted_down(aws: Aws, server: Server) -> None:
    reason = "CapacityError: Unable to provision requested ML compute capacity."
    waited = Fault("train-*", "MaxWaitTimeExceeded", secondary="MaxWaitTimeExceeded")
    throttled = Fault("train-*", "Rate exceeded", error="ThrottlingException")
    faults.write(server.data, [Fault("forecast-*", "of others"), Fault("train-*", reason), waited, throttled])
    request = aws.training()
    with pytest.raises(ClientError, match=r"ThrottlingException.*Rate exceeded"):
        aws.sagemaker.create_training_job(**request)
    job = train(aws, request)
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", reason)
    job = train(aws, aws.training())
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert train(aws, aws.training())["TrainingJobStatus"] == "Completed"
    (server.data / faults.FILE).write_text('[{"job": "*"}]')
    with pytest.raises(ClientError, match=r"faults\.json can't be read.*write a list of objects with `job`"):
        aws.sagemaker.create_training_job(**aws.training())
    faults.write(server.data, [])
