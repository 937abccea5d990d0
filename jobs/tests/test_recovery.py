"""What follows when a job of an execution fails."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from oleoduto_jobs.recovery import WAITS, JobFailed, Recovery, decide

SAGEMAKER = "SageMaker.AmazonSageMakerException"
ENDED = 1_764_100_000_000
BEFORE, LATER = "2025-11-25T19:46:00.000Z", "2025-11-25T19:47:00.000Z"


def event(failure: dict[str, Any], recovery: Recovery | None = None, **execution: object) -> dict[str, Any]:
    before = recovery or Recovery()
    context = {"Name": "run-1", "Input": {}, "RedriveCount": 0, **execution}
    return {"state": "Train", "failure": failure, "execution": context, "recovery": vars(before)}


def ended(**job: object) -> dict[str, Any]:
    """A job that ended, as Step Functions describes it in the cause."""
    return {"Error": "States.TaskFailed", "Cause": json.dumps({"TrainingJobName": "t", "TrainingEndTime": ENDED, **job})}


def refused(error: str, cause: str) -> dict[str, Any]:
    """A call that could not start the job."""
    return {"Error": error, "Cause": cause}


def of_sagemaker(message: str, code: str, status: int = 400) -> dict[str, Any]:
    tail = f"(Service: AmazonSageMaker; Status Code: {status}; Error Code: {code}; Request ID: 1; Proxy: null)"
    return refused(SAGEMAKER, f"{message} {tail}")


CAPACITY = ended(FailureReason="CapacityError: Unable to provision requested ML compute capacity. Please retry.")
LACKS = {
    "capacity": CAPACITY,
    "internal": ended(FailureReason="InternalServerError: We encountered an internal error. Please try again."),
    "glue capacity": ended(ErrorMessage="Exceeded maximum concurrent compute capacity for your account: 100."),
    "glue resources": ended(ErrorMessage="Resource unavailable"),
    "replaced input": ended(
        ErrorMessage="SystemExit: error: s3://b/final/dataproc=20240801/ was replaced while this job read it: x"
    ),
    "runs": refused("Glue.ConcurrentRunsExceededException", "Concurrent runs exceeded for etl"),
    "quota in use": refused(
        "SageMaker.ResourceLimitExceededException",
        "The account-level service limit 'ml.m5.large for spot training job usage' is 1 Instances, with current "
        "utilization of 1 Instances and a request delta of 1 Instances.",
    ),
    "throttled": of_sagemaker("Rate exceeded", "ThrottlingException"),
    "unavailable": of_sagemaker("Try later", "Whatever", 503),
    "client": refused("Glue.SdkClientException", "Unable to execute HTTP request"),
}
FAULTS = {
    "of the job": ended(FailureReason="AlgorithmError: the data are stale, exit code: 1"),
    "of the job, quoting": ended(FailureReason="AlgorithmError: CapacityError: Resource unavailable, exit code: 1"),
    "of the request": ended(FailureReason="ClientError: Data download failed: AccessDenied"),
    "of a Glue job": ended(ErrorMessage="JobError: exceeded maximum concurrent compute capacity"),
    "stopped": ended(TrainingJobStatus="Stopped", SecondaryStatus="Stopped", FailureReason="stopped"),
    "ran too long": ended(TrainingJobStatus="Stopped", SecondaryStatus="MaxRuntimeExceeded"),
    "denied": of_sagemaker("User: x is not authorized to perform: sagemaker:CreateTrainingJob", "AccessDeniedException"),
    "denied by Glue": refused(
        "Glue.AWSGlueException", "no (Service: AWSGlue; Status Code: 400; Error Code: AccessDeniedException)"
    ),
    "not valid": of_sagemaker("1 validation error detected", "ValidationException"),
    "no such job": refused("Glue.EntityNotFoundException", "no such job"),
    "no quota": refused(
        "SageMaker.ResourceLimitExceededException",
        "The account-level service limit 'ml.m5.large for spot training job usage' is 0 Instances, with current "
        "utilization of 0 Instances and a request delta of 1 Instances.",
    ),
    "no description": refused("States.TaskFailed", "something else"),
}


@pytest.mark.parametrize("lack", LACKS)
def test_a_lack_of_capacity_is_tried_again_after_a_wait(lack: str) -> None:
    again = decide(event(LACKS[lack]))
    assert again == {"attempt": 1, "state": "Train", "tries": 1, "redrives": 0, "wait": WAITS[0]}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_jobs_own_ends_the_execution_with_its_reason(fault: str) -> None:
    with pytest.raises(JobFailed, match=r"^Train: ") as caught:
        decide(event(FAULTS[fault]))
    job = json.loads(FAULTS[fault]["Cause"]) if FAULTS[fault]["Cause"].startswith("{") else {}
    told = job.get("FailureReason") or job.get("ErrorMessage") or FAULTS[fault]["Cause"]
    assert str(told) in str(caught.value) or "TrainingEndTime" in str(caught.value)


def test_the_words_of_a_processing_job_are_part_of_the_reason() -> None:
    failure = ended(FailureReason="AlgorithmError: See job logs", ExitMessage="the data are stale")
    with pytest.raises(JobFailed, match=r"^Train: AlgorithmError: See job logs: the data are stale$"):
        decide(event(failure))
    failure = ended(FailureReason="AlgorithmError: the data are stale, exit code: 1", ExitMessage="the data are stale")
    with pytest.raises(JobFailed, match=r"^Train: AlgorithmError: the data are stale, exit code: 1$"):
        decide(event(failure))


def test_the_number_of_attempts_is_bounded_and_they_outlast_any_job_in_the_way() -> None:
    recovery, waited = Recovery(), 0
    for number in range(len(WAITS)):
        recovery = Recovery(**decide(event(CAPACITY, recovery)))
        assert (recovery.attempt, recovery.tries) == (number + 1, number + 1)
        waited += recovery.wait
    assert waited > 3600
    with pytest.raises(JobFailed, match=re.escape(f"(after {len(WAITS) + 1} attempts)")):
        decide(event(CAPACITY, recovery))


def test_another_state_has_attempts_of_its_own_and_no_number_twice() -> None:
    again = decide(event(CAPACITY, Recovery(attempt=9, state="Etl", tries=9)))
    assert (again["attempt"], again["tries"], again["wait"]) == (10, 1, WAITS[0])


def test_a_wait_for_spot_capacity_is_repeated_once() -> None:
    waited = ended(TrainingJobStatus="Stopped", SecondaryStatus="MaxWaitTimeExceeded")
    again = Recovery(**decide(event(waited)))
    with pytest.raises(JobFailed, match="after 2 attempts"):
        decide(event(waited, again))


def test_a_redrive_starts_the_job_again_once() -> None:
    fault = FAULTS["of the job"]
    again = decide(event(fault, RedriveCount=1, RedriveTime=LATER))
    assert again == {"attempt": 1, "state": "Train", "tries": 0, "redrives": 1, "wait": 0}
    with pytest.raises(JobFailed):
        decide(event(fault, Recovery(**again), RedriveCount=1, RedriveTime=LATER))
    assert decide(event(FAULTS["denied"], RedriveCount=1, RedriveTime=LATER))["wait"] == 0


def test_a_job_that_began_after_the_redrive_failed_by_itself() -> None:
    """As in an execution that was stopped while the job ran: the redrive has started the job already."""
    with pytest.raises(JobFailed):
        decide(event(FAULTS["of the job"], RedriveCount=1, RedriveTime=BEFORE))
