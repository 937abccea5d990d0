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
from project import PATIENCE, Project, clean_environment
from runner_kit import ACCOUNT, BUCKET, ERROR, Lab, proxy


@pytest.fixture(scope="module")
def edge(aws: Project) -> Lab:
    return Lab(aws, "EDGE")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TF_WORKSPACE", "staging"), ("TF_CLI_ARGS_apply", "-target=terraform_data.shelf"), ("TF_CLI_ARGS", "-x")],
)
def test_variables_that_make_terraform_do_something_else_are_refused(edge: Lab, name: str, value: str) -> None:
    edge.environment[name] = value
    refused = edge.run("apply", "depot", "--yes")
    del edge.environment[name]
    assert refused.returncode == 1 and f"{name}={value}" in refused.stderr and edge.objects() == []


def test_a_configuration_that_changed_after_the_plan_is_not_applied(edge: Lab) -> None:
    edge.label("planned")
    assert edge.run("plan", "depot").returncode == 2
    edge.label("another")
    refused = edge.run("apply", "depot")
    assert refused.returncode == 1 and edge.content("depot") is None
    assert "`depot` is not what was planned: its configuration changed after the plan" in refused.stderr
    assert "--yes" in refused.stderr and "plan" in refused.stderr


def test_an_interrupt_is_a_no(edge: Lab) -> None:
    process, terminal = pty.fork()
    if process == 0:
        command = edge.command("apply", "depot")
        os.execve(command[0], command, edge.environment)
    said, deadline = b"", time.monotonic() + PATIENCE
    while b"accepted: " not in said:
        assert time.monotonic() < deadline, said.decode()
        if select.select([terminal], [], [], 1)[0]:
            said += os.read(terminal, 65536)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130 and edge.content("depot") is None


def test_a_destroy_looks_for_the_state_that_the_backend_refused(aws: Project, edge: Lab) -> None:
    refused = edge.out / "stacks" / "depot" / "errored.tfstate"
    with proxy(aws.endpoint()) as faulty:
        lab = Lab(aws, edge.series, faulty.url)
        # At the end only: Terraform stops an apply that cannot save its state in between, which it does every 20 s.
        lab.environment["TF_STATE_PERSIST_INTERVAL"] = "3600"
        faulty.path("PUT", "depot.tfstate?", answer=(403, ERROR.format("AccessDenied")))
        done = lab.run("apply", "depot", "--yes")
        assert done.returncode == 1 and refused.is_file() and edge.content("depot") is None, done.stdout + done.stderr
    if edge.locks():
        edge.good("unlock", "depot", "--yes")
    unasked = edge.run("destroy", "depot")
    assert unasked.returncode == 1 and "nobody has approved" in unasked.stderr and refused.is_file()
    report = edge.report("destroy", "depot", "--yes")
    assert report["code"] == 0 and report["depot"]["changes"]["remove"] == 2 and not refused.exists()


def test_a_record_that_cannot_be_written_is_a_warning(aws: Project, edge: Lab) -> None:
    with proxy(aws.endpoint()) as faulty:
        refusing = faulty.path("PUT", ".applied.json", answer=(403, ERROR.format("AccessDenied")))
        report = Lab(aws, edge.series, faulty.url).report("apply", "depot", "--yes")
    assert report["code"] == 0 and refusing.seen > 0, report
    assert report["depot"]["changes"]["add"] == 2 and report["depot"]["commands"]
    (warning,) = report["depot"]["diagnostics"]
    assert warning["severity"] == "warning" and "AccessDenied" in warning["detail"] and "not recorded" in warning["summary"]


def test_the_folder_of_another_environment_is_refused(aws: Project, edge: Lab) -> None:
    other = Lab(aws, "OTHER")
    other.out = edge.out
    refused = other.run("destroy", "depot", "--yes", "--skip-synth")
    assert refused.returncode == 1 and edge.state("depot") == list(edge.ALL)
    assert "synthesized for the stacks `shop_lab/EDGE`, not `shop_lab/OTHER`" in refused.stderr


@pytest.mark.parametrize("content", [b"", b"not json"])
def test_a_lock_that_says_nothing_is_shown_and_freed(aws: Project, edge: Lab, content: bytes) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"{edge.key('depot')}.tflock", Body=content)
    shown = edge.run("unlock", "depot")
    assert shown.returncode == 1 and "the lock is empty or cut off" in shown.stderr and edge.locks()
    edge.good("unlock", "depot", "--yes")
    assert edge.locks() == []


def test_a_broken_state_stops_only_who_needs_it(aws: Project, edge: Lab) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=edge.key("orders"), Body=b'{"version": 4, "ser')
    edge.good("apply", "depot", "--yes")
    broken = edge.run("plan", "orders", "shipping")
    assert broken.returncode == 1 and "it is not a state" in broken.stderr
    assert f"aws s3api list-object-versions --bucket {BUCKET} --prefix {edge.key('orders')}" in broken.stderr
    s3.delete_object(Bucket=BUCKET, Key=edge.key("orders"))


def test_a_state_that_is_gone_is_not_nothing(aws: Project, edge: Lab) -> None:
    s3, place = aws.client("s3"), {"Bucket": BUCKET, "Key": edge.key("depot")}
    state = s3.get_object(**place)["Body"].read()
    s3.delete_object(**place)
    for command in (["drift"], ["destroy", "--yes"]):
        report = edge.report(command[0], "depot", *command[1:])
        assert report["code"] == 1 and "is gone" in report["depot"]["reason"], report
        assert "list-object-versions" in report["depot"]["reason"]
    s3.put_object(**place, Body=state)
    assert edge.report("destroy", "depot", "--yes")["code"] == 0


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
