"""`local/setup.py` runs nothing that its hashes do not cover."""

import io
import os
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
