"""`plan --record` and `apply --approved`: what was approved is what is applied, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from project import Project
from runner_kit import Deployment

STACKS = ["ecr", "glue", "iam", "lambda", "s3", "stepfunctions"]
ASSUMED, DIGEST = (f"sha256:{digit * 64}" for digit in "0f")
FUNCTION = "oleoduto-dev-approved-training-vars"


@pytest.fixture(scope="module")
def deployment(aws: Project) -> Deployment:
    return Deployment(aws, "APPROVED")


def recorded(deployment: Deployment, *more: str) -> Path:
    """The file of a new plan of all stacks, or of those that are named."""
    file = deployment.out.parent / "approved.json"
    planned = deployment.run("plan", "--refresh", "--record", str(file), *more)
    assert planned.returncode in (0, 2), planned.stdout + planned.stderr
    return file


def applied(deployment: Deployment, file: Path, *stacks: str) -> dict[str, Any]:
    """The report of an apply of what is in the file."""
    return deployment.report("apply", *stacks, "--refresh", "--approved", str(file))


def said(report: dict[str, Any], stack: str) -> str:
    """The errors of a stack."""
    return "\n".join(f"{row['summary']}\n{row['detail']}" for row in report[stack]["diagnostics"])


def test_a_first_plan_states_what_it_assumes_and_is_applied_when_that_became_real(deployment: Deployment) -> None:
    file = recorded(deployment, "--assume", f"image_digest={ASSUMED}")
    plans = json.loads(file.read_text())
    assert sorted(plans["stacks"]) == STACKS and all(len(plan["digest"]) == 64 for plan in plans["stacks"].values())
    assumed = [f"{row['stack']}.{row['output']}" for row in plans["stacks"]["stepfunctions"]["assumed"]]
    assert "var.image_digest" in assumed and any(name.startswith("iam.") for name in assumed)
    deployment.environment["TF_VAR_image_digest"] = DIGEST
    report = applied(deployment, file)
    assert report["code"] == 0, "\n".join(said(report, stack) for stack in STACKS)
    client = deployment.project.client("stepfunctions")
    (machine,) = client.list_state_machines()["stateMachines"]
    definition = client.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]
    assert DIGEST in definition and ASSUMED not in definition


def test_the_plan_shows_every_action_with_a_digest(deployment: Deployment) -> None:
    deployment.write("sizes", "lambda_memory_mb = 256")
    shown = deployment.run("plan", "lambda", "--refresh", "--record", str(deployment.out.parent / "shown.json"))
    assert shown.returncode == 2 and "plan of lambda: sha256:" in shown.stdout, shown.stdout
    assert "~ lambda: aws_lambda_function.training_vars" in shown.stdout


def test_what_changed_outside_after_the_plan_is_shown_and_nothing_is_applied(deployment: Deployment) -> None:
    file, client = recorded(deployment, "lambda"), deployment.project.client("lambda")
    timeout = client.get_function_configuration(FunctionName=FUNCTION)["Timeout"]
    client.update_function_configuration(FunctionName=FUNCTION, Timeout=77)
    report = applied(deployment, file, "lambda")
    assert report["code"] == 1 and "is not the approved one" in said(report, "lambda")
    assert f"present value of timeout: {timeout} is approved, 77 is planned now" in said(report, "lambda")
    assert client.get_function_configuration(FunctionName=FUNCTION)["MemorySize"] == 128

    client.update_function_configuration(FunctionName=FUNCTION, Timeout=timeout)
    report = applied(deployment, file, "lambda")
    assert report["code"] == 0, said(report, "lambda")
    assert client.get_function_configuration(FunctionName=FUNCTION)["MemorySize"] == 256


def test_another_configuration_than_the_approved_one_is_not_applied(deployment: Deployment) -> None:
    deployment.write("sizes", "lambda_memory_mb = 512")
    file = recorded(deployment, "lambda", "s3")
    deployment.write("sizes", "lambda_memory_mb = 1024")
    report = applied(deployment, file, "lambda", "s3")
    assert report["code"] == 1 and report["s3"]["result"] == "applied"
    assert "aws_lambda_function.training_vars: memory_size: 512 is approved, 1024 is planned now" in said(report, "lambda")
    # Nor a saved plan that nobody approved.
    deployment.run("plan", "lambda", "--refresh")
    assert applied(deployment, file, "lambda")["code"] == 1


def test_a_file_that_does_not_hold_is_refused_before_anything_is_done(deployment: Deployment) -> None:
    file = recorded(deployment, "lambda")
    other = Deployment(deployment.project, "OTHER").run("apply", "--approved", str(file))
    assert other.returncode == 1 and "`oleoduto/dev/approved`, not of `oleoduto/dev/other`" in other.stderr
    part = deployment.out.parent / "part.json"
    assert deployment.run("plan", "s3", "--refresh", "--record", str(part)).returncode == 0
    unseen = deployment.run("apply", "s3", "lambda", "--approved", str(part))
    assert unseen.returncode == 1 and "none of the stack `lambda`" in unseen.stderr
    part.write_text(file.read_text().replace("1024", "2048"))
    forged = deployment.run("apply", "lambda", "--approved", str(part))
    assert forged.returncode == 1 and "digest of `lambda` is not that of its changes" in forged.stderr
    both = deployment.run("apply", "--yes", "--approved", str(file))
    assert both.returncode == 2 and "cannot be used with" in both.stderr
