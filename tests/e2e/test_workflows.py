"""The generated workflows, run by act against the local AWS. What counts is jobs, not act's exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from act_kit import ACCOUNT, REGION, Repository, Run, tool
from project import BINARY, ROOT, Project

CHECKS = ["Coverage", "Lint", "Read terraform_action.txt", "Test"]
PREFIX = "oleoduto-live-eia366-pbrent366"


@pytest.fixture(scope="module")
def repository(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The repository, and a running local AWS."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    return Repository(tmp_path_factory.mktemp("act"), project)


def graph() -> dict[str, list[str]]:
    """The stacks and what they use, as the command line says them."""
    where = ["--project-dir", str(ROOT), "--account", ACCOUNT, "--region", REGION]
    shown = subprocess.run([str(BINARY), *where, "graph"], capture_output=True, text=True, check=True)
    stacks: dict[str, list[str]] = {}
    for line in shown.stdout.splitlines()[1:]:
        producer, _, consumer = line.strip().partition(" --> ")
        if consumer:
            stacks.setdefault(consumer, []).append(producer)
        else:
            stacks.setdefault(producer, [])
    assert len(stacks) >= 6
    return stacks


def assert_jobs(run: Run, expected: list[str]) -> None:
    """Exactly these jobs ran, and all succeeded."""
    assert run.jobs("failed") == [], run.show()
    assert sorted(run.jobs("succeeded")) == sorted(expected), run.show()


def machines(repository: Repository) -> list[Any]:
    """The state machines of the local AWS."""
    found = repository.project.client("stepfunctions").list_state_machines()["stateMachines"]
    return [machine["stateMachineArn"] for machine in found]


def test_the_backend_branch_makes_the_bucket_of_states(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "terraform-backend")
    repository.action("apply")
    assert_jobs(repository.act("push", "backend"), ["Backend of live"])
    buckets = [bucket["Name"] for bucket in repository.project.client("s3").list_buckets()["Buckets"]]
    assert buckets == [f"oleoduto-tfstate-{ACCOUNT}-{REGION}"]
    repository.git("checkout", "--quiet", "main")


def test_apply_runs_a_job_per_stack_in_the_order_of_the_graph(repository: Repository) -> None:
    stacks = graph()
    repository.action("apply")
    run = repository.act("push", "deploy")
    own = ["Synth", "Plan all stacks", "Approve", "Image", "Remember the deployment"]
    assert_jobs(run, [*CHECKS, *own, *(f"Stack {name}" for name in stacks)])
    order = run.jobs("succeeded")
    for name, producers in stacks.items():
        for producer in producers:
            assert order.index(f"Stack {producer}") < order.index(f"Stack {name}"), order
    assert order.index("Stack ecr") < order.index("Image") < order.index("Stack stepfunctions")
    assert order[-1] == "Remember the deployment"

    (machine,) = machines(repository)
    assert machine.endswith(f":{PREFIX}-pipeline")
    (image,) = repository.project.client("ecr").describe_images(repositoryName=f"{PREFIX}-ml")["imageDetails"]
    text = repository.project.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["definition"]
    states = json.loads(text)["States"]
    uri = states["Train"]["Parameters"]["AlgorithmSpecification"]["TrainingImage"]
    assert uri.endswith(f"/{PREFIX}-ml@{image['imageDigest']}"), "the state machine runs the digest that was pushed"

    asked = set((repository.artefacts / "roles.txt").read_text().split())
    assert asked == {f"arn:aws:iam::{ACCOUNT}:role/{PREFIX}-ci-{what}" for what in ("plan", "apply")}


def test_only_what_changed_runs_with_what_uses_it(repository: Repository) -> None:
    path = repository.folder / "oleoduto.toml"
    path.write_text(path.read_text() + "\n[env.live.sizes]\nlambda_memory_mb = 256\n")
    repository.commit("More memory")
    run = repository.act("push", "deploy")
    users = [name for name, producers in graph().items() if "lambda" in producers]
    stacks = ["lambda", *users]
    own = ["Synth", "Plan all stacks", "Approve", "Image", "Remember the deployment"]
    assert_jobs(run, [*CHECKS, *own, *(f"Stack {name}" for name in stacks)])
    assert "there is nothing to build" in run.text, "the image is there already"
    function = repository.project.client("lambda").get_function_configuration(FunctionName=f"{PREFIX}-training-vars")
    assert function["MemorySize"] == 256
    assert len(machines(repository)) == 1


def test_a_pull_request_plans_with_the_role_that_reads(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "change")
    run = repository.act("pull_request", "deploy")
    assert_jobs(run, [*CHECKS, "Synth", "Plan all stacks"])
    asked = set((repository.artefacts / "roles.txt").read_text().split())
    assert asked == {f"arn:aws:iam::{ACCOUNT}:role/{PREFIX}-ci-plan"}
    repository.git("checkout", "--quiet", "main")


def script_of(repository: Repository, job: str, step: str) -> str:
    """The shell script of a step of `deploy.yaml`."""
    workflow = yaml.safe_load((repository.folder / ".github/workflows/deploy.yaml").read_text())
    (script,) = [found["run"] for found in workflow["jobs"][job]["steps"] if found["name"] == step]
    return str(script)


@pytest.mark.parametrize("word", ["aply", "apply destroy", ""])
def test_another_word_ends_the_run_before_anything_is_done(repository: Repository, tmp_path: Path, word: str) -> None:
    repository.action(word)
    run = repository.act("push", "deploy", "--job", "set-env")
    assert run.jobs("failed") == ["Read terraform_action.txt"] and run.code != 0, run.show()
    # act may lose what a step that fails printed last, so the message is read from the step's script itself.
    written = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    step = subprocess.run(
        ["bash", "-e", "-c", script_of(repository, "set-env", "Decide what is done")],
        cwd=repository.folder,
        env={"PATH": os.environ["PATH"], "EVENT": "push", **written},
        capture_output=True,
        text=True,
        check=False,
    )
    assert step.returncode == 1, step.stderr
    assert f"terraform_action.txt says '{word}': write one word, apply, destroy or plan" in step.stdout
    assert not list(tmp_path.iterdir()), "no action is handed on"


def test_destroy_empties_the_bucket_and_leaves_nothing(repository: Repository) -> None:
    s3 = repository.project.client("s3")
    data = f"{PREFIX}-{ACCOUNT}-{REGION}"
    for body in (b"one", b"two"):
        s3.put_object(Bucket=data, Key="final/of-a-job", Body=body)
    s3.delete_object(Bucket=data, Key="final/of-a-job")
    repository.action("destroy")
    run = repository.act("push", "deploy")
    assert_jobs(run, [*CHECKS, "Synth", "Approve", "Destroy"])
    assert machines(repository) == []
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [f"oleoduto-tfstate-{ACCOUNT}-{REGION}"]
    assert repository.project.client("ecr").describe_repositories()["repositories"] == []
    assert repository.project.client("iam").list_roles()["Roles"] == []


def test_linters_find_nothing() -> None:
    done = subprocess.run(["python3", str(ROOT / "scripts/lint_ci.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") == 6, done.stdout


def test_linters_find_what_is_wrong(tmp_path: Path) -> None:
    """The linters see these files: a mistake in one of them is found."""
    text = (ROOT / ".github/workflows/deploy.yaml").read_text()
    broken = tmp_path / "deploy.yaml"
    unpinned = re.sub(r"(actions/checkout)@[0-9a-f]{40}", r"\1@v7", text)
    assert unpinned != text
    broken.write_text(unpinned.replace("$EVENT", "$1 $EVNT"))
    shellcheck = f"-shellcheck={tool('shellcheck')}"
    actionlint = subprocess.run([str(tool("actionlint")), shellcheck, str(broken)], capture_output=True, check=False)
    zizmor = subprocess.run(
        [str(tool("zizmor")), "--offline", "--persona", "pedantic", str(broken)], capture_output=True, check=False
    )
    assert actionlint.returncode != 0 and zizmor.returncode != 0
