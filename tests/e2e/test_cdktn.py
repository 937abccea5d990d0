"""The stock cdktn command line runs our project: list, synth, diff, deploy, output, destroy on the local AWS."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import BINARY, ROOT, SHOP, Project, clean_environment

PINNED = ROOT / "tests" / "e2e" / "cdktn"
CACHE = ROOT / ".oleoduto" / "cache" / "cdktn"
OLDEST_NODE = (22, 19)
LOCK = ".terraform.lock.hcl"
STACKS = ["ecr", "glue", "iam", "lambda", "s3", "stepfunctions"]
# One reads the other. What Terraform does with the rest is tested with our own runner, which calls it in the same folders.
DEPLOYED = ("s3", "iam")


def installed() -> Path:
    """`node_modules` with the pinned command line, installed once per lock file."""
    lock = (PINNED / "package-lock.json").read_text()
    done = CACHE / "installed.json"
    if not done.is_file() or done.read_text() != lock:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, CACHE / name)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run = subprocess.run(npm, cwd=CACHE, capture_output=True, text=True, check=False, timeout=600)
        assert run.returncode == 0, run.stdout + run.stderr
        done.write_text(lock)
    return CACHE / "node_modules"


def node(modules: Path) -> str | None:
    """A Node that the command line runs on: the pinned one, or the machine's."""
    candidates = [str(path) for path in modules.glob("node-*/bin/node")] + [shutil.which("node") or ""]
    for candidate in filter(None, candidates):
        shown = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=True).stdout
        major, minor = shown.strip().removeprefix("v").split(".")[:2]
        if (int(major), int(minor)) >= OLDEST_NODE:
            return candidate
    return None


class Cdktn:
    """The stock command line in a folder that holds only a cdktf.json."""

    def __init__(self, folder: Path, app: list[str], environment: dict[str, str]) -> None:
        modules = installed()
        runtime = node(modules)
        if runtime is None:
            pytest.skip(f"cdktn needs Node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer")
        self.program = [runtime, str(modules / "cdktn-cli" / "bundle" / "bin" / "cdktn.js")]
        self.folder = folder
        self.folder.mkdir()
        self.environment = {
            **clean_environment(),
            **environment,
            "CHECKPOINT_DISABLE": "1",
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
            "CI": "true",
        }
        # Users' cdktf.json says "cargo run -q -- synth"; the test runs what that builds, on the test's own project: the
        # states lie beside oleoduto.toml, and those of the repository may be of real resources.
        config = json.loads((ROOT / "cdktf.json").read_text())
        assert config["app"] == "cargo run -q -- synth"
        config["app"] = shlex.join(app)
        config["context"] = {"series": "EIA366_PBRENT366"}
        (self.folder / "cdktf.json").write_text(json.dumps(config))

    def run(self, *arguments: str) -> str:
        """Run a command to its end; its output."""
        done = subprocess.run(
            [*self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def cdktn(project: Project) -> Iterator[Cdktn]:
    """The command line beside a running local AWS."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    app = [str(BINARY), "--project-dir", str(project.folder), "synth"]
    yield Cdktn(project.folder / "cdktn", app, project.endpoint())


def resources(project: Project) -> dict[str, int]:
    """How many of each kind exist in the account."""
    roles, buckets = project.client("iam").list_roles()["Roles"], project.client("s3").list_buckets()["Buckets"]
    return {"roles": len(roles), "buckets": len(buckets)}


def beside(folder: Path) -> dict[str, int]:
    """The states and looked-up context of a project, with the time of their last change."""
    return {path.name: path.stat().st_mtime_ns for path in [*folder.glob("*.tfstate*"), *folder.glob("cdk.context.json")]}


def test_the_stock_command_line_runs_the_project(cdktn: Cdktn, project: Project) -> None:
    kept = beside(ROOT)
    listed = cdktn.run("list")
    for stack in STACKS:
        assert f"cdktf.out/stacks/{stack}" in listed
    assert "Generated Terraform code for the stacks" in cdktn.run("synth")
    assert resources(project) == {"roles": 0, "buckets": 0}

    assert "11 to add, 0 to change, 0 to destroy" in cdktn.run("diff", "s3")

    deployed = cdktn.run("deploy", *DEPLOYED, "--auto-approve", "--outputs-file", "outputs.json")
    assert deployed.count("Apply complete!") == len(DEPLOYED)
    assert resources(project) == {"roles": 4, "buckets": 1}
    bucket = project.client("s3").list_buckets()["Buckets"][0]["Name"]
    assert json.loads((cdktn.folder / "outputs.json").read_text())["s3"]["bucket"] == bucket

    shown = cdktn.run("output", *DEPLOYED, "--skip-synth")
    assert bucket in shown
    for stack in DEPLOYED:
        assert stack in shown
    # The lock file that synth ships is complete: Terraform had nothing to add.
    lock = (cdktn.folder / "cdktf.out" / "stacks" / "s3" / LOCK).read_text()
    assert lock == (ROOT / LOCK).read_text()
    # Nothing was written into the repository: the states are the test's own.
    states = project.folder.glob("states/*/*/*.tfstate")
    assert {path.name for path in states} == {f"terraform.{stack}.tfstate" for stack in DEPLOYED}
    assert kept == beside(ROOT)

    empty = project.client("s3")
    for version in empty.list_object_versions(Bucket=bucket).get("Versions", []):
        empty.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    # Our own runner finds what the stock command line applied, and destroys it.
    words = [*DEPLOYED, "--yes", "--out", str(project.folder / "out")]
    destroyed = project.run("destroy", *words, **project.endpoint())
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert resources(project) == {"roles": 0, "buckets": 0}


def test_the_stock_command_line_destroys_all_stacks(binary: Path, tmp_path: Path) -> None:
    """On a program without a cloud."""
    assert binary.is_file()
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    app = [str(SHOP), "--project-dir", str(tmp_path), "synth"]
    cdktn = Cdktn(tmp_path / "shop", app, {})
    assert cdktn.run("deploy", "*", "--auto-approve").count("Apply complete!") == 2
    states = sorted(tmp_path.glob("**/states/dev/*.tfstate"))
    assert [path.name for path in states] == ["orders.tfstate", "shipping.tfstate"]
    assert cdktn.run("destroy", "*", "--auto-approve").count("Destroy complete!") == 2
    assert [json.loads(path.read_text())["resources"] for path in states] == [[], []]
    assert os.path.exists(cdktn.folder / "cdktf.out" / "manifest.json")
