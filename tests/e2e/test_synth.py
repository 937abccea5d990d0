"""`oleoduto synth`: what the cdktf and cdktn command lines tell it, and what it says of the last output."""

from __future__ import annotations

import json
from pathlib import Path

from project import Project

AWS = ("--account", "123456789012", "--region", "sa-east-1")
STACKS = ["s3", "iam", "glue", "ecr", "lambda", "stepfunctions"]


def test_the_context_of_cdktf_json_is_used_and_flags_win(project: Project, tmp_path: Path) -> None:
    context = json.dumps({"account": "111122223333", "region": "eu-west-1", "series": "BM12_ERC12", "cdktfRelativeModules": []})
    run = project.run("synth", "--region", "sa-east-1", CDKTF_CONTEXT_JSON=context, CDKTF_OUTDIR=str(tmp_path / "out"))
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [str(tmp_path / "out" / "stacks" / name / "cdk.tf.json") for name in STACKS]
    stack = json.loads((tmp_path / "out" / "stacks" / "s3" / "cdk.tf.json").read_text())
    provider = stack["provider"]["aws"][0]
    assert provider["region"] == "sa-east-1"
    assert provider["allowed_account_ids"] == ["111122223333"]
    assert provider["default_tags"][0]["tags"]["Series"] == "BM12_ERC12"


def test_a_context_that_cannot_be_used_is_named(project: Project) -> None:
    run = project.run("list", *AWS, CDKTF_CONTEXT_JSON='{"env": 1}')
    assert run.returncode == 1 and "`env` in the context is 1" in run.stderr and "cdktf.json" in run.stderr
    run = project.run("list", *AWS, CDKTF_CONTEXT_JSON="{")
    assert run.returncode == 1 and "CDKTF_CONTEXT_JSON is not a JSON object" in run.stderr
    run = project.run("list", *AWS, SYNTH_HCL_OUTPUT="true")
    assert run.returncode == 1 and "HCL output" in run.stderr


def test_what_would_be_recreated_or_left_behind_is_said(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert project.run("synth", *AWS, "--out", str(out)).stderr == ""
    # The last output, as if the bucket had had another id, and as if there had been one more stack.
    path = out / "stacks" / "s3" / "cdk.tf.json"
    path.write_text(path.read_text().replace('"aws_s3_bucket": {\n      "data"', '"aws_s3_bucket": {\n      "bucket"'))
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["stacks"]["old"] = {**manifest["stacks"]["s3"], "name": "old", "workingDirectory": "stacks/old"}
    (out / "manifest.json").write_text(json.dumps(manifest))
    run = project.run("synth", *AWS, "--out", str(out))
    assert run.returncode == 0
    assert "`aws_s3_bucket.bucket` of the last output is missing and `aws_s3_bucket.data` is new" in run.stderr
    assert 'Meta::moved_from("aws_s3_bucket.bucket")' in run.stderr
    assert "stack `old` is no longer in the app" in run.stderr
    assert project.run("synth", *AWS, "--out", str(out)).stderr == ""


def test_an_output_folder_that_cannot_be_written_is_named(project: Project, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    run = project.run("synth", *AWS, "--out", str(blocked / "out"))
    assert run.returncode == 1 and str(blocked) in run.stderr and "writable" in run.stderr


def test_what_an_interrupted_synth_left_is_completed(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert project.run("synth", *AWS, "--out", str(out)).returncode == 0
    whole = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "manifest.json").unlink()
    (out / ".staging").touch()
    (out / "stacks" / "s3" / "cdk.tf.json").write_text("{")
    (out / "stacks" / "iam" / "cdk.tf.json.staged").write_text("{")
    assert project.run("synth", *AWS, "--out", str(out)).returncode == 0
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == whole
