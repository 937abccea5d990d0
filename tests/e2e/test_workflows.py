"""The generated workflows, run by act against the local AWS. What counts is jobs, not act's exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from act_kit import ACCOUNT, ENVIRONMENT, REGION, Repository, Run, tool
from fake_github import BRANCHES, REPOSITORY, REVIEWERS, FakeGitHub, fake_github
from permission_kit import every_grant_is_used_or_has_a_reason, roles_of
from project import BINARY, ROOT, Project

CHECKS = ["Coverage", "Lint", "Read terraform_action.txt", "Test"]
PREFIX = "oleoduto-live-eia366-pbrent366"
STATES = f"oleoduto-tfstate-{ACCOUNT}-{REGION}"


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    """GitHub, with rules for the environments."""
    with fake_github() as github:
        github.protect(ENVIRONMENT)
        yield github


@pytest.fixture(scope="module")
def repository(project: Project, github: FakeGitHub, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The repository, and a running local AWS in which a person has made the bucket of states and the workflows' roles."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    made = Repository(tmp_path_factory.mktemp("act"), project, github)
    made.person("backend", "up", "--yes")
    made.person("apply", "cicd", "--yes", "--out", str(project.folder / "person"))
    return made


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


def buckets(repository: Repository) -> list[str]:
    """The buckets of the local AWS."""
    return [bucket["Name"] for bucket in repository.project.client("s3").list_buckets()["Buckets"]]


def roles(repository: Repository) -> set[str]:
    """The roles that the jobs of the last run took: what comes after the common part of their names."""
    asked = set((repository.artefacts / "roles.txt").read_text().split())
    start = f"arn:aws:iam::{ACCOUNT}:role/{PREFIX}-ci-"
    assert all(arn.startswith(start) for arn in asked), asked
    return {arn.removeprefix(start) for arn in asked}


def test_the_backend_branch_destroys_and_makes_the_bucket_of_states(repository: Repository) -> None:
    """The role that does so is in a state of that bucket, which the person takes out in the meantime."""
    s3, key = repository.project.client("s3"), "oleoduto/live/eia366-pbrent366/cicd.tfstate"
    state = s3.get_object(Bucket=STATES, Key=key)["Body"].read()
    for version in s3.list_object_versions(Bucket=STATES, Prefix=key)["Versions"]:
        s3.delete_object(Bucket=STATES, Key=key, VersionId=version["VersionId"])
    repository.git("checkout", "--quiet", "-b", "terraform-backend")
    for word, left in (("plan", [STATES]), ("destroy", []), ("apply", [STATES]), ("apply", [STATES])):
        repository.action(word)
        assert_jobs(repository.act("push", "backend"), ["Backend of live"])
        assert buckets(repository) == left
        assert roles(repository) == {"backend"}
    s3.put_object(Bucket=STATES, Key=key, Body=state)
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

    assert roles(repository) == {"plan", "apply"}


def test_what_changed_after_the_approval_stops_the_apply_and_is_shown(repository: Repository) -> None:
    path, function = repository.folder / "oleoduto.toml", {"FunctionName": f"{PREFIX}-training-vars"}
    before, client = path.read_text(), repository.project.client("lambda")
    timeout = client.get_function_configuration(**function)["Timeout"]
    path.write_text(before + "\n[env.live.sizes]\nlambda_memory_mb = 512\n")
    repository.commit("Much more memory")
    # GitHub is asked after the plan and before the applies.
    repository.github.when_asked = lambda: client.update_function_configuration(**function, Timeout=77)
    run = repository.act("push", "deploy")
    repository.github.when_asked = lambda: None
    assert run.jobs("failed") == ["Stack lambda"] and run.code != 0, run.show()
    assert "Remember the deployment" not in run.jobs("succeeded")
    assert f"present value of timeout: {timeout} is approved, 77 is planned now" in run.text
    assert client.get_function_configuration(**function)["MemorySize"] == 128
    client.update_function_configuration(**function, Timeout=timeout)
    path.write_text(before)
    repository.commit("As before")


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
    foreign = repository.act("pull_request", "deploy", repository.pull_request("stranger/name"))
    assert_jobs(foreign, CHECKS)
    assert not (repository.artefacts / "roles.txt").exists(), "no role is requested"
    # A repository that is a fork itself has pull requests of its own.
    run = repository.act("pull_request", "deploy", repository.pull_request(REPOSITORY))
    assert_jobs(run, [*CHECKS, "Synth", "Plan all stacks"])
    assert roles(repository) == {"plan"}
    repository.git("checkout", "--quiet", "main")


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"live": [REVIEWERS], "live-apply": [BRANCHES]}, ""),
        ({"live": [REVIEWERS], "live-apply": [REVIEWERS]}, ""),
        ({"live": [], "live-apply": [BRANCHES]}, "environment live has no required reviewers"),
        ({"live": [BRANCHES], "live-apply": [BRANCHES]}, "environment live has no required reviewers"),
        ({"live": [REVIEWERS], "live-apply": []}, "environment live-apply has no rules"),
        ({"live": [REVIEWERS]}, "environment live-apply has no rules"),
    ],
)
def test_an_environment_that_nothing_protects_is_refused(rules: dict[str, list[Any]], message: str) -> None:
    with fake_github() as github:
        github.rules = rules
        given = {"TOKEN": "token", "GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "OLEODUTO_ENV": "live"}
        script = script_of(ROOT, "environment", "approve", "Refuse environments that nothing protects")
        command = ["bash", "-e", "-c", script]
        step = subprocess.run(command, env={**given, "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert step.returncode == (1 if message else 0), step.stdout + step.stderr
    assert message in step.stdout and ("docs/ci.md" in step.stdout) == bool(message)


def script_of(root: Path, name: str, job: str, step: str) -> str:
    """The shell script of a step of a workflow."""
    workflow = yaml.safe_load((root / f".github/workflows/{name}.yaml").read_text())
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
        ["bash", "-e", "-c", script_of(repository.folder, "deploy", "set-env", "Decide what is done")],
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
    assert buckets(repository) == [STATES]
    assert repository.project.client("ecr").describe_repositories()["repositories"] == []
    left = {role["RoleName"] for role in repository.project.client("iam").list_roles()["Roles"]}
    assert left == {f"{PREFIX}-ci-{what}" for what in ("plan", "apply", "backend")}, "those of the person"


def test_the_role_of_the_backend_uses_what_it_may_do(repository: Repository) -> None:
    """Over the calls of the workflows above; the other roles have more to do in `test_everything.py`."""
    every_grant_is_used_or_has_a_reason([roles_of(repository.project)[f"{PREFIX}-ci-backend"]])


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
