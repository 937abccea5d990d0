"""States of stacks by name: those of stacks that left the program, a renamed stack, and what a destroy would stop at."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from project import Project
from runner_kit import BUCKET, Deployment

REPOSITORY = "oleoduto-dev-states-ml"


@pytest.fixture(scope="module")
def deployment(aws: Project) -> Deployment:
    return Deployment(aws, "STATES")


def leave(deployment: Deployment, stack: str, name: str) -> None:
    """Give a stack's state the name that another program's stack would have: as if that stack had been `stack` before."""
    s3 = deployment.project.client("s3")
    for ending in ("", ".applied.json"):
        source = deployment.key(stack) + ending
        s3.copy_object(Bucket=BUCKET, Key=deployment.key(name) + ending, CopySource={"Bucket": BUCKET, "Key": source})
        s3.delete_object(Bucket=BUCKET, Key=source)


def keys(deployment: Deployment) -> set[str]:
    """The names of the objects beside the states."""
    listed = deployment.project.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=deployment.key("")[: -len(".tfstate")])
    return {row["Key"].rpartition("/")[2] for row in listed.get("Contents", [])}


def repositories(deployment: Deployment) -> list[str]:
    found = deployment.project.client("ecr").describe_repositories()["repositories"]
    return [row["repositoryName"] for row in found if row["repositoryName"] == REPOSITORY]


def test_a_plan_shows_every_action_and_a_report_says_the_same(deployment: Deployment, tmp_path: Path) -> None:
    files = [tmp_path / f"plan.{ending}" for ending in ("md", "xml", "jsonl", "json")]
    words = [word for file in files for word in ("--report", str(file))]
    planned = deployment.run("plan", "ecr", "--diff", *words)
    assert planned.returncode == 2, planned.stderr
    assert '+ resource "aws_ecr_repository" "ml"' in planned.stdout and "Plan: 2 to add" in planned.stdout
    short = deployment.run("plan", "ecr")
    assert "  + ecr: aws_ecr_repository.ml" in short.stdout and "resource " not in short.stdout
    markdown, junit, lines, whole = [file.read_text() for file in files]
    assert "| ecr | 2 | 0 | 0 | planned |" in markdown and "```diff\n" in markdown and "aws_ecr_lifecycle_policy.ml" in markdown
    (suite,) = ElementTree.fromstring(junit)
    assert [case.get("name") for case in suite] == ["ecr"] and suite.get("failures") == "0"
    assert [json.loads(line)["name"] for line in lines.splitlines()] == ["ecr"]
    assert json.loads(whole)["stacks"][0]["changes"]["add"] == 2


def test_selections(deployment: Deployment) -> None:
    report = deployment.report("plan", "iam", "--with-producers", "--exclude", "glue")
    assert set(report) - {"code"} == {"iam", "s3"}
    none = deployment.run("plan", "ecr", "--exclude", "e*")
    assert none.returncode == 1 and "nothing is selected" in none.stderr
    several = deployment.run("plan", "ecr", "s3", "--replace", "aws_ecr_repository.ml")
    assert several.returncode == 1 and "an address belongs to one stack, and 2 are selected" in several.stderr


def test_a_part_of_a_stack_is_never_recorded_as_whole(deployment: Deployment) -> None:
    applied = deployment.report("apply", "ecr", "--yes", "--target", "aws_ecr_repository.ml")
    assert applied["code"] == 0 and applied["ecr"]["changes"]["add"] == 1, applied
    assert "ecr.tfstate.applied.json" not in keys(deployment)
    rest = deployment.report("apply", "ecr", "--yes")
    assert rest["ecr"]["changes"]["add"] == 1 and "ecr.tfstate.applied.json" in keys(deployment)
    assert deployment.report("plan", "ecr")["ecr"]["result"] == "unchanged"


def test_a_resource_is_replaced_by_its_address(deployment: Deployment) -> None:
    replaced = deployment.run("plan", "ecr", "--replace", "aws_ecr_lifecycle_policy.ml")
    assert replaced.returncode == 2 and "-/+ ecr: aws_ecr_lifecycle_policy.ml" in replaced.stdout, replaced.stdout
    applied = deployment.report("apply", "ecr")
    assert applied["code"] == 0 and applied["ecr"]["changes"] == {"add": 1, "change": 0, "remove": 1, "import": 0}
    assert deployment.report("plan", "ecr")["ecr"]["result"] == "unchanged", "all of the configuration is applied"


def test_what_changed_outside_is_taken_over_by_a_refresh(deployment: Deployment) -> None:
    ecr = deployment.project.client("ecr")
    (repository,) = ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
    ecr.tag_resource(resourceArn=repository["repositoryArn"], tags=[{"Key": "by", "Value": "hand"}])
    refreshed = deployment.report("apply", "ecr", "--yes", "--refresh-only")
    assert refreshed["code"] == 0, refreshed
    assert {"Key": "by", "Value": "hand"} in ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
    repaired = deployment.report("apply", "ecr", "--yes")
    assert repaired["ecr"]["changes"]["change"] == 1


def test_outputs_and_states_by_name(deployment: Deployment) -> None:
    raw = deployment.good("output", "ecr", "--raw", "repository_url").stdout
    assert raw.strip().endswith(f"/{REPOSITORY}") and raw.count("\n") == 1
    unknown = deployment.run("output", "ecr", "--raw", "no_such")
    assert unknown.returncode == 1 and "its outputs are: image_tag, repository_url" in unknown.stderr
    listed = deployment.good("state", "list").stdout
    assert listed.split() == ["ecr", "aws_ecr_lifecycle_policy.ml", "ecr", "aws_ecr_repository.ml"]
    assert REPOSITORY in deployment.good("state", "show", "ecr", "aws_ecr_repository.ml").stdout
    deployment.good("state", "rm", "ecr", "aws_ecr_repository.ml")
    assert deployment.state("ecr") == ["aws_ecr_lifecycle_policy.ml"] and repositories(deployment)
    deployment.good("import", "ecr", "aws_ecr_repository.ml", REPOSITORY)
    assert deployment.state("ecr") == ["aws_ecr_lifecycle_policy.ml", "aws_ecr_repository.ml"]
    wrong = deployment.run("import", "ecr", "aws_ecr_repository.ml", REPOSITORY)
    assert wrong.returncode == 1 and "already managed" in wrong.stderr
    deployment.good("apply", "ecr", "--yes")


def test_a_renamed_stack_takes_its_state_along(deployment: Deployment) -> None:
    leave(deployment, "ecr", "images")
    refused = deployment.run("state", "mv", "imagse", "ecr")
    assert refused.returncode == 1 and "there are: images" in refused.stderr
    told = deployment.run("plan", "s3")
    assert "`images` is no stack of this program any more, and 2 of its resources still exist" in told.stderr
    assert "oleoduto state mv OLD NEW" in told.stderr and "oleoduto destroy --orphans" in told.stderr
    lock = deployment.key("images") + ".tflock"
    deployment.project.client("s3").put_object(
        Bucket=BUCKET, Key=lock, Body=b'{"ID":"1","Operation":"x","Who":"ana@pc","Created":"y"}'
    )
    locked = deployment.run("state", "mv", "images", "ecr")
    assert locked.returncode == 1 and "is locked by ana@pc" in locked.stderr and deployment.state("images")
    deployment.project.client("s3").delete_object(Bucket=BUCKET, Key=lock)
    moved = deployment.good("state", "mv", "images", "ecr")
    assert "2 resources of `images`" in moved.stderr
    assert not {key for key in keys(deployment) if key.startswith("images") or key.endswith(".tflock")}
    (copy,) = (deployment.out / "backups").iterdir()
    assert copy.name.startswith("images.") and copy.stat().st_mode & 0o077 == 0
    again = deployment.report("apply", "ecr", "--yes")
    assert again["code"] == 0 and again["ecr"]["changes"]["add"] == 0, again
    taken = deployment.run("state", "mv", "images", "ecr")
    assert taken.returncode == 1 and "there is none" in taken.stderr


def test_a_stack_that_left_the_program_is_destroyed_from_its_state(deployment: Deployment) -> None:
    assert "no stack has left" in deployment.good("destroy", "--orphans").stderr
    leave(deployment, "ecr", "images")
    report = deployment.report("drift", "s3")
    assert report["code"] == 0 and json.loads((deployment.out / "run.json").read_text())["orphans"] == ["images"]
    asked = deployment.run("destroy", "--orphans")
    assert asked.returncode == 1 and "nobody has approved" in asked.stderr and repositories(deployment)
    unknown = deployment.run("destroy", "--orphans", "ecr", "--yes")
    assert unknown.returncode == 1 and "no stack matches `ecr`; the stacks are: images" in unknown.stderr
    destroyed = deployment.report("destroy", "--orphans", "--yes")
    assert destroyed["code"] == 0 and destroyed["images"]["changes"]["remove"] == 2, destroyed
    assert repositories(deployment) == [] and "images.tfstate.applied.json" not in keys(deployment)
    assert "images" not in deployment.run("drift", "s3").stderr


def test_a_state_of_somebody_else_is_no_orphan(deployment: Deployment) -> None:
    s3 = deployment.project.client("s3")
    resource = {"mode": "managed", "type": "aws_ecr_repository", "name": "x", "instances": [{"attributes": {}}]}
    state = {"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": [resource]}
    s3.put_object(Bucket=BUCKET, Key=deployment.key("theirs"), Body=json.dumps(state).encode())
    assert "theirs" not in deployment.run("drift", "s3").stderr
    s3.delete_object(Bucket=BUCKET, Key=deployment.key("theirs"))


def test_a_destroy_looks_first_for_what_would_refuse(deployment: Deployment) -> None:
    toml = deployment.project.folder / "oleoduto.toml"
    disposable = toml.read_text()
    toml.write_text(disposable.replace("disposable = true\n", ""))
    deployment.good("apply", "s3", "--yes")
    s3 = deployment.project.client("s3")
    (bucket,) = [row["Name"] for row in s3.list_buckets()["Buckets"] if "dev-states" in row["Name"]]
    s3.put_object(Bucket=bucket, Key="raw/prices", Body=b"1")
    before = deployment.state("s3")
    refused = deployment.run("destroy", "s3", "--yes")
    assert refused.returncode == 1 and "aws_s3_bucket.data holds objects or versions of objects" in refused.stderr, (
        refused.stderr
    )
    assert "nothing was destroyed" in refused.stderr and "`disposable = true`" in refused.stderr
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert deployment.state("s3") == before
    toml.write_text(disposable)
    deployment.good("apply", "s3", "--yes")
    deployment.good("destroy", "s3", "--yes")
    assert bucket not in [row["Name"] for row in s3.list_buckets()["Buckets"]]


def test_the_logs_of_earlier_runs_are_kept(deployment: Deployment) -> None:
    logs = sorted(file.name for file in (deployment.out / "logs").glob("s3-apply*.log"))
    assert logs == ["s3-apply.1.log", "s3-apply.log"], logs


def test_nothing_starts_after_a_failure_if_so_asked(deployment: Deployment, tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    words = ["apply", "ecr", "s3", "--yes", "--refresh", "--terraform", str(program), "--parallelism", "1"]
    both = deployment.report(*words)
    assert [both[name]["result"] for name in ("ecr", "s3")] == ["failed", "failed"]
    one = deployment.report(*words, "--fail-fast")
    assert sorted(one[name]["result"] for name in ("ecr", "s3")) == ["failed", "skipped"]
