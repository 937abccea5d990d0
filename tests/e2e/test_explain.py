"""`graph` and `explain`: the stacks and states in pictures and in words."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from project import ROOT, SHOP, Project, clean_environment

PLACE = ("--account", "123456789012", "--region", "us-east-1")
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = {"stacks": ("graph", "--format", "svg"), "states": ("graph", "--states", "--format", "svg")}


@pytest.fixture
def folder(binary: Path, tmp_path: Path) -> Project:
    """A project in which nothing is started."""
    return Project(tmp_path)


def shown(folder: Project, *words: str) -> str:
    """What a command that succeeds prints."""
    done = folder.run(*PLACE, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_in_the_documents_is_the_programs(folder: Project, name: str) -> None:
    file = ROOT / f"docs/images/{name}.svg"
    picture = shown(folder, *PICTURES[name])
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        file.write_text(picture)
    assert file.read_text() == picture, f"UPDATE_TRANSCRIPTS=1 writes {file.name} again"


def test_a_picture_has_what_the_text_has(folder: Project) -> None:
    mermaid = shown(folder, "graph", "--states")
    states = re.findall(r'^  n\d+\W+"(\w+)"', mermaid, re.MULTILINE)
    assert {"Etl", "Quality", "Train", "Done"} <= set(states)
    root = ElementTree.fromstring(shown(folder, *PICTURES["states"]))
    assert root.findtext(f"{SVG}title") == "States of stepfunctions.aws_sfn_state_machine.pipeline"
    drawn = [group.findtext(f"{SVG}text") for group in root.iter(f"{SVG}g")]
    assert sorted(map(str, drawn)) == sorted(states)
    arrows = [path for path in root.iter(f"{SVG}path") if "arrow" in str(path.get("class"))]
    assert len(arrows) == len(re.findall(r"-->|-\.->", mermaid)) and all(path.get("d") for path in arrows)


def test_a_page_holds_the_picture_and_the_same_in_words_and_loads_nothing(folder: Project) -> None:
    page = shown(folder, "graph", "--states", "--format", "html")
    assert "<svg" in page and '<th scope="row">EtlFailed</th>' in page
    assert not re.search(r'(src|href)="(?!#)', page) and "{{" not in page


def test_a_program_without_a_state_machine_says_so(tmp_path: Path, binary: Path) -> None:
    run = subprocess.run(
        [str(SHOP), "graph", "--states"], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert run.returncode == 1 and "no stack has a state machine" in run.stderr


def test_a_wrong_address_names_the_right_ones(folder: Project) -> None:
    run = folder.run(*PLACE, "graph", "--states=glue.aws_sfn_state_machine.none")
    assert run.returncode == 1 and "there is `stepfunctions.aws_sfn_state_machine.pipeline`" in run.stderr
    run = folder.run(*PLACE, "explain", "s4")
    assert run.returncode == 1 and "the stacks are `ecr`, `glue`" in run.stderr


def test_a_stack_is_explained(folder: Project) -> None:
    text = shown(folder, "explain", "glue")
    assert re.search(r"^for +the Spark jobs", text, re.MULTILINE)
    assert re.search(r"^uses +s3, iam$", text, re.MULTILINE) and re.search(r"^used by +stepfunctions$", text, re.MULTILINE)
    assert re.search(r"^costs +\d+\.\d\d US\$ per execution", text, re.MULTILINE)
    assert "aws_glue_job.etl" in text and "aws_glue_job.quality" in text


def test_a_resource_is_explained_with_who_may_touch_it(folder: Project) -> None:
    text = shown(folder, "explain", "s3.aws_s3_bucket.data")
    assert "arn:aws:s3:::oleoduto-dev-eia366-pbrent366-123456789012-us-east-1" in text
    touched = [line for line in text.splitlines() if "role oleoduto-dev-eia366-pbrent366-" in line]
    # What the policies of the roles say; `iam` derives them from the uses.
    assert any("-glue: s3:ListBucket" in line for line in touched)
    assert any("-sagemaker: " in line and "s3:GetObject" in line for line in touched)
    assert not any("-lambda: s3:PutObject" in line for line in touched)
    assert "glue.aws_glue_job.etl" in text and "`destroy` refuses while something is in it" in text
    role = shown(folder, "explain", "aws_iam_role.glue")
    assert re.search(r"^used by +aws_iam_role_policy.glue$", role, re.MULTILINE)
    # The state machine starts the job and nobody else does.
    job = shown(folder, "explain", "aws_glue_job.etl")
    assert re.search(r"^touched by role \S+-states: .*glue:StartJobRun", job, re.MULTILINE) and job.count("role oleoduto") == 1
