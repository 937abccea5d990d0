"""What ends an execution, what does not, and how it goes on: on the real state machine and the real jobs."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest
from project import PATIENCE, Project, clean_environment, entered, execution_end
from runner_kit import until
from transcripts import check

from oleoduto_local import faults
from oleoduto_local.faults import Fault

TABLES = ("raw", "final", "quality", "predictions", "reports")
CAPACITY = "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
SPOT = "Training job stopped: spot capacity did not come within MaxWaitTimeInSeconds"
UNRECORDED = Fault("*-record-*", "AlgorithmError: the server does not answer, exit code: 1", times=2)
"""A record takes more time than the other jobs together, and fails no execution: where it is not the point, it ends at once."""
INPUT = {"source": "sample", "run_date": "2020-03-10"}
WORDS = ("--source", INPUT["source"], "--run-date", INPUT["run_date"])
SETTINGS = """
[env.dev.mlflow]

[env.dev.training]
evaluation_origins = 40
candidates = ["no_change_last_price", "no_change_monthly_mean", "ridge"]
"""
"""A training is not what is tested here: the smallest."""


@dataclass(frozen=True)
class Pipeline:
    """The state machine of a project's local AWS."""

    project: Project
    states: Any
    machine: str
    s3: Any
    bucket: str

    def start(self, **given: object) -> str:
        return str(
            self.states.start_execution(stateMachineArn=self.machine, input=json.dumps({**INPUT, **given}))["executionArn"]
        )

    def ended(self, arn: str) -> dict[str, Any]:
        return execution_end(self.states, arn)

    def run(self, **given: object) -> tuple[str, dict[str, Any]]:
        arn = self.start(**given)
        return arn, self.ended(arn)

    def entered(self, arn: str) -> list[str]:
        return entered(self.states, arn)

    def told(self, arn: str) -> str:
        """The events of an execution: the states that it entered, what failed in them, its end and its redrive."""
        lines = []
        for event in self.states.get_execution_history(executionArn=arn, maxResults=1000)["events"]:
            kind = event["type"]
            if "stateEnteredEventDetails" in event:
                lines.append(f"  {event['stateEnteredEventDetails']['name']}")
            elif kind == "TaskFailed":
                lines[-1] += f": {reason(event['taskFailedEventDetails'])}"
            elif kind.startswith("Execution"):
                lines.append(kind)
        return "\n".join(lines)

    def prefix(self) -> str:
        """The first part of every name."""
        return self.machine.rpartition(":")[2].removesuffix("-pipeline")

    def fail(self, *next_faults: Fault) -> None:
        faults.write(self.project.folder / ".oleoduto" / "local", list(next_faults))

    def content(self, *folders: str) -> dict[str, str]:
        """Digests of the run date's objects, but for the durations of the steps."""
        return {key: self.digest(key) for folder in folders for key in self.keys(folder)}

    def keys(self, folder: str) -> list[str]:
        """The keys of the run date in a folder, but for the durations of the steps."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=partition(folder)).get("Contents", [])
        return [item["Key"] for item in listed if not item["Key"].endswith("/etl.json")]

    def digest(self, key: str, **version: str) -> str:
        """That of an object, of its rows if it is a table."""
        body = self.s3.get_object(Bucket=self.bucket, Key=key, **version)["Body"].read()
        return hashlib.sha256(rows(body) if key.endswith(".parquet") else body).hexdigest()

    def versions(self, folder: str) -> list[tuple[str, str]]:
        """The keys of the run date in a folder, each with the digests of all that was ever written there."""
        kept = self.keys(folder)
        listed = self.s3.list_object_versions(Bucket=self.bucket, Prefix=partition(folder))["Versions"]
        return [(item["Key"], self.digest(item["Key"], VersionId=item["VersionId"])) for item in listed if item["Key"] in kept]


def partition(folder: str) -> str:
    """The prefix of the run date in a folder."""
    return f"{folder}/dataproc={INPUT['run_date'].replace('-', '')}/"


def reason(details: dict[str, str]) -> str:
    """Why a task failed, by the description of its job or by the error of the function."""
    cause = json.loads(details["cause"])
    return str(cause.get("FailureReason") or cause.get("errorMessage") or cause.get("SecondaryStatus"))


def rows(parquet: bytes) -> bytes:
    """The rows of a file in an order of their own: Spark's files differ in order and in statistics."""
    table = pd.read_parquet(io.BytesIO(parquet))
    return b"\n".join(sorted(table.astype(str).to_csv(index=False).encode().splitlines()))


@dataclass(frozen=True)
class Meeting:
    """Two executions of one date, of which the second began in the Glue job of the first."""

    pipeline: Pipeline
    first: str
    second: str


@pytest.fixture(scope="module")
def meeting(project: Project) -> Meeting:
    """The first is that of `local run`."""
    project.configure(project.configuration.read_text() + SETTINGS)
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    states, s3 = project.client("stepfunctions"), project.client("s3")
    faults.write(project.folder / ".oleoduto" / "local", [UNRECORDED])
    with subprocess.Popen(
        project.command("local", "run", *WORDS),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
    ) as running:

        def machines() -> list[dict[str, Any]]:
            assert running.poll() is None, running.communicate()
            found: list[dict[str, Any]] = states.list_state_machines()["stateMachines"]
            return found

        def executions() -> list[dict[str, Any]]:
            assert running.poll() is None, running.communicate()
            found: list[dict[str, Any]] = states.list_executions(stateMachineArn=machine)["executions"]
            return found

        until(lambda: bool(machines()), "the state machine exists", pause=1)
        machine = machines()[0]["stateMachineArn"]
        until(lambda: bool(executions()), "the execution has begun", pause=1)
        (bucket,) = s3.list_buckets()["Buckets"]
        pipeline = Pipeline(project, states, machine, s3, bucket["Name"])
        first = str(executions()[0]["executionArn"])
        until(lambda: "Etl" in pipeline.entered(first), "the Glue job of the first execution works", pause=0.2)
        second = pipeline.start()
        said, _ = running.communicate(timeout=PATIENCE)
        assert running.returncode == 0, said
    pipeline.ended(second)
    return Meeting(pipeline, first, second)


@pytest.fixture
def pipeline(meeting: Meeting) -> Pipeline:
    """The pipeline after both."""
    return meeting.pipeline


def test_two_executions_of_one_date_end_well_and_write_the_same(meeting: Meeting) -> None:
    """The second waits for the Glue job of the first, and runs again what the first has run."""
    pipeline = meeting.pipeline
    ends = [pipeline.ended(arn) for arn in (meeting.first, meeting.second)]
    assert all(end["status"] == "SUCCEEDED" for end in ends), [(end.get("error"), end.get("cause")) for end in ends]
    assert "EtlFailed" not in pipeline.entered(meeting.first) and "EtlFailed" in pipeline.entered(meeting.second)
    (key,) = [key for key in pipeline.keys("predictions") if key.endswith(".parquet")]
    assert key.endswith("/predictions.parquet")
    for folder in ("raw", "final", "quality"):
        versions = pipeline.versions(folder)
        written = Counter(key for key, _ in versions)
        assert written and all(times > 1 for times in written.values()), f"both have written {folder}: {written}"
        assert len(set(versions)) == len(written), f"both have written the same into {folder}: {versions}"


def test_a_lack_of_capacity_is_waited_out(pipeline: Pipeline) -> None:
    pipeline.fail(Fault("*-monitor-*", CAPACITY), UNRECORDED)
    arn, execution = pipeline.run(start_at="Monitor")
    assert execution["status"] == "SUCCEEDED", execution
    assert pipeline.entered(arn)[2:6] == ["Monitor", "MonitorFailed", "MonitorAgain", "Monitor"]
    assert json.loads(execution["output"])["recovery"]["attempt"] == 1


def test_a_fault_ends_the_execution_and_a_redrive_goes_on_even_if_spot_capacity_is_taken_away(pipeline: Pipeline) -> None:
    pipeline.fail(Fault("*-train-*", "AlgorithmError: the disk is full, exit code: 1"))
    arn, execution = pipeline.run(start_at="Train")
    assert (execution["status"], execution["error"]) == ("FAILED", "JobFailed"), execution
    assert json.loads(execution["cause"])["errorMessage"] == "Train: AlgorithmError: the disk is full, exit code: 1"
    assert pipeline.entered(arn) == ["TrainingVars", "Start", "Train", "TrainFailed"], "not tried again"
    pipeline.fail(Fault("*-train-*", SPOT, secondary="MaxWaitTimeExceeded"))
    pipeline.states.redrive_execution(executionArn=arn)
    execution = pipeline.ended(arn)
    assert execution["status"] == "SUCCEEDED", execution
    redriven = pipeline.entered(arn)[4:]
    assert redriven[:6] == ["TrainFailed", "TrainAgain", "Train", "TrainFailed", "TrainAgain", "Train"], redriven
    assert redriven[-2:] == ["Record", "Done"]
    output = json.loads(execution["output"])
    assert output["train"]["job"] == f"{output['run']['training_job_name']}-1-2", "a name that was never used"
    check("redrive", pipeline.told(arn), {pipeline.prefix(): "oleoduto-prod-eia366-pbrent366"}, ordered=True)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("*-monitor-*", "User is not authorized to perform: sagemaker:CreateProcessingJob", error="AccessDeniedException"),
        Fault("*-monitor-*", "1 validation error detected", error="ValidationException"),
    ],
    ids=lambda fault: str(fault.error),
)
def test_a_call_that_is_refused_is_not_repeated(pipeline: Pipeline, fault: Fault) -> None:
    pipeline.fail(fault)
    arn, execution = pipeline.run(start_at="Monitor")
    assert (execution["status"], execution["error"]) == ("FAILED", "JobFailed"), execution
    assert fault.reason in execution["cause"]
    assert pipeline.entered(arn).count("Monitor") == 1


def test_a_failing_record_changes_no_forecast_and_fails_no_execution(pipeline: Pipeline) -> None:
    before = pipeline.content("predictions", "reports")
    pipeline.fail(UNRECORDED)
    arn, execution = pipeline.run(start_at="Record")
    assert execution["status"] == "SUCCEEDED", execution
    assert pipeline.entered(arn)[-3:] == ["Record", "NotRecorded", "Done"]
    assert "the server does not answer" in json.loads(execution["output"])["not_recorded"]["Cause"]
    assert pipeline.content("predictions", "reports") == before


def test_a_state_that_runs_again_gives_the_same(pipeline: Pipeline) -> None:
    pipeline.fail(UNRECORDED)
    first = pipeline.content(*TABLES)
    assert {key.split("/")[0] for key in first} == set(TABLES)
    for start in ("ForecastWithChampion", "Monitor"):
        arn, execution = pipeline.run(mode="forecast", start_at=start)
        assert execution["status"] == "SUCCEEDED", execution
        assert pipeline.entered(arn)[2] == start
        assert pipeline.content(*TABLES) == first, start


def test_local_run_starts_at_a_state_and_says_why_it_failed(pipeline: Pipeline) -> None:
    pipeline.fail(Fault("*-monitor-*", "AlgorithmError: no outcomes, exit code: 1"))
    failed = pipeline.project.run("local", "run", *WORDS, "--start-at", "Monitor")
    assert failed.returncode == 1
    assert "error: the state Monitor failed: no outcomes\n  its log: `oleoduto local logs " in failed.stderr, failed.stderr
    assert "Etl\n" not in failed.stderr
