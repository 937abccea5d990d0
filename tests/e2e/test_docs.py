"""The documents show what the commands print; `transcripts.py` says how."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest
import transcripts
from project import ROOT, Project

# The sections of the environment whose runbook is in the documents.
WATCHED = """
[env.dev.schedule]
expression = "cron(0 9 ? * MON-FRI *)"

[env.dev.alarms]
email = "on-call@example.org"
budget = 100
"""
COMMANDS = sorted({block.source for block in transcripts.blocks() if block.source.startswith("oleoduto ")})


@pytest.fixture
def folder(binary: Path, tmp_path: Path) -> Project:
    """A project in which nothing is started."""
    return Project(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_what_the_documents_show(folder: Project, command: str) -> None:
    transcripts.check(command, folder.run(*shlex.split(command)[1:]), ordered=True)


def test_the_runbook_is_what_the_program_prints(folder: Project) -> None:
    """`docs/runbook.md` is that of `dev` with every alarm; UPDATE_TRANSCRIPTS=1 writes it again."""
    folder.configure(folder.configuration.read_text() + WATCHED)
    printed = folder.run("--account", "123456789012", "--region", "us-east-1", "runbook")
    assert printed.returncode == 0, printed.stderr
    document = ROOT / "docs/runbook.md"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        document.write_text(printed.stdout)
    assert document.read_text() == printed.stdout, "UPDATE_TRANSCRIPTS=1 writes docs/runbook.md again"


def test_the_mistakes_are_those_of_a_snapshot() -> None:
    (snapshot,) = (ROOT / "crates/aws/tests/it/snapshots").glob("*every_mistake_of_three_stacks*")
    errors = snapshot.read_text().split("\n\n")
    shown = [error.strip() for error in errors if "did you mean" in error or "written as a literal" in error]
    transcripts.check("mistakes", "\n\n".join(shown), ordered=True)


def test_the_diagram_has_the_states_and_transitions_of_the_state_machine(folder: Project) -> None:
    folder.configure(f"{folder.configuration.read_text()}\n[env.dev.mlflow]\n")
    out = folder.folder / "out"
    done = folder.run("--account", "123456789012", "--region", "us-east-1", "synth", "--out", str(out))
    assert done.returncode == 0, done.stderr
    stack = json.loads((out / "stacks/stepfunctions/cdk.tf.json").read_text())
    definition = stack["resource"]["aws_sfn_state_machine"]["pipeline"]["definition"]
    transcripts.check("states", "\n".join(["graph LR", *transitions(definition)]), ordered=True)


FAILURE = re.compile(r"\w+(Failed|Again)|NotRecorded")


def transitions(definition: str) -> list[str]:
    """Arrows of Mermaid, from the text of an Amazon States Language definition in HCL; failures are left out."""
    arrows, state, label = [], "", ""
    token = r'"(\w+)" = \{"Type" = "\w+"|"(StringEquals|Next|Default)" = "(\w+)"'
    for name, key, value in re.findall(token, definition):
        if name:
            state = name
        elif key == "StringEquals":
            label = f"|{value}|"
        elif not FAILURE.fullmatch(value) and not FAILURE.fullmatch(state):
            arrows.append(f"  {state} -->{label if key == 'Next' else '|otherwise|'} {value}")
            label = ""
    return arrows
