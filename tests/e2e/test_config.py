"""oleoduto.toml, init-env, config show and doctor, as a user meets them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import transcripts
from project import PATIENCE, Project, clean_environment

ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def aws(project: Project) -> Project:
    """A running local AWS, and a configuration that tests may change."""
    project.configure(project.configuration.read_text())
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    return project


def call(project: Project, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command without a terminal."""
    return subprocess.run(
        project.command(*arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        env={**clean_environment(), **environment},
    )


def test_a_new_environment_is_a_new_section(aws: Project) -> None:
    path = aws.folder / "oleoduto.toml"
    before = path.read_text()
    nowhere = call(aws, "init-env", "prod", **{k: v for k, v in aws.endpoint().items() if k != "AWS_REGION"})
    assert nowhere.returncode == 1 and "give --region" in nowhere.stderr
    other = call(aws, "init-env", "prod", "--account", "999999999999", **aws.endpoint())
    assert other.returncode == 1 and f"the credentials belong to account {ACCOUNT}" in other.stderr
    hyphen = call(aws, "init-env", "my-prod", **aws.endpoint())
    assert hyphen.returncode == 1 and "no `-`" in hyphen.stderr
    mail = call(aws, "init-env", "prod", "--email", "nobody", **aws.endpoint())
    assert mail.returncode == 1 and "name@example.org" in mail.stderr
    assert path.read_text() == before, "nothing is written by a command that failed"

    done = call(aws, "init-env", "prod", "--email", "someone@example.org", **aws.endpoint())
    assert done.returncode == 0, done.stderr
    transcripts.check("init-env", done, {f"{path.parent}/": ""})
    text = path.read_text()
    assert text.startswith(before.rstrip()), "comments and sections stay"
    shown = call(aws, "--env", "prod", "config", "show", "--json")
    rows = {row["key"]: row for row in json.loads(shown.stdout)}
    lines = text.splitlines()
    assert rows["account"]["value"] == ACCOUNT and rows["backend.type"]["value"] == "s3"
    line = lines.index(f'account = "{ACCOUNT}"') + 1
    assert rows["account"]["origin"] == f"oleoduto.toml:{line}"
    assert rows["backend.bucket"]["value"] == f"oleoduto-tfstate-{ACCOUNT}-us-east-1"
    again = call(aws, "init-env", "prod", **aws.endpoint())
    assert again.returncode == 1 and "already has a section [env.prod]" in again.stderr


def test_a_flag_wins_over_a_variable_and_that_over_the_file(aws: Project) -> None:
    def region(*arguments: str, **environment: str) -> tuple[str, str]:
        shown = call(aws, *arguments, "config", "show", "--json", **environment)
        (row,) = [row for row in json.loads(shown.stdout) if row["key"] == "region"]
        return row["value"], row["origin"].split(":")[0]

    call(aws, "init-env", "order", "--region", "eu-west-1", "--account", ACCOUNT, "--offline")
    assert region("--env", "order") == ("eu-west-1", "oleoduto.toml")
    assert region("--env", "order", AWS_REGION="us-west-2") == ("us-west-2", "env AWS_REGION")
    assert region("--env", "order", "--region", "sa-east-1", AWS_REGION="us-west-2") == ("sa-east-1", "flag --region")


def test_a_mistake_has_its_line_and_writes_nothing(aws: Project, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.configure('[project]\nname = "oleoduto"\nseries = "X"\n\n[env.dev]\naccount = "12"\n')
    done = call(project, "synth", "--out", str(tmp_path / "out"))
    assert done.returncode == 1 and "oleoduto.toml:6:" in done.stderr and "12 digits" in done.stderr
    assert not (tmp_path / "out").exists()


def test_two_environments_stand_side_by_side(aws: Project) -> None:
    texts = {}
    for name, series in [("dev", "A"), ("dev", "B"), ("order", "A")]:
        out = aws.folder / f"out-{name}-{series}"
        arguments = ["--env", name, "--series", series, "--account", ACCOUNT, "--region", "us-east-1"]
        done = call(aws, *arguments, "synth", "--out", str(out))
        assert done.returncode == 0, done.stderr
        texts[name, series] = (out / "stacks" / "iam" / "cdk.tf.json").read_text()
    names = {
        key: {role["name"] for role in json.loads(text)["resource"]["aws_iam_role"].values()} for key, text in texts.items()
    }
    assert len(set.union(*names.values())) == 12, "no role is in two of them"
    backends = {json.dumps(json.loads(text)["terraform"]["backend"]) for text in texts.values()}
    assert len(backends) == 3


def test_the_doctor_names_what_is_wrong_and_what_to_do(aws: Project, tmp_path: Path) -> None:
    old = tmp_path / "terraform"
    old.write_text("#!/bin/sh\necho 'Terraform v1.9.8'\n")
    old.chmod(0o755)
    done = call(aws, "doctor", "--json", "--terraform", str(old), **aws.endpoint())
    found = {row["what"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 1
    assert found["terraform"]["verdict"] == "failure" and "1.9 is older than 1.10" in found["terraform"]["found"]
    assert "--terraform" in found["terraform"]["fix"]
    assert found["credentials"]["verdict"] == "ok" and found["clock"]["verdict"] == "ok"
    wrong = call(aws, "doctor", "--json", "--account", "999999999999", **aws.endpoint())
    found = {row["what"]: row for row in json.loads(wrong.stdout)}
    assert wrong.returncode == 1 and found["credentials"]["verdict"] == "failure"
    offline = call(aws, "doctor", "--json", "--account", ACCOUNT, "--region", "us-east-1", AWS_EC2_METADATA_DISABLED="true")
    assert offline.returncode == 0, offline.stdout
