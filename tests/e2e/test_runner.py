"""plan, apply, drift, output and destroy over all stacks, as a user runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from project import BINARY, LINKED, ROOT, Project
from runner_kit import ACCOUNT, Deployment

STACKS = {"ecr", "glue", "iam", "lambda", "s3", "stepfunctions"}


def counts(project: Project) -> dict[str, int]:
    """How many of each kind exist in the account."""
    buckets = [row["Name"] for row in project.client("s3").list_buckets()["Buckets"]]
    return {
        "roles": len(project.client("iam").list_roles()["Roles"]),
        "buckets": len([name for name in buckets if name.startswith("oleoduto-")]),
        "jobs": len(project.client("glue").list_jobs()["JobNames"]),
        "repositories": len(project.client("ecr").describe_repositories()["repositories"]),
        "functions": len(project.client("lambda").list_functions()["Functions"]),
        "machines": len(project.client("stepfunctions").list_state_machines()["stateMachines"]),
    }


def failing_terraform(tmp_path: Path) -> str:
    """A Terraform that must not be started."""
    program = tmp_path / "terraform"
    program.write_text("#!/bin/sh\necho started >> $0.log\nexit 99\n")
    program.chmod(0o755)
    return str(program)


class Life:
    """The six stacks that the tests below plan, apply, change and destroy, one after the other."""

    def __init__(self, aws: Project) -> None:
        self.deployment, self.before = Deployment(aws, "LIFE"), counts(aws)


@pytest.fixture(scope="module")
def life(aws: Project) -> Life:
    """What is in the account before anything is applied."""
    return Life(aws)


def test_stacks_that_are_not_applied_are_planned(aws: Project, life: Life) -> None:
    deployment = life.deployment
    plan = deployment.report("plan", transcript="plan")
    assert plan["code"] == 2 and set(plan) - {"code"} == STACKS
    assert {name: plan[name]["changes"]["add"] for name in STACKS} == {name: deployment.declared(name) for name in STACKS}
    assert plan["s3"]["assumed"] == [] and plan["ecr"]["assumed"] == []
    arn = next(row for row in plan["lambda"]["assumed"] if row["stack"] == "iam")
    assert arn["source"] == "name" and arn["value"] == f"arn:aws:iam::{ACCOUNT}:role/oleoduto-dev-life-lambda"
    assert counts(aws) == life.before, "a plan makes nothing"
    assert not list((deployment.out / "stacks").rglob("*override*")), "nothing assumed is in the stacks' own folders"
    refused = deployment.run("apply", "iam", "--yes")
    assert refused.returncode == 1 and "`iam` reads `s3`, which is neither selected nor applied" in refused.stderr


def test_exactly_the_saved_plans_are_applied(aws: Project, life: Life) -> None:
    """Also where values were assumed, if just these became real; nobody has to say yes again."""
    deployment = life.deployment
    applied = deployment.report("apply", transcript="apply")
    assert applied["code"] == 0, applied
    assert any(command.endswith("plans/s3.tfplan") for command in applied["s3"]["commands"])
    assert applied["lambda"]["reason"] is None
    assert any(command.endswith("plans/lambda.tfplan") for command in applied["lambda"]["commands"]), applied["lambda"]
    made = counts(aws)
    assert {kind: made[kind] - life.before[kind] for kind in made} == {
        **{"roles": 4, "buckets": 1, "jobs": 2},
        **{"repositories": 1, "functions": 1, "machines": 1},
    }


def test_stacks_that_share_provider_processes_have_their_own_tags_and_assets(aws: Project, life: Life) -> None:
    role = aws.client("iam").list_role_tags(RoleName="oleoduto-dev-life-glue")["Tags"]
    repositories = aws.client("ecr").describe_repositories()["repositories"]
    (repository,) = [row for row in repositories if row["repositoryName"] == "oleoduto-dev-life-ml"]
    image_tags = aws.client("ecr").list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
    assert {"Key": "Stack", "Value": "iam"} in role and {"Key": "Stack", "Value": "ecr"} in image_tags
    bucket = next(row["Name"] for row in aws.client("s3").list_buckets()["Buckets"] if "dev-life" in row["Name"])
    script = aws.client("s3").get_object(Bucket=bucket, Key="scripts/etl.py")["Body"].read()
    assert script == (ROOT / "jobs" / "scripts" / "etl.py").read_bytes()


def test_nothing_changed_and_terraform_is_not_started(life: Life, tmp_path: Path) -> None:
    deployment, terraform = life.deployment, failing_terraform(tmp_path)
    again = deployment.run("apply", "--yes", "--terraform", terraform)
    assert again.returncode == 0 and again.stdout.count("unchanged since the last apply") == 6, again.stdout + again.stderr
    assert not Path(f"{terraform}.log").exists()
    deployment.compare("apply-unchanged", again)
    forced = deployment.run("apply", "--yes", "--refresh", "--terraform", terraform)
    assert forced.returncode == 1 and Path(f"{terraform}.log").exists()


def test_outputs_are_those_of_the_program(aws: Project, life: Life) -> None:
    deployment = life.deployment
    outputs = json.loads(deployment.good("output", "--json").stdout)
    deployment.compare("output", deployment.good("output"))
    machines = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    assert outputs["stepfunctions"]["state_machine_arn"]["value"] in [row["stateMachineArn"] for row in machines]
    assert set(outputs["s3"]) == {"bucket"}, "what is there for other stacks only is not shown"


def test_drift_is_what_changed_outside_and_an_apply_repairs_it(aws: Project, life: Life) -> None:
    deployment = life.deployment
    assert deployment.report("drift")["code"] == 0
    aws.client("glue").delete_job(JobName="oleoduto-dev-life-quality")
    aws.client("iam").tag_role(RoleName="oleoduto-dev-life-glue", Tags=[{"Key": "by", "Value": "hand"}])
    drift = deployment.report("drift", transcript="drift")
    assert drift["code"] == 2
    found = {name: [row["address"] for row in drift[name]["resources"]] for name in STACKS}
    assert {name: rows for name, rows in found.items() if rows} == {
        "glue": ["aws_glue_job.quality"],
        "iam": ["aws_iam_role.glue"],
    }
    repaired = deployment.report("apply", "glue", "iam", "--yes", "--refresh")
    assert repaired["code"] == 0 and repaired["glue"]["changes"]["add"] == 1 and repaired["iam"]["changes"]["change"] == 1


def test_destroy_removes_everything_and_a_second_one_has_nothing_to_do(aws: Project, life: Life, tmp_path: Path) -> None:
    deployment, terraform = life.deployment, failing_terraform(tmp_path)
    alone = deployment.run("destroy", "s3", "--yes")
    assert alone.returncode == 1 and "`iam` reads `s3`, still has resources, and is not selected" in alone.stderr
    destroyed = deployment.report("destroy", "--yes", transcript="destroy")
    assert destroyed["code"] == 0, destroyed
    assert counts(aws) == life.before
    again = deployment.run("destroy", "--yes", "--terraform", terraform)
    assert again.returncode == 0 and again.stdout.count("(nothing to destroy)") == 6


def test_the_wrong_question_is_answered_before_anything_is_done(aws: Project) -> None:
    deployment = Deployment(aws, "WRONG")
    unseen = deployment.run("apply", "ecr")
    assert unseen.returncode == 1 and "give --yes" in unseen.stderr
    unknown = deployment.run("plan", "ec")
    assert unknown.returncode == 1
    assert "no stack matches `ec`; the stacks are: ecr, glue, iam, lambda, s3, stepfunctions" in unknown.stderr
    missing = deployment.run("plan", "ecr", "--terraform", "no-such-terraform")
    assert missing.returncode == 1 and "install Terraform 1.10 or newer" in missing.stderr
    zero = deployment.run("plan", "--parallelism", "0")
    assert zero.returncode == 2 and "--parallelism" in zero.stderr
    names = [row["repositoryName"] for row in aws.client("ecr").describe_repositories()["repositories"]]
    assert "oleoduto-dev-wrong-ml" not in names


def test_one_at_a_time_and_by_terraform_alone_gives_the_same(aws: Project) -> None:
    deployment = Deployment(aws, "PLAIN")
    applied = deployment.report("apply", "e*", "--yes", "--parallelism", "1", "--no-provider-reuse")
    assert applied["code"] == 0 and applied["ecr"]["changes"]["add"] == 2
    # What was recorded holds for both ways.
    assert deployment.report("plan", "ecr")["ecr"]["result"] == "unchanged"
    deployment.good("plan", "ecr", "--refresh")
    deployment.good("destroy", "ecr", "--yes")


def test_changed_stacks_since_a_commit(tmp_path: Path, binary: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in [*LINKED, "src", "stacks", "crates", "backend", "Cargo.toml", "Cargo.lock"]:
        source = ROOT / name
        if source.is_dir() and name not in (".venv",):
            shutil.copytree(source, clone / name, ignore=shutil.ignore_patterns("__pycache__", "target", ".*"))
        elif source.is_file():
            shutil.copy(source, clone / name)

    def git(*arguments: str) -> None:
        author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *author, *arguments], cwd=clone, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "first")

    def changed(reference: str) -> subprocess.CompletedProcess[str]:
        words = [str(BINARY), "--project-dir", str(clone), "--account", ACCOUNT, "--region", "sa-east-1"]
        command = [*words, "list", "--changed-since", reference]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert changed("HEAD").stdout == ""
    job = clone / "jobs" / "scripts" / "etl.py"
    job.write_text(job.read_text() + "# changed\n")
    assert changed("HEAD").stdout.split() == ["s3"], "the script is an object of the bucket's stack"
    git("commit", "-qam", "second")
    assert changed("HEAD").stdout == "" and changed("HEAD~1").stdout.split() == ["s3"]
    unknown = changed("no-such-branch")
    assert unknown.returncode == 1 and "git does not know the commit `no-such-branch`" in unknown.stderr
