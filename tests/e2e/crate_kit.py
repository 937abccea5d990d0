"""Crates of users: cargo and `oleoduto` in their folders, with what cargo has built for the repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from project import BINARY, PATIENCE, ROOT, clean_environment

# The profiles of the repository, so that cargo finds its dependencies built.
PROFILES = "[profile." + (ROOT / "Cargo.toml").read_text().split("[profile.", 1)[1]
# One target folder for all: what one test built, the next finds.
ENVIRONMENT = {
    "CARGO_TARGET_DIR": str(ROOT / "target"),
    "CARGO_NET_OFFLINE": "true",
    # A crate of a test is built once.
    "CARGO_INCREMENTAL": "0",
}


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, with the cargo cache of the repository."""
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**clean_environment(), **ENVIRONMENT, **environment},
    )


def succeed(folder: Path, *command: str, **environment: str) -> str:
    """A command that must succeed; returns its output."""
    done = run(folder, *command, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def oleoduto(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of this program."""
    return run(folder, str(BINARY), *arguments)


def validate(stack: Path) -> None:
    """The real Terraform finds nothing wrong, and no warning."""
    succeed(stack, "terraform", "init", "-backend=false", "-input=false")
    found = json.loads(succeed(stack, "terraform", "validate", "-json"))
    assert (found["error_count"], found["warning_count"]) == (0, 0), found
