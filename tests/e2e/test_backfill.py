"""Backfills: each date of a range is executed once, a bounded number at once, and the newest alone at the end.

The state machine is a stand-in with the pipeline's name: it waits, and fails for one date.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from project import Project
from runner_kit import ACCOUNT
from transcripts import check

NAME = "oleoduto-dev-eia366-pbrent366-pipeline"
DEFINITION = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Known"},
        "Known": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.run_date", "StringEquals": "2023-05-01", "Next": "Broken"}],
            "Default": "Done",
        },
        "Broken": {"Type": "Fail", "Error": "JobFailed", "Cause": json.dumps({"errorMessage": "Etl: no price of the month"})},
        "Done": {"Type": "Succeed"},
    },
}
RANGE = ("--from", "2023-01-01", "--to", "2023-12-01")


@pytest.fixture(scope="module")
def machine(project: Project) -> str:
    """A running local AWS with nothing but the stand-in."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = project.client("iam").create_role(RoleName="stand-in", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    states = project.client("stepfunctions")
    return str(states.create_state_machine(name=NAME, definition=json.dumps(DEFINITION), roleArn=role)["stateMachineArn"])


def executions(project: Project, machine: str) -> dict[str, dict[str, Any]]:
    """By their dates."""
    states = project.client("stepfunctions")
    listed = states.list_executions(stateMachineArn=machine, maxResults=100)["executions"]
    found = [states.describe_execution(executionArn=execution["executionArn"]) for execution in listed]
    by_date = {json.loads(execution["input"])["run_date"]: execution for execution in found}
    assert len(by_date) == len(found), "a date was executed twice"
    return by_date


def test_every_date_is_executed_and_one_that_fails_stops_no_other(project: Project, machine: str) -> None:
    words = ("--account", ACCOUNT, "run", *RANGE, "--at-once", "3", "--mode", "forecast")
    done = project.run(*words, **project.endpoint())
    assert done.returncode == 1, done.stderr
    found = executions(project, machine)
    assert sorted(found) == [f"2023-{month:02}-01" for month in range(1, 13)]
    failed = {date for date, execution in found.items() if execution["status"] != "SUCCEEDED"}
    assert failed == {"2023-05-01"}
    assert {json.loads(execution["input"])["mode"] for execution in found.values()} == {"forecast"}
    assert "2023-05-01  failed: the execution failed: Etl: no price of the month\n" in done.stdout
    assert done.stdout.endswith("11 succeeded, 1 failed\n")

    spans: dict[str, tuple[datetime, datetime]] = {
        date: (execution["startDate"], execution["stopDate"]) for date, execution in found.items()
    }
    at_once = max(sum(began <= start < ended for began, ended in spans.values()) for start, _ in spans.values())
    assert 2 <= at_once <= 3, spans
    newest = spans.pop("2023-12-01")
    assert newest[0] >= max(ended for _, ended in spans.values()), "the newest date is alone at the end"
    check("backfill", done.stdout)


def test_a_range_that_cannot_be_meant_starts_nothing(project: Project, machine: str) -> None:
    before = executions(project, machine)
    for words, said in (
        (("--from", "2023-02-01", "--to", "2023-01-01"), "is after --to 2023-01-01: exchange them"),
        (("--from", "2023-02-30", "--to", "2023-03-01"), "`2023-02-30` can't be used: a date looks like 2023-01-31"),
        (("--from", "2023-01-01"), "--to <DATE>"),
        (("--from", "1990-01-01", "--to", "2023-01-01", "--every", "day"), "more than 750 dates"),
    ):
        refused = project.run("--account", ACCOUNT, "run", *words, **project.endpoint())
        assert refused.returncode != 0 and said in refused.stderr, refused.stderr
    assert executions(project, machine).keys() == before.keys()
