"""The edges of a run: what was approved is what is applied, what is destroyed is gone, and what fails beside is no answer."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from project import PATIENCE, Project, clean_environment
from runner_kit import ACCOUNT, BUCKET, ERROR, Deployment, proxy


@pytest.fixture(scope="module")
def edge(aws: Project) -> Deployment:
    return Deployment(aws, "EDGE")


def policies(deployment: Deployment) -> list[str]:
    """The life cycle policy of the repository; none without a repository."""
    name = f"oleoduto-dev-{deployment.series.lower()}-ml"
    try:
        return [str(deployment.project.client("ecr").get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])]
    except ClientError as error:
        assert "NotFound" in error.response["Error"]["Code"]
        return []


@pytest.mark.parametrize(
    ("name", "value"),
    [("TF_WORKSPACE", "staging"), ("TF_CLI_ARGS_apply", "-target=aws_ecr_repository.ml"), ("TF_CLI_ARGS", "-x")],
)
def test_variables_that_make_terraform_do_something_else_are_refused(edge: Deployment, name: str, value: str) -> None:
    edge.environment[name] = value
    refused = edge.run("apply", "ecr", "--yes")
    del edge.environment[name]
    assert refused.returncode == 1 and f"{name}={value}" in refused.stderr and policies(edge) == []


def test_a_configuration_that_changed_after_the_plan_is_not_applied(edge: Deployment) -> None:
    edge.write("retention", "images = 21")
    assert edge.run("plan", "ecr").returncode == 2
    edge.write("retention", "images = 2")
    refused = edge.run("apply", "ecr")
    assert refused.returncode == 1 and policies(edge) == []
    assert "`ecr` is not what was planned: its configuration changed after the plan" in refused.stderr
    assert "--yes" in refused.stderr and "plan" in refused.stderr


def test_an_interrupt_is_a_no(edge: Deployment) -> None:
    process, terminal = pty.fork()
    if process == 0:
        command = edge.command("apply", "ecr")
        os.execve(command[0], command, edge.environment)
    said, deadline = b"", time.monotonic() + PATIENCE
    while b"accepted: " not in said:
        assert time.monotonic() < deadline, said.decode()
        if select.select([terminal], [], [], 1)[0]:
            said += os.read(terminal, 65536)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130 and policies(edge) == []


def test_a_destroy_looks_for_the_state_that_the_backend_refused(aws: Project, edge: Deployment) -> None:
    with proxy(aws.endpoint()) as faulty:
        deployment = Deployment(aws, edge.series, faulty.url)
        # At the end only: Terraform stops an apply that cannot save its state in between, which it does every 20 s.
        deployment.environment["TF_STATE_PERSIST_INTERVAL"] = "3600"
        faulty.path("PUT", "ecr.tfstate?", answer=(403, ERROR.format("AccessDenied")))
        done = deployment.run("apply", "ecr", "--yes")
        assert done.returncode == 1 and policies(edge) != [], done.stdout + done.stderr
    if edge.locks():
        edge.good("unlock", "ecr", "--yes")
    unasked = edge.run("destroy", "ecr")
    assert unasked.returncode == 1 and "nobody has approved" in unasked.stderr and policies(edge) != []
    report = edge.report("destroy", "ecr", "--yes")
    assert report["code"] == 0 and report["ecr"]["changes"]["remove"] == 2 and policies(edge) == []


def test_a_record_that_cannot_be_written_is_a_warning(aws: Project, edge: Deployment) -> None:
    with proxy(aws.endpoint()) as faulty:
        refusing = faulty.path("PUT", ".applied.json", answer=(403, ERROR.format("AccessDenied")))
        report = Deployment(aws, edge.series, faulty.url).report("apply", "ecr", "--yes")
    assert report["code"] == 0 and refusing.seen > 0, report
    assert report["ecr"]["changes"]["add"] == 2 and report["ecr"]["commands"]
    (warning,) = report["ecr"]["diagnostics"]
    assert warning["severity"] == "warning" and "AccessDenied" in warning["detail"] and "not recorded" in warning["summary"]


def test_the_folder_of_another_environment_is_refused(edge: Deployment) -> None:
    path = edge.project.folder / "oleoduto.toml"
    path.write_text(path.read_text() + "\n[env.prod]\n")
    edge.environment["OLEODUTO_ENV"] = "prod"
    refused = edge.run("destroy", "ecr", "--yes", "--skip-synth")
    del edge.environment["OLEODUTO_ENV"]
    assert refused.returncode == 1 and policies(edge) != []
    assert "synthesized for the stacks `oleoduto/dev/edge`, not `oleoduto/prod/edge`" in refused.stderr


@pytest.mark.parametrize("content", [b"", b"not json"])
def test_a_lock_that_says_nothing_is_shown_and_freed(aws: Project, edge: Deployment, content: bytes) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"{edge.key('ecr')}.tflock", Body=content)
    shown = edge.run("unlock", "ecr")
    assert shown.returncode == 1 and "the lock is empty or cut off" in shown.stderr and edge.locks()
    edge.good("unlock", "ecr", "--yes")
    assert edge.locks() == []


def test_a_broken_state_stops_only_who_needs_it(aws: Project, edge: Deployment) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=edge.key("s3"), Body=b'{"version": 4, "ser')
    edge.good("apply", "ecr", "--yes")
    broken = edge.run("plan", "s3", "iam")
    assert broken.returncode == 1 and "it is not a state" in broken.stderr
    assert f"aws s3api list-object-versions --bucket {BUCKET} --prefix {edge.key('s3')}" in broken.stderr
    s3.delete_object(Bucket=BUCKET, Key=edge.key("s3"))


def test_a_state_that_is_gone_is_not_nothing(aws: Project, edge: Deployment) -> None:
    s3, place = aws.client("s3"), {"Bucket": BUCKET, "Key": edge.key("ecr")}
    state = s3.get_object(**place)["Body"].read()
    s3.delete_object(**place)
    for command in (["drift"], ["destroy", "--yes"]):
        report = edge.report(command[0], "ecr", *command[1:])
        assert report["code"] == 1 and "is gone" in report["ecr"]["reason"], report
        assert "list-object-versions" in report["ecr"]["reason"]
    s3.put_object(**place, Body=state)
    assert edge.report("destroy", "ecr", "--yes")["code"] == 0 and policies(edge) == []


def test_a_reader_that_goes_away_and_a_full_disk_end_no_command_in_a_panic(project: Project) -> None:
    command = project.command("--account", ACCOUNT, "--region", "us-east-1", "list")
    options: dict[str, Any] = {"env": clean_environment(), "stderr": subprocess.PIPE, "text": True}
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(command, stdout=closed, check=False, **options)
    assert (done.returncode, done.stderr) == (0, "")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, check=False, **options)
    assert done.returncode == 1 and done.stderr.startswith("error: standard output can't be written: No space left")
    assert done.stderr.count("\n") == 1
