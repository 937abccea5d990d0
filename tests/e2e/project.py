"""The command line as a user runs it, in a project folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import boto3
import psutil

# Seconds after which a command hangs, on a busy machine too.
PATIENCE = 900
ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "target" / "debug" / "oleoduto"
SHOP, LAB = BINARY.with_name("shop"), BINARY.with_name("shop_lab")
LINKED = (".terraform.lock.hcl", ".venv", "Dockerfile", "jobs", "local", "oleoduto.toml", "requirements.lock")


class Project:
    """A folder that shares sources and caches with the repository, and has its own local AWS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in LINKED:
            (folder / name).symlink_to(ROOT / name)
        (folder / ".oleoduto").mkdir()
        (folder / ".oleoduto" / "cache").symlink_to(ROOT / ".oleoduto" / "cache")

    def command(self, *arguments: str) -> list[str]:
        """The words of an `oleoduto` call in this project."""
        return [str(BINARY), "--project-dir", str(self.folder), *arguments]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `oleoduto` to its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env={**clean_environment(), **environment},
        )

    @property
    def configuration(self) -> Path:
        """Its `oleoduto.toml`."""
        return self.folder / "oleoduto.toml"

    def configure(self, text: str) -> None:
        """Give it a configuration of its own: at first it has a link to that of the repository."""
        self.configuration.unlink()
        self.configuration.write_text(text)

    def endpoint(self) -> dict[str, str]:
        """The variables that `oleoduto local env` prints."""
        shown = self.run("local", "env")
        assert shown.returncode == 0, shown.stderr
        return dict(line.removeprefix("export ").split("=", 1) for line in shown.stdout.splitlines())

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the project's local AWS; in its own region unless another is given."""
        env = self.endpoint()
        return boto3.client(
            service,
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=region or env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )


def command_lines(project: Project) -> list[str]:
    """The command lines of the processes that work in a project."""
    lines = (" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(project.folder) in line]


def entered(states: Any, arn: str) -> list[str]:
    """The states that an execution has entered, in order."""
    events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]


def execution_end(states: Any, arn: str) -> dict[str, Any]:
    """An execution of a client's state machine, when it has ended."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found
        assert time.monotonic() < deadline, f"still running: {entered(states, arn)}"
        time.sleep(0.5)


def clean_environment() -> dict[str, str]:
    """The environment without the user's own AWS and Oleoduto settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "OLEODUTO_", "CDKTF_"))}
