"""`local/setup.py` runs nothing that its hashes do not cover, and never takes a half-made environment for a finished one."""

import io
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from local_support import ROOT

# As `local/setup.py` runs for a project whose jars are in another folder.
SET_UP_JARS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import setup
setup.JARS = Path(sys.argv[2]) / "jars"
setup.set_up_jars()
"""

# As it imports the packages of a project that is in another folder.
WRITE_BYTE_CODE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import setup
setup.ROOT = Path(sys.argv[2])
setup.write_byte_code(Path(sys.executable))
"""


def write_index(folder: Path, setup_py: str) -> Path:
    """A package index that serves another archive under the name of the one that has the jars."""
    package = folder / "sagemaker-pyspark"
    package.mkdir(parents=True)
    name = "sagemaker_pyspark-1.4.5"
    with tarfile.open(package / f"{name}.tar.gz", "w:gz") as archive:
        for file, text in (
            ("setup.py", setup_py),
            ("PKG-INFO", "Metadata-Version: 1.0\nName: sagemaker_pyspark\nVersion: 1.4.5\n"),
        ):
            member = tarfile.TarInfo(f"{name}/{file}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    (package / "index.html").write_text(f'<a href="{name}.tar.gz">{name}.tar.gz</a>')
    return folder


def test_an_archive_with_another_hash_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    index = write_index(tmp_path / "index", f"open({str(mark)!r}, 'w')\nfrom setuptools import setup\nsetup()\n")
    scratch = tmp_path / "project"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SET_UP_JARS, str(ROOT / "local"), str(scratch)],
        env={**os.environ, "PIP_INDEX_URL": index.as_uri(), "PIP_EXTRA_INDEX_URL": "", "PIP_NO_CACHE_DIR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert "sagemaker_pyspark==1.4.5" in done.stderr
    assert not mark.exists(), "setup.py of an archive that was not checked ran"
    assert not any((scratch / "jars").iterdir())


def test_packages_of_the_jobs_are_compiled_once(tmp_path: Path) -> None:
    """The jobs of the local AWS write no byte code; nor may who calls."""
    package = tmp_path / "jobs" / "src" / "oleoduto_jobs" / "ml"
    package.mkdir(parents=True)
    (package.parent.parent / "heavy.py").write_text("")
    for text, note in (("import heavy", ""), ("import absent", "note: packages of the jobs can't be imported")):
        (package / "preload.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "-c", WRITE_BYTE_CODE, str(ROOT / "local"), str(tmp_path)],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0 and note in done.stderr, "a job tells what it lacks; the set-up goes on"
        assert bool(done.stderr) == bool(note)
    assert {path.name.split(".")[0] for path in package.parent.parent.rglob("*.pyc")} == {"heavy", "preload"}


# Pip and uv of a project that notes its calls, and fails if it is told to.
TOY_PROGRAM = """#!/bin/sh
here=$(dirname "$0")
case "$*" in *"pip install"*) echo "$(basename "$0")" >> "$here/calls"; [ ! -e "$here/fails" ] || exit 1 ;; esac
"""


class ToyProject:
    """A project with a finished environment, whose programs install nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, folder / ".venv" / "bin"
        (folder / "local").mkdir(parents=True)
        for name in ("setup.py", "bootstrap.lock"):
            shutil.copy(ROOT / "local" / name, folder / "local" / name)
        self.lock = folder / "requirements.lock"
        self.lock.write_text("old")
        self.programs.mkdir(parents=True)
        for name in ("python", "uv"):
            (self.programs / name).write_text(TOY_PROGRAM)
            (self.programs / name).chmod(0o755)
        jars = folder / ".oleoduto" / "cache" / "jars"
        jars.mkdir(parents=True)
        for name in ("aws-java-sdk-bundle-1.11.901.jar", "hadoop-aws-3.3.1.jar"):
            (jars / name).touch()
        assert self.set_up().returncode == 0 and self.calls() == ["python", "uv"]

    def set_up(self, largest: int = resource.RLIM_INFINITY) -> subprocess.CompletedProcess[str]:
        """Run the set-up, which may write files of this many bytes."""
        (self.programs / "calls").unlink(missing_ok=True)
        return subprocess.run(
            [sys.executable, str(self.folder / "local" / "setup.py")],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY)),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def calls(self) -> list[str]:
        """The programs that installed something in the last set-up."""
        noted = self.programs / "calls"
        return noted.read_text().split() if noted.exists() else []


def test_an_environment_is_finished_when_all_is_installed(tmp_path: Path) -> None:
    project = ToyProject(tmp_path / "project")
    assert project.set_up().returncode == 0 and project.calls() == [], "it is finished"
    project.lock.write_text("new")
    (project.programs / "fails").touch()
    failed = project.set_up()
    assert failed.returncode == 1 and "local/bootstrap.lock could not be installed" in failed.stderr
    # The packages may be those of either lock now.
    (project.programs / "fails").unlink()
    project.lock.write_text("old")
    assert project.set_up().returncode == 0 and project.calls() == ["python", "uv"]
    assert project.set_up().returncode == 0 and project.calls() == []


def test_what_can_not_be_written_is_told_before_anything_changes(tmp_path: Path) -> None:
    project = ToyProject(tmp_path / "project")
    stamp = (project.folder / ".venv" / "oleoduto.stamp").read_text()
    project.lock.write_text("new")
    failed = project.set_up(largest=0)
    assert failed.returncode == 1 and project.calls() == []
    assert failed.stderr.splitlines()[-1].startswith(f"error: {project.folder}/.venv/oleoduto.stamp.new can't be written")
    assert "Traceback" not in failed.stderr
    assert (project.folder / ".venv" / "oleoduto.stamp").read_text() == stamp
    assert project.set_up().returncode == 0 and project.calls() == ["python", "uv"]
