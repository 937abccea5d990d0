"""What users get wrong, and what they are told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mistakes_kit import no_environment
from project import PATIENCE, Project, clean_environment, command_lines
from runner_kit import HANGUP, until


def path_without(program: str, folder: Path) -> str:
    """A PATH on which everything but one program is found."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for file in Path(place).iterdir() if Path(place).is_dir() else []:
            link = folder / file.name
            if file.name != program and not link.is_symlink():
                link.symlink_to(file)
    return str(folder)


@pytest.mark.parametrize(("program", "help_text"), [("terraform", "install Terraform"), ("java", "install Java 17")])
def test_a_missing_program_is_named(project: Project, tmp_path: Path, program: str, help_text: str) -> None:
    run = project.run("local", "run", "--source", "sample", PATH=path_without(program, tmp_path / "bin"))
    assert run.returncode == 1
    assert f"`{program}` was not found" in run.stderr and help_text in run.stderr


def test_commands_work_in_a_folder_of_the_project(bare_project: Project) -> None:
    folder = bare_project.folder / "a" / "b"
    folder.mkdir(parents=True)
    command = [bare_project.command()[0], "--account", "123456789012", "--region", "sa-east-1", "synth"]
    options: dict[str, Any] = {"capture_output": True, "text": True, "env": clean_environment()}
    done = subprocess.run(command, cwd=folder, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert f"working in {bare_project.folder}, where oleoduto.toml is" in done.stderr
    assert (bare_project.folder / "cdktf.out" / "manifest.json").is_file() and list(folder.iterdir()) == []
    outside = subprocess.run(command, cwd=bare_project.folder.parent, check=False, **options)
    assert outside.returncode == 1 and "oleoduto.toml" in outside.stderr


@pytest.mark.parametrize(("source", "message"), [("http://x", "is not known"), ("file:/no/such.csv", "can't be read")])
def test_a_bad_source_is_refused_before_anything_starts(project: Project, source: str, message: str) -> None:
    run = project.run("local", "run", "--source", source)
    assert run.returncode == 1 and message in run.stderr
    assert not (project.folder / ".oleoduto" / "local").exists()


def test_a_bad_series_is_refused(project: Project) -> None:
    run = project.run("--series", "NO SUCH", "--account", "123456789012", "--region", "sa-east-1", "list")
    assert run.returncode == 1 and "NO SUCH" in run.stderr and "EIA366_PBRENT366" in run.stderr


def test_an_occupied_port_is_named(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = project.run("local", "up", "--port", str(port))
    assert run.returncode == 1 and str(port) in run.stderr
    assert project.run("local", "status").returncode == 3


def test_no_region_no_account_and_no_environment_are_told_apart(project: Project) -> None:
    assert "no region" in project.run("synth").stderr
    assert "[env.prod]" in project.run("--env", "prod", "list").stderr
    refused = project.run("--region", "sa-east-1", "synth", AWS_EC2_METADATA_DISABLED="true", AWS_PROFILE="no-such-profile")
    assert refused.returncode == 1 and "--account" in refused.stderr
    assert "{" not in refused.stderr and "Error(" not in refused.stderr, f"structures of the SDK: {refused.stderr}"
    assert "`no-such-profile`" in refused.stderr, refused.stderr


def test_what_is_only_shown_needs_no_region_and_no_credentials(project: Project) -> None:
    assert project.run("list").stdout.split() == ["s3", "iam", "glue", "ecr", "lambda", "stepfunctions"]
    assert "s3 --> glue" in project.run("graph").stdout
    assert "aws_s3_bucket.data" in project.run("explain", "s3").stdout


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, *HANGUP])
def test_a_signal_stops_all_that_the_run_started(project: Project, sign: signal.Signals) -> None:
    process = subprocess.Popen(
        project.command("local", "run", "--source", "sample"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=clean_environment(),
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "ok  local AWS" in line:
            break
    until(lambda: any("terraform" in line for line in command_lines(project)), "Terraform applies")
    # A terminal sends Ctrl-C to the whole foreground group; `kill` and a closed terminal reach this process alone.
    (os.killpg if sign == signal.SIGINT else os.kill)(process.pid, sign)
    assert process.wait(timeout=PATIENCE) == 128 + sign
    assert project.run("local", "status").returncode == 3
    until(lambda: command_lines(project) == [], "nothing of the project runs any more")


@pytest.mark.parametrize(
    ("words", "sign"),
    [(("up",), signal.SIGTERM), *((("up",), sign) for sign in HANGUP), (("run", "--source", "sample"), signal.SIGINT)],
)
def test_a_signal_stops_a_local_aws_that_starts(project: Project, words: tuple[str, ...], sign: signal.Signals) -> None:
    process = subprocess.Popen(project.command("local", *words), stdout=subprocess.DEVNULL, env=clean_environment())
    until(lambda: any("oleoduto_local" in line for line in command_lines(project)), "the server starts")
    process.send_signal(sign)
    assert process.wait(timeout=PATIENCE) == 128 + sign
    until(lambda: command_lines(project) == [], "nothing of the project runs any more")
    assert project.run("local", "status").returncode == 3


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_set_up_with_all_that_it_started(bare_project: Project, sign: signal.Signals) -> None:
    variables = no_environment()(bare_project)
    python = bare_project.folder / "slow-python"
    # As a set-up that waits for an index: the program that the signal reaches is not the one that waits.
    python.write_text(f"#!/bin/sh\nsh -c 'sleep 300; : {bare_project.folder}'\n")
    python.chmod(0o755)
    process = subprocess.Popen(
        bare_project.command("local", "run", "--source", "sample"),
        stderr=subprocess.DEVNULL,
        env={**clean_environment(), **variables, "OLEODUTO_PYTHON": str(python)},
    )
    until(lambda: any("sleep 300" in line for line in command_lines(bare_project)), "the set-up works")
    process.send_signal(sign)
    assert process.wait(timeout=PATIENCE) == 128 + sign
    until(lambda: command_lines(bare_project) == [], "nothing of the project runs any more")
    assert bare_project.run("local", "status").returncode == 3
    down = bare_project.run("local", "down")
    assert down.returncode == 0 and "not running" in down.stdout
    assert not (bare_project.folder / ".oleoduto" / "local").exists()


def test_status_writes_nothing(project: Project, tmp_path: Path) -> None:
    """A file stands where the caches would be created, as in a checkout that cannot be written."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "oleoduto.toml").symlink_to(project.folder / "oleoduto.toml")
    (checkout / ".oleoduto").touch()
    status = subprocess.run(
        [*project.command()[:1], "--project-dir", str(checkout), "local", "status"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=clean_environment(),
    )
    assert (status.returncode, status.stdout, status.stderr) == (3, "not running\n", "")


def test_synth_writes_to_the_folder_asked_for_and_twice_the_same(project: Project, tmp_path: Path) -> None:
    flags = ["--account", "123456789012", "--region", "sa-east-1"]
    for out in ["a", "b"]:
        assert project.run(*flags, "synth", "--out", str(tmp_path / out)).returncode == 0
    assert project.run(*flags, "synth", CDKTF_OUTDIR=str(tmp_path / "c")).returncode == 0
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len([file for file in files if file.name == "cdk.tf.json"]) == 6
    for file in files:
        first = (tmp_path / "a" / file).read_bytes()
        assert first == (tmp_path / "b" / file).read_bytes() == (tmp_path / "c" / file).read_bytes(), file
    graph = project.run(*flags, "graph")
    assert "s3 --> glue" in graph.stdout
    assert '"s3" -> "glue";' in project.run(*flags, "graph", "--format", "dot").stdout


def test_colours_obey_no_color(project: Project) -> None:
    def shown(**environment: str) -> str:
        options: dict[str, Any] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
        env = {**clean_environment(), "CLICOLOR_FORCE": "1", **environment}
        done = subprocess.run(project.command("--account", "12", "synth"), check=False, env=env, **options)
        assert done.returncode == 1
        return str(done.stderr)

    assert "\x1b[" in shown()
    assert "\x1b[" not in shown(NO_COLOR="1")
