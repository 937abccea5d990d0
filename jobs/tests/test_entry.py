"""The image's first process, where SageMaker's mounts are root's and closed to others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs.tests.conftest import PATIENCE

from oleoduto_jobs.ml.container import entry
from oleoduto_jobs.ml.container.folders import BASE_VARIABLE

USER = 10001
FOLDERS = ("input/config", "model", "output/data", "checkpoints", "processing/input", "processing/output/report")
# What a command would do: nothing in it is imported after the rights of root are gone.
PROGRAM = """
import os, pathlib, signal, sys
from oleoduto_jobs.ml.container import entry
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
def run(argv):
{body}
    return 0
sys.exit(entry.main(sys.argv[1:], run))
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def mounts() -> Iterator[Path]:
    """As SageMaker makes them, in a folder that everybody can look into."""
    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    for name in FOLDERS:
        (base / name).mkdir(parents=True)
    (base / "checkpoints" / "old.npz").write_text("of an earlier attempt")
    for folder in (base, *base.rglob("*")):
        folder.chmod(0o755 if folder.is_dir() else 0o644)
    yield base
    shutil.rmtree(base)


def start(mounts: Path, body: str, *argv: str, user: int | None = USER) -> subprocess.Popen[str]:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    source = Path(entry.__file__).parents[3]
    environment = {**os.environ, BASE_VARIABLE: str(mounts), "PYTHONPATH": str(source)}
    if user is not None:
        environment[entry.USER_VARIABLE] = str(user)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=lines), *argv],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(mounts: Path, body: str, *argv: str) -> tuple[int, str]:
    process = start(mounts, body, *argv)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out + err


@as_root
def test_a_command_has_no_right_of_root_and_writes_what_it_has_to(mounts: Path) -> None:
    body = """print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), os.environ["HOME"])
for name in ("model/m", "output/data/o", "output/failure", "checkpoints/old.npz", "processing/output/report/r"):
    (base / name).write_text("x")
for path in (base / "input/config/c", pathlib.Path("/etc/oleoduto")):
    try:
        path.write_text("x")
        print("wrote", path)
    except PermissionError:
        pass
try:
    os.setuid(0)
    print("is root again")
except PermissionError:
    pass"""
    code, said = result(mounts, body, "train")
    assert (code, said) == (0, f"{USER} {USER} {USER} [] /tmp\n")
    assert (mounts / "model" / "m").stat().st_uid == USER
    assert (mounts / "input" / "config").stat().st_uid == 0


@as_root
@pytest.mark.parametrize(("command", "file"), [("train", "failure"), ("predict", "message")])
@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, "ended by SIGKILL, as happens when memory runs out"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", 139, "ended by SIGSEGV"),
        ("os._exit(7)", 7, "exit code 7 and left no reason"),
        ("import no_such_package", 1, "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise SystemExit(3)", 3, "exit code 3 and left no reason"),
        ("(base / 'output/failure').write_text('told'); (base / 'output/message').write_text('told'); return 1", 1, "told"),
    ],
)
def test_the_reason_of_a_failure_is_in_the_failure_file(
    mounts: Path, body: str, code: int, reason: str, command: str, file: str
) -> None:
    found, said = result(mounts, body, command)
    assert found == code, said
    assert reason in (mounts / "output" / file).read_text()


@as_root
def test_a_stop_reaches_the_command(mounts: Path) -> None:
    body = """signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
print("ready", flush=True)
signal.pause()"""
    process = start(mounts, body, "train")
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(timeout=60) == 143


def test_without_a_user_to_become_nothing_changes(mounts: Path) -> None:
    before = os.getuid()
    process = start(mounts, "print(os.getuid(), os.getpid())", "train", user=None)
    out, _ = process.communicate(timeout=PATIENCE)
    assert out.split() == [str(before), str(process.pid)]


def test_a_package_that_is_missing_is_the_reason_without_root_too(mounts: Path) -> None:
    process = start(mounts, "import no_such_package", "train", user=None)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "no_such_package" in (mounts / "output" / "failure").read_text()
