"""What an execution's history says of each state: whether it runs, how long, which job works for it, and why it failed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["running", "succeeded", "failed", "stopped"]
Event = Mapping[str, Any]

# Where a task's parameters name what the local AWS writes a log of, and the folder of that log.
JOBS = {
    "JobName": "glue",
    "TrainingJobName": "sagemaker",
    "ProcessingJobName": "sagemaker",
    "FunctionName": "lambda",
}
# Where the services put the words of what failed, and what stands around them: as in src/failure.rs.
MESSAGES = ("ErrorMessage", "ExitMessage", "FailureReason", "errorMessage")
BEFORE = re.compile(r"^\s*(?:(?:States\.TaskFailed|SystemExit|AlgorithmError|JobError|error):\s*)+")
AFTER = re.compile(r", exit code: \d+$")
DETAILS = re.compile(r"(?:Failed|TimedOut|Aborted|SubmitFailed|StartFailed|ScheduleFailed)EventDetails$")


@dataclass
class Visit:
    """One stay of an execution in a state. Times are milliseconds since 1970; `left` is none while it lasts."""

    state: str
    entered: int
    left: int | None = None
    status: Status = "running"
    attempts: int = 0
    message: str | None = None
    # The folder and the name of the log of its job.
    log: tuple[str, str] | None = None
    output: str | None = field(default=None, repr=False)


def milliseconds(time: datetime | str) -> int:
    """Of a time or of its ISO 8601 text."""
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    return round(at.timestamp() * 1000)


def visits_of(events: Sequence[Event], status: str, ended: int | None) -> list[Visit]:
    """The stays of an execution with a status of Step Functions, in order; its end cuts off those that are not left."""
    visits: dict[int, Visit] = {}
    # The entry of the state that an event is of.
    home: dict[int, int] = {}
    for event in events:
        number = int(event["id"])
        if "stateEnteredEventDetails" in event:
            visits[number] = Visit(event["stateEnteredEventDetails"]["name"], milliseconds(event["timestamp"]))
            home[number] = number
            continue
        entry = home.get(int(event.get("previousEventId", 0)))
        if entry is None:
            continue
        home[number] = entry
        _take(visits[entry], event)
    cut_off: Status = "stopped" if status == "ABORTED" else "failed"
    for visit in visits.values():
        if visit.left is None and status != "RUNNING":
            visit.left, visit.status = ended, cut_off
    return list(visits.values())


def _take(visit: Visit, event: Event) -> None:
    """What an event of a state changes."""
    if "stateExitedEventDetails" in event:
        visit.left = milliseconds(event["timestamp"])
        visit.output = event["stateExitedEventDetails"].get("output")
        # A failure that was caught leaves the state as well.
        visit.status = "succeeded" if visit.message is None else "failed"
        return
    for name in ("taskScheduledEventDetails", "lambdaFunctionScheduledEventDetails"):
        if name in event:
            visit.attempts += 1
            visit.message = None
            visit.log = log_of(event[name])
    failed = next((value for name, value in event.items() if DETAILS.search(name)), None)
    if failed is not None:
        visit.message = sentence(failed.get("error"), failed.get("cause"))


def log_of(scheduled: Mapping[str, Any]) -> tuple[str, str] | None:
    """The folder and the name of the log of a task; none of tasks that have no job."""
    if "parameters" not in scheduled:
        return "lambda", function_name(str(scheduled.get("resource", "")))
    parameters = scheduled["parameters"]
    parsed = json.loads(parameters) if isinstance(parameters, str) else parameters
    for member, folder in JOBS.items():
        if isinstance(parsed, dict) and isinstance(parsed.get(member), str):
            return folder, function_name(parsed[member]) if folder == "lambda" else parsed[member]
    return None


def function_name(text: str) -> str:
    """The name in a function's name or ARN, without a version."""
    _, is_arn, name = text.partition(":function:")
    return name.partition(":")[0] if is_arn else text


def sentence(error: str | None, cause: str | None) -> str:
    """What a job said itself, out of what the services wrote around it."""
    said = cause or ""
    start = said.find("{")
    if start >= 0:
        try:
            described = json.loads(said[start:])
        except json.JSONDecodeError:
            described = {}
        found = [described[name] for name in MESSAGES if isinstance(described.get(name), str)]
        said = found[0] if found else said
    return AFTER.sub("", BEFORE.sub("", said.strip())) or error or "AWS names no cause"


def run_date(visits: Sequence[Visit]) -> str | None:
    """The run date of an execution of the pipeline, YYYYMMDD, as its first states hand it on."""
    for visit in visits:
        document = json.loads(visit.output) if visit.output else None
        run = document.get("run") if isinstance(document, dict) else None
        if isinstance(run, dict) and isinstance(run.get("dataproc"), str):
            return str(run["dataproc"])
    return None
