"""What follows when a job of an execution fails: another attempt after a wait, or the end with the job's own reason.

Step Functions retries by the name of an error, but a job that fails is ``States.TaskFailed`` whatever the reason: only the
cause tells a lack of capacity from a fault of the job. A ``Fail`` state would tell the reason, too, but a redrive enters it
again and fails again. The state that calls this function fails by this function's error, and a redrive calls it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

WAITS = (15, 60, 120, 240, 480, 900, 900, 900, 900)
"""Seconds before each further attempt of a state: together more than an hour, the longest run of a job that is in the way."""
SPOT_ATTEMPTS = 1
"""Further attempts after a wait for spot capacity, which has taken hours by itself."""

TASK_FAILED = "States.TaskFailed"
CAPACITY_ERRORS = frozenset(
    {
        "Glue.ConcurrentRunsExceededException",
        "Glue.InternalServiceException",
        "Glue.OperationTimeoutException",
        "Glue.ResourceNumberLimitExceededException",
        "Glue.SdkClientException",
        "Glue.ThrottlingException",
        "SageMaker.ResourceLimitExceededException",
        "SageMaker.SdkClientException",
        "SageMaker.ThrottlingException",
    }
)
"""Errors of the call that starts a job that go away by themselves."""
NO_QUOTA = re.compile(r"limit '[^']*' is 0 Instances")
"""An account that may run none at all: waiting changes nothing."""
SERVICE_FAULT = re.compile(
    r"Error Code: (Throttling\w*|RequestLimitExceeded|TooManyRequests\w*|ServiceUnavailable\w*|Internal\w+)|Status Code: 5\d\d"
)
"""What Step Functions writes behind a message whose error has no name of its own."""
SAGEMAKER_REASONS = ("CapacityError", "InternalServerError")
"""How SageMaker's own reasons begin; those of a container begin with ``AlgorithmError``, those of a request with
``ClientError``."""
GLUE_REASONS = ("exceeded maximum concurrent compute capacity", "resource unavailable")
"""How Glue's own reasons begin, in small letters."""
REPLACED = "was replaced while this job read it"
"""What a Glue job says if another execution of the date replaced its input (``etl.publish``)."""
ENDS = ("CompletedOn", "ProcessingEndTime", "TrainingEndTime")
"""When a job ended, milliseconds since 1970."""


class JobFailed(Exception):
    """A state's job failed for its own reason, or for too long."""


@dataclass(frozen=True)
class Recovery:
    """What the states of one execution know of its failures.

    ``attempt`` counts the further attempts of all states, so that names made with it never repeat; ``tries`` are those of
    ``state``, one after the other. ``redrives`` are the redrives that were answered. ``wait`` is in seconds.
    """

    attempt: int = 0
    state: str = ""
    tries: int = 0
    redrives: int = 0
    wait: int = 0


@dataclass(frozen=True)
class Failure:
    """An error as a Catch has it, and the description of the job if the cause is one."""

    error: str
    cause: str
    job: Mapping[str, Any]

    @classmethod
    def of(cls, failure: Mapping[str, Any]) -> Failure:
        """The failure of a Catch's ``Error`` and ``Cause``."""
        error, cause = str(failure.get("Error", "")), str(failure.get("Cause", ""))
        try:
            job = json.loads(cause)
        except ValueError:
            job = None
        return cls(error, cause, job if error == TASK_FAILED and isinstance(job, dict) else {})

    def reason(self) -> str:
        """Why, in one sentence."""
        told = str(self.job.get("FailureReason") or self.job.get("ErrorMessage") or "")
        # A processing job's own words, which SageMaker may leave out of its reason.
        message = str(self.job.get("ExitMessage") or "")
        if told or message:
            return told if message in told else f"{told}: {message}".removeprefix(": ")
        return self.cause if self.error == TASK_FAILED else f"{self.error}: {self.cause}"

    def ended_ms(self) -> int | None:
        """When the job ended, if the cause says so."""
        return next((int(self.job[key]) for key in ENDS if isinstance(self.job.get(key), int)), None)

    def attempts(self) -> int:
        """How many more attempts the failure allows; none for a job's own fault."""
        if self.error == TASK_FAILED:
            return self._of_job()
        if NO_QUOTA.search(self.cause):
            return 0
        return len(WAITS) if self.error in CAPACITY_ERRORS or SERVICE_FAULT.search(self.cause) else 0

    def _of_job(self) -> int:
        if self.job.get("SecondaryStatus") == "MaxWaitTimeExceeded":
            return SPOT_ATTEMPTS
        reason = str(self.job.get("FailureReason") or "")
        message = str(self.job.get("ErrorMessage") or "")
        passes = reason.startswith(SAGEMAKER_REASONS) or message.lower().startswith(GLUE_REASONS) or REPLACED in message
        return len(WAITS) if passes else 0


def decide(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the next ``Recovery``, or raise ``JobFailed``.

    ``event`` holds ``state`` (the state whose job failed), ``failure`` (``Error`` and ``Cause``), ``execution`` (the
    context's) and ``recovery`` (what this function, or the one that starts a run, returned before).
    """
    state, execution = str(event["state"]), event["execution"]
    failure, before = Failure.of(event["failure"]), Recovery(**event["recovery"])
    redrives = int(execution.get("RedriveCount", 0))
    if redrives > before.redrives and _redriven_since(failure, execution):
        return asdict(Recovery(before.attempt + 1, state, 0, redrives, 0))
    tries = before.tries if before.state == state else 0
    if tries < failure.attempts():
        print(f"{state}: attempt {tries + 2} in {WAITS[tries]} s: {failure.reason()}")
        return asdict(Recovery(before.attempt + 1, state, tries + 1, redrives, WAITS[tries]))
    after = f" (after {tries + 1} attempts)" if tries else ""
    raise JobFailed(f"{state}: {failure.reason()}{after}")


def _redriven_since(failure: Failure, execution: Mapping[str, Any]) -> bool:
    """Whether the redrive is younger than the failure; a job that began after the redrive failed by itself."""
    ended, redriven = failure.ended_ms(), execution.get("RedriveTime")
    if ended is None or redriven is None:
        return True
    return datetime.fromisoformat(str(redriven)).timestamp() * 1000 >= ended
