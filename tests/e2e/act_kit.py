"""The generated workflows on this machine: act, a git repository of its own, and the local AWS.

What stands for GitHub is in `act/`: artefacts are folders, actions that install are nothing, Docker pushes a manifest.
`test.sh` and the coverage script are replaced, because these tests are a part of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fake_github import REPOSITORY, FakeGitHub
from project import BINARY, PATIENCE, ROOT, Project, clean_environment

HERE = Path(__file__).resolve().parent / "act"
STUBS = {
    "actions/cache": "nothing",
    "actions/upload-artifact": "upload-artifact",
    "actions/download-artifact": "download-artifact",
    "actions/setup-java": "nothing",
    "actions/setup-python": "nothing",
    "aws-actions/configure-aws-credentials": "configure-aws-credentials",
    "hashicorp/setup-terraform": "nothing",
}
ACCOUNT = "123456789012"
ENVIRONMENT = "live"
REGION = "us-east-1"


class Run:
    """What act said."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.text = done.stdout + done.stderr

    def jobs(self, verdict: str) -> list[str]:
        """Names of the jobs that ended so, in the order of their ends; act's exit code alone says too little."""
        ended = re.findall(rf"^\[(?:[^\]]*/)?([^\]/]+?)\s*\].*Job {verdict}", self.text, re.MULTILINE)
        return [name.strip() for name in ended]

    def show(self) -> str:
        """The text without the lines of steps that worked."""
        return self.text[-12000:]


class Repository:
    """A clone of this repository as it is on disk, on branch main."""

    def __init__(self, folder: Path, project: Project, github: FakeGitHub) -> None:
        self.folder = folder / "checkout"
        self.artefacts = folder / "artefacts"
        self.home = folder / "home"
        self.project = project
        self.github = github
        for made in (self.folder, self.artefacts, self.home):
            made.mkdir()
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            source, target = ROOT / name, self.folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        for name in ("test.sh", "scripts/coverage.sh", "local/setup.py", "scripts/lint_ci.py", "scripts/lint_policies.py"):
            path = self.folder / name
            python = name.endswith(".py")
            said = f"{name} runs outside of this test, which is a part of it"
            path.write_text(f'print("{said}")\n' if python else f'#!/usr/bin/env bash\necho "{said}"\n')
            path.chmod(0o755)
        configuration = self.folder / "oleoduto.toml"
        named = configuration.read_text().replace('# repository = "<owner>/<name>"', f'repository = "{REPOSITORY}"')
        configuration.write_text(named)
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("As it is")

    def person(self, *words: str) -> None:
        """Run `oleoduto` in the checkout with the administrator's keys."""
        done = subprocess.run(
            [str(BINARY), "--project-dir", str(self.folder), "--env", ENVIRONMENT, *words],
            env={**clean_environment(), **self.project.endpoint()},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def nobody(self) -> dict[str, str]:
        """The variables of the local AWS without its administrator's keys: a job has only those of the role that it takes.
        The keys have other names for what stands for GitHub and for the registry."""
        names = {"AWS_ACCESS_KEY_ID": "ACT_KEY", "AWS_SECRET_ACCESS_KEY": "ACT_SECRET"}
        return {names.get(name, name): value for name, value in self.project.endpoint().items()}

    def git(self, *arguments: str) -> str:
        """A git command in the clone."""
        own = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        done = subprocess.run(["git", *own, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        """Everything in the folder, as a commit."""
        self.git("add", "--all", "--force", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        # Each job copies the folder: a file for each object would double it.
        self.git("repack", "-a", "-d", "--quiet")

    def action(self, word: str) -> None:
        """Write `terraform_action.txt` and commit."""
        (self.folder / "terraform_action.txt").write_text(f"{word}\n")
        self.commit(f"Action: {word}")

    def pins(self) -> list[str]:
        """`owner/name@hash` of every action that the workflows use."""
        texts = [path.read_text() for path in sorted((self.folder / ".github/workflows").glob("*.yaml"))]
        return sorted(set(re.findall(r"uses: ([\w.-]+/[\w.-]+@[0-9a-f]{40})", "\n".join(texts))))

    def pull_request(self, head: str) -> str:
        """The option with the event of a pull request from a repository."""
        path = self.folder.parent / "event.json"
        path.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": head, "fork": True}}}}))
        return f"--eventpath={path}"

    def act(self, event: str, workflow: str, *more: str) -> Run:
        """Run a workflow to its end."""
        shutil.rmtree(self.artefacts)
        self.artefacts.mkdir()
        path = os.pathsep.join([str(HERE / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        # mypy judges the sources that test.sh gives to it, with the same packages.
        given = {
            "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"),
            **self.nobody(),
            "ACT_ENVIRONMENT": ENVIRONMENT,
            "ACT_ARTEFACTS": str(self.artefacts),
            "ACT_OLEODUTO": str(BINARY),
            "ACT_TESTS": str(HERE.parent),
            "ACT_WORKFLOWS": str(self.folder / ".github/workflows"),
            "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "AWS_DEFAULT_REGION": REGION,
            "TF_PLUGIN_CACHE_DIR": str(ROOT / ".oleoduto/cache/terraform-plugins"),
            "PATH": path,
        }
        if mirror := os.environ.get("TF_CLI_CONFIG_FILE"):
            given["TF_CLI_CONFIG_FILE"] = mirror
        stubs = [
            f"--local-repository={pin}={HERE / 'actions' / STUBS[pin.split('@')[0]]}"
            for pin in self.pins()
            if pin.split("@")[0] in STUBS
        ]
        command = [
            str(tool("act")),
            event,
            "--workflows",
            f".github/workflows/{workflow}.yaml",
            "--platform=ubuntu-latest=-self-hosted",
            "--var",
            f"AWS_ACCOUNT_ID={ACCOUNT}",
            "--var",
            f"AWS_REGION={REGION}",
            "--secret",
            "GITHUB_TOKEN=of-the-job",
            *stubs,
            *[f"--env={name}={value}" for name, value in given.items()],
            *more,
        ]
        environment = {**clean_environment(), "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / "cache"), "PATH": path}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        run = Run(done)
        # All of it, for whoever looks into the test's folder afterwards.
        with (self.folder.parent / f"{workflow}.log").open("a") as log:
            log.write(run.text)
        return run


def tool(name: str) -> Path:
    """A program of the linters' environment."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/lint_ci.py"), "--print-bin"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()) / name
