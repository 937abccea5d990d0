"""Who may write below `/opt/ml`: with real processes, of root and of any other user."""

import os
import sys
from pathlib import Path

import pytest

from oleoduto_local.mounts import mounted
from oleoduto_local.process import Command, Registry

WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('x')"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The folder of a job with one input; one output is deeper than the other."""
    base = tmp_path / "ml"
    for folder in ("input/data", "processing/output/report", "output"):
        (base / folder).mkdir(parents=True)
    (base / "input/data/prices.csv").write_text("1")
    return base


def run(base: Path, *words: str) -> tuple[int, str]:
    """The exit code and the last line of a job's errors."""
    job = Registry().open("sagemaker", "job")
    command = Command([sys.executable, "-c", *words], dict(os.environ), base)
    outcome = job.run(command, lambda _stream, _line: None)
    return outcome.returncode, outcome.stderr_tail[-1] if outcome.stderr_tail else ""


def write(base: Path, name: str, user: str) -> str:
    """What a job is told that writes a file; nothing if it may."""
    with mounted(base, [base / "output", base / "processing/output/report"], user):
        return run(base, WRITE, str(base / name))[1].partition(":")[0]


@pytest.mark.parametrize("name", ["output/message", "processing/output/report/a.json"])
def test_what_sagemaker_takes_up_is_written_by_an_image_that_starts_as_root(base: Path, name: str) -> None:
    assert [write(base, name, user) for user in ("root", "0:0")] == ["", ""]
    assert [write(base, name, user) for user in ("10001", "app:app", "1000:0")] == ["PermissionError"] * 3


@pytest.mark.parametrize("name", ["input/data/prices.csv", "input/data/new.csv", "new", "processing/output/new.json"])
def test_nothing_else_is_written(base: Path, name: str) -> None:
    before = (base / "input/data/prices.csv").read_text()
    assert write(base, name, "root") == "PermissionError"
    assert (base / "input/data/prices.csv").read_text() == before


def test_a_job_reads_everything_and_its_files_are_readable_by_all(base: Path) -> None:
    with mounted(base, [base / "output"], "root"):
        copy = f"import shutil; shutil.copyfile('{base}/input/data/prices.csv', '{base}/output/copy')"
        assert run(base, copy) == (0, "")
    assert (base / "output/copy").stat().st_mode & 0o777 == 0o644


def test_the_folder_can_be_removed_afterwards(base: Path) -> None:
    modes = {path: path.stat().st_mode & 0o700 for path in base.rglob("*")}
    write(base, "new", "10001")
    assert {path: path.stat().st_mode & 0o700 for path in base.rglob("*")} == modes
