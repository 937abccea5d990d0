"""State machines over real jobs: success, Retry and Catch, stopping, repeating, and the provider's calls."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_support import ROLE, Aws, Server, alive, wait_until

SLEEP = "import time; print('sleeping', flush=True); time.sleep(600)"


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, **more}


@pytest.fixture(scope="module", autouse=True)
def final_data(aws: Aws) -> None:
    aws.put("final/dataproc=20260101/part-00.parquet", "rows")


def test_pipeline(aws: Aws) -> None:
    names = aws.function(
        "def handler(e, c): return {'train': 't-' + e['execution_name'][:8], 'start': e['start_time'],"
        " 'forecast': 'f-' + e['execution_name'][:8], 'day': '20260101'}"
    )
    job = aws.glue_job("import sys; print(sys.argv)")
    training, processing = aws.training(), aws.processing("s3://toy-bucket/models/given/")
    aws.put("models/given/model.tar.gz", "a model")
    training["TrainingJobName.$"] = "$.Vars.train"
    processing["ProcessingJobName.$"] = "$.Vars.forecast"
    del training["TrainingJobName"], processing["ProcessingJobName"]
    payload = {
        "execution_name.$": "$$.Execution.Name",
        "start_time.$": "$$.Execution.StartTime",
        "input.$": "$$.Execution.Input",
    }
    machine = aws.machine(
        {
            "Vars": task(
                "lambda:invoke",
                {"FunctionName": names, "Payload": payload},
                ResultSelector={"Vars.$": "$.Payload"},
                Next="Extract",
            ),
            "Extract": task(
                "glue:startJobRun.sync",
                {"JobName": job, "Arguments": {"--dataproc.$": "$.Vars.day"}},
                ResultPath="$.Glue",
                Next="Train",
            ),
            "Train": task("sagemaker:createTrainingJob.sync", training, ResultPath="$.Train", Next="Forecast"),
            "Forecast": task("sagemaker:createProcessingJob.sync", processing, ResultPath="$.Forecast", Next="Done"),
            "Done": {"Type": "Succeed"},
        },
        "Vars",
    )
    name = f"{uuid.uuid4().hex[:8]}-named"
    execution = aws.execute(machine, name=name, input='{"source": "sample"}')
    assert execution["status"] == "SUCCEEDED", execution
    output = json.loads(execution["output"])
    assert output["Vars"]["train"] == f"t-{name[:8]}"
    start = datetime.strptime(output["Vars"]["start"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs(start - execution["startDate"]) < timedelta(milliseconds=1), "AWS's form of the start time"
    assert output["Glue"]["JobRunState"] == "SUCCEEDED"
    assert isinstance(output["Glue"]["StartedOn"], int)
    assert output["Train"]["TrainingJobStatus"] == "Completed"
    assert output["Forecast"]["ProcessingJobStatus"] == "Completed"
    events = aws.events(execution["executionArn"])
    assert events[0] == "ExecutionStarted"
    assert events[-1] == "ExecutionSucceeded"
    for kind, count in {"TaskScheduled": 4, "TaskStarted": 4, "TaskSubmitted": 3, "TaskSucceeded": 4}.items():
        assert events.count(kind) == count, events
    history = aws.history(execution["executionArn"])
    entered = [e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e]
    assert entered == ["Vars", "Extract", "Train", "Forecast", "Done"]
    pages = aws.sfn.get_execution_history(executionArn=execution["executionArn"], maxResults=3, reverseOrder=True)
    assert [event["id"] for event in pages["events"]] == [len(history), len(history) - 1, len(history) - 2]
    assert pages["nextToken"]


def test_retry_and_catch_of_a_lambda_exception(aws: Aws) -> None:
    function = aws.function("def handler(event, context):\n    raise ValueError('no such series')\n")
    arn = aws.functions.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}]
    catch = [{"ErrorEquals": ["ValueError"], "ResultPath": "$.error", "Next": "Caught"}]
    parameters = {"FunctionName": arn, "Payload": {}}
    machine = aws.machine(
        {
            "Call": task("lambda:invoke", parameters, Retry=retry, Catch=catch, End=True),
            "Caught": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
        },
        "Call",
    )
    execution = aws.execute(machine)
    assert execution["status"] == "FAILED"
    assert execution["error"] == "ValueError"
    cause = json.loads(execution["cause"])
    assert (cause["errorType"], cause["errorMessage"]) == ("ValueError", "no such series")
    assert cause["stackTrace"]
    assert aws.events(execution["executionArn"]).count("TaskFailed") == 3


def test_lambda_by_arn(aws: Aws) -> None:
    function = aws.function("def handler(event, context): return event['x'] + 1")
    arn = aws.functions.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    machine = aws.machine({"Call": {"Type": "Task", "Resource": arn, "End": True}}, "Call")
    execution = aws.execute(machine, input='{"x": 41}')
    assert (execution["status"], execution["output"]) == ("SUCCEEDED", "42")
    assert "LambdaFunctionSucceeded" in aws.events(execution["executionArn"])


def test_failures_carry_the_job_reason(aws: Aws) -> None:
    job = aws.glue_job("import sys; sys.exit('error: the source is empty')")
    machine = aws.machine({"E": task("glue:startJobRun.sync", {"JobName": job}, End=True)}, "E")
    execution = aws.execute(machine)
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["ErrorMessage"] == "the source is empty (exit code 1)"
    request = aws.training(mode="fail")
    machine = aws.machine({"T": task("sagemaker:createTrainingJob.sync", request, End=True)}, "T")
    execution = aws.execute(machine)
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert "told to fail" in json.loads(execution["cause"])["FailureReason"]
    execution = aws.execute(machine)
    assert execution["error"] == "SageMaker.ResourceInUseException", "the same job name again"
    machine = aws.machine({"E": task("glue:startJobRun.sync", {"JobName": "none"}, End=True)}, "E")
    assert aws.execute(machine)["error"] == "Glue.EntityNotFoundException"


def test_stop_kills_the_job(aws: Aws, server: Server) -> None:
    job = aws.glue_job(SLEEP)
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}]
    machine = aws.machine({"Sleep": task("glue:startJobRun.sync", {"JobName": job}, Retry=retry, End=True)}, "Sleep")
    arn = aws.sfn.start_execution(stateMachineArn=machine)["executionArn"]
    log = server.data / "logs" / "glue" / f"{job}.log"
    wait_until(lambda: log.exists() and "sleeping" in log.read_text(), "the job runs")
    assert aws.events(arn)[-1] == "TaskSubmitted", "the history can be read while it runs"
    pid = next(entry["pid"] for entry in server.health()["running"] if entry["name"] == job)
    assert alive(pid)
    aws.sfn.stop_execution(executionArn=arn, error="Stopped.ByUser", cause="enough")
    execution = aws.finish(arn)
    assert (execution["status"], execution["error"], execution["cause"]) == (
        "ABORTED",
        "Stopped.ByUser",
        "enough",
    )
    wait_until(lambda: not alive(pid), "the job is killed")
    wait_until(lambda: aws.events(arn)[-1] == "ExecutionAborted", "the history ends")
    assert "TaskFailed" not in aws.events(arn)
    runs = aws.glue.get_job_runs(JobName=job)["JobRuns"]
    assert len(runs) == 1, "and not tried again"
    assert aws.finish_glue(job, runs[0]["Id"])["JobRunState"] == "STOPPED"


def test_task_timeout_kills_the_job(aws: Aws) -> None:
    request = aws.training(mode="sleep")
    machine = aws.machine({"T": task("sagemaker:createTrainingJob.sync", request, TimeoutSeconds=2, End=True)}, "T")
    execution = aws.execute(machine)
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Timeout")
    assert aws.finish_training(request["TrainingJobName"])["TrainingJobStatus"] == "Stopped"


def test_executions_repeat_and_need_no_name(aws: Aws) -> None:
    function = aws.function("def handler(event, context): return event")
    call = task("lambda:invoke", {"FunctionName": function, "Payload.$": "$"}, OutputPath="$.Payload", End=True)
    machine = aws.machine({"Call": call}, "Call")
    first = aws.sfn.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]
    second = aws.sfn.start_execution(stateMachineArn=machine, input='{"n": 2}')["executionArn"]
    assert first != second
    assert [json.loads(aws.finish(arn)["output"])["n"] for arn in (first, second)] == [1, 2]
    named = aws.execute(machine, name="twice", input="{}")
    assert named["executionArn"].endswith(":twice")
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        aws.sfn.start_execution(stateMachineArn=machine, name="twice", input="{}")
    assert len(aws.sfn.list_executions(stateMachineArn=machine)["executions"]) == 3


def test_parallel_wait_choice_map(aws: Aws) -> None:
    function = aws.function("def handler(event, context): return event['n'] * 10")
    arn = aws.functions.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    call = {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": arn, "End": True}}}
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
    machine = aws.machine(
        {
            "M": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": call,
                "ResultPath": "$.tens",
                "Next": "P",
            },
            "P": {"Type": "Parallel", "Branches": [wait, wait], "ResultPath": "$.both", "Next": "X"},
            "X": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.tens[1]", "NumericEquals": 20, "Next": "Ok"}],
                "Default": "No",
            },
            "Ok": {"Type": "Succeed"},
            "No": {"Type": "Fail"},
        },
        "M",
    )
    execution = aws.execute(machine, input='{"items": [{"n": 1}, {"n": 2}]}')
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["tens"] == [10, 20]


def test_provider_calls(aws: Aws) -> None:
    good = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    answer = aws.sfn.validate_state_machine_definition(definition=good)
    assert (answer["result"], answer["diagnostics"]) == ("OK", [])
    answer = aws.sfn.validate_state_machine_definition(definition='{"StartAt": "A"}')
    assert answer["result"] == "FAIL"
    assert answer["diagnostics"][0]["severity"] == "ERROR"
    machine = aws.machine({"A": {"Type": "Pass", "End": True}}, "A")
    assert aws.sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"] == []
    aws.sfn.update_state_machine(stateMachineArn=machine, definition=good, publish=True)
    versions = aws.sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in versions] == [f"{machine}:1"]


def test_bad_requests(aws: Aws) -> None:
    states = {"T": task("sagemaker:createTransformJob.sync", {}, End=True)}
    definition = json.dumps({"StartAt": "T", "States": states})
    with pytest.raises(ClientError, match="createTrainingJob"):
        aws.sfn.create_state_machine(name="bad", definition=definition, roleArn=ROLE)
    machine = aws.machine({"A": {"Type": "Pass", "End": True}}, "A")
    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        aws.sfn.start_execution(stateMachineArn=machine, input="{")


def test_numbers_where_aws_wants_strings(aws: Aws) -> None:
    job = aws.glue_job("print(1)")
    parameters = {"JobName": job, "Arguments": {"--n": 1}}
    machine = aws.machine({"E": task("glue:startJobRun.sync", parameters, End=True)}, "E")
    execution = aws.execute(machine)
    assert execution["error"] == "Glue.SerializationException"
    assert "the value 1 at 'arguments.--n.member' can not be converted to a string" in execution["cause"]
    request = aws.training()
    request["HyperParameters"]["horizons"] = 6
    machine = aws.machine({"T": task("sagemaker:createTrainingJob.sync", request, End=True)}, "T")
    execution = aws.execute(machine)
    assert execution["error"] == "SageMaker.AmazonSageMakerException"
    assert "at 'hyperParameters.horizons.member' can not be converted to a string" in execution["cause"]


def test_the_context_counts_redrives(aws: Aws) -> None:
    count = {"count.$": "$$.Execution.RedriveCount"}
    machine = aws.machine({"A": {"Type": "Pass", "Parameters": count, "End": True}}, "A")
    execution = aws.execute(machine)
    assert json.loads(execution["output"]) == {"count": 0}
    assert (execution["redriveCount"], execution["redriveStatus"]) == (0, "NOT_REDRIVABLE")
    with pytest.raises(ClientError, match=r"ExecutionNotRedrivable.*Execution is SUCCEEDED and cannot be redriven"):
        aws.sfn.redrive_execution(executionArn=execution["executionArn"])


def test_a_redrive_goes_on_at_the_state_that_failed_with_its_input(aws: Aws) -> None:
    function = aws.function(
        "def handler(event, context):\n    if not event['redrives']:\n        raise ValueError('not yet')\n    return event\n"
    )
    payload = {"redrives.$": "$$.Execution.RedriveCount", "first.$": "$.first", "time.$": "$$.Execution.StartTime"}
    call = task("lambda:invoke", {"FunctionName": function, "Payload": payload}, OutputPath="$.Payload", End=True)
    first = {"Type": "Pass", "Parameters": {"first.$": "$$.State.EnteredTime"}, "Next": "Call"}
    machine = aws.machine({"First": first, "Call": call}, "First")
    failed = aws.execute(machine)
    arn = failed["executionArn"]
    assert (failed["status"], failed["error"], failed["redriveStatus"]) == ("FAILED", "ValueError", "REDRIVABLE")
    before = aws.history(arn)
    aws.sfn.redrive_execution(executionArn=arn)
    execution = aws.finish(arn)
    assert (execution["status"], execution["redriveCount"]) == ("SUCCEEDED", 1), execution
    assert execution["redriveDate"] > execution["startDate"] and "error" not in execution
    after = aws.history(arn)
    assert after[: len(before)] == before, "the history goes on"
    assert [event["id"] for event in after] == list(range(1, len(after) + 1))
    more = [event["type"] for event in after[len(before) :]]
    assert more[0] == "ExecutionRedriven" and more[-1] == "ExecutionSucceeded"
    assert after[len(before)]["executionRedrivenEventDetails"]["redriveCount"] == 1
    entered = [e["stateEnteredEventDetails"]["name"] for e in after if "stateEnteredEventDetails" in e]
    assert entered == ["First", "Call", "Call"], "what ended well does not run again"
    first_input = json.loads(
        next(e["stateEnteredEventDetails"]["input"] for e in before if e["id"] > 3 and "stateEnteredEventDetails" in e)
    )
    assert json.loads(execution["output"])["first"] == first_input["first"]


def test_a_redrive_enters_a_fail_state_again(aws: Aws) -> None:
    """Why the pipeline ends in no such state."""
    machine = aws.machine({"F": {"Type": "Fail", "Error": "Never", "Cause": "by design"}}, "F")
    arn = aws.execute(machine)["executionArn"]
    aws.sfn.redrive_execution(executionArn=arn)
    assert (aws.finish(arn)["status"], aws.events(arn).count("FailStateEntered")) == ("FAILED", 2)


def test_a_stopped_execution_can_be_redriven(aws: Aws) -> None:
    job = aws.glue_job("import os, sys; sys.exit(0 if os.path.exists('/nowhere') else 'error: again')")
    machine = aws.machine(
        {"W": {"Type": "Wait", "Seconds": 3, "Next": "E"}, "E": task("glue:startJobRun.sync", {"JobName": job}, End=True)}, "W"
    )
    arn = aws.sfn.start_execution(stateMachineArn=machine)["executionArn"]
    aws.sfn.stop_execution(executionArn=arn)
    assert aws.finish(arn)["redriveStatus"] == "REDRIVABLE"
    aws.sfn.redrive_execution(executionArn=arn)
    execution = aws.finish(arn)
    assert (execution["status"], execution["redriveCount"]) == ("FAILED", 1)
    assert aws.events(arn).count("WaitStateEntered") == 2
