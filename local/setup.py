"""Set up the project's own Python environment: `python3 local/setup.py`. Standard library only; needs Python 3.11+.

Creates `.venv` from `requirements.lock` (every file checked by its hash) and unpacks the two jars that Spark needs for
`s3://` into `.oleoduto/cache/jars`, with an archive of Spark's classes beside them (150 MB). Does nothing when all are
there for the current lock; safe to run again after a stop.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
JARS = ROOT / ".oleoduto" / "cache" / "jars"
LOCK = ROOT / "requirements.lock"
BOOTSTRAP = ROOT / "local" / "bootstrap.lock"

# PyPI's only carrier of Hadoop's S3 file system; the package itself wants another Spark, so it is unpacked, not installed.
JAR_PACKAGE = "sagemaker_pyspark==1.4.5"
JAR_PACKAGE_SHA256 = "05ca2d5081d7138ce29a8fb0a9cba077f28c825288ed07aed46a82e63c0bf1fb"
JAR_NAMES = ("aws-java-sdk-bundle-1.11.901.jar", "hadoop-aws-3.3.1.jar")


def venv_python() -> Path:
    """The interpreter of the project's environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def lock_stamp() -> str:
    """A digest of all that decides what is installed."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    digest.update(LOCK.read_bytes())
    digest.update(BOOTSTRAP.read_bytes())
    return digest.hexdigest()


def run(*command: str | Path) -> None:
    """Run a command; a failure ends the set-up with the command's own message above."""
    words = [str(word) for word in command]
    if subprocess.run(words, check=False, stdout=sys.stderr).returncode != 0:
        sys.exit(f"error: `{' '.join(words)}` failed; is the package index reachable? Run the same command again to go on")


def set_up_venv() -> None:
    """Make `.venv` hold exactly what the lock names."""
    stamp_file = VENV / "oleoduto.stamp"
    stamp = lock_stamp()
    if stamp_file.is_file() and stamp_file.read_text() == stamp and venv_python().exists():
        return
    print("setting up .venv from requirements.lock", file=sys.stderr)
    stamp_file.unlink(missing_ok=True)
    venv.create(VENV, with_pip=True, clear=not venv_python().exists(), symlinks=os.name != "nt")
    python = venv_python()
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", BOOTSTRAP)
    uv = python.parent / ("uv.exe" if os.name == "nt" else "uv")
    # `install`, not `sync`: sync would remove uv and pip, which the next set-up needs.
    run(uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "--require-hashes", "-r", LOCK)
    write_byte_code(python)
    stamp_file.write_text(stamp)


def write_byte_code(python: Path) -> None:
    """Import once what the jobs import. uv writes no byte code and neither may the jobs: each would compile its packages anew.

    Not all of `.venv`: that would take minutes. The jobs run without it, too.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "jobs" / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [python, "-m", "oleoduto_jobs.ml.preload"]
    if subprocess.run(words, env=environment, check=False, stdout=sys.stderr).returncode != 0:
        print("note: packages of the jobs can't be imported, as shown above, and the jobs will tell", file=sys.stderr)


def set_up_jars() -> None:
    """Unpack the jars, each moved into place whole."""
    if all((JARS / name).is_file() for name in JAR_NAMES):
        return
    print("fetching Spark's S3 file system (181 MB, once)", file=sys.stderr)
    JARS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JARS.parent) as scratch:
        # pip checks the hash before it unpacks the archive and runs its setup.py for the metadata.
        lock = Path(scratch) / "jars.lock"
        lock.write_text(f"{JAR_PACKAGE} --hash=sha256:{JAR_PACKAGE_SHA256}\n")
        # Without build isolation pip reads the sdist's metadata with the environment's own setuptools.
        run(
            venv_python(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--no-build-isolation", "--no-binary", ":all:", "--dest", scratch, "--require-hashes", "-r", lock,
        )  # fmt: skip
        archive = next(Path(scratch).glob("sagemaker_pyspark-*.tar.gz"))
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name
                source = tar.extractfile(member) if name in JAR_NAMES else None
                if source is None:
                    continue
                part = Path(scratch) / name
                with part.open("wb") as target:
                    shutil.copyfileobj(source, target)
                part.replace(JARS / name)
    missing = [name for name in JAR_NAMES if not (JARS / name).is_file()]
    if missing:
        sys.exit(f"error: {JAR_PACKAGE} holds no {', '.join(missing)}")


def set_up_class_archive() -> None:
    """Make Spark's jobs start faster. They run without it, too, so a failure, shown above, does not end the set-up."""
    program = ROOT / "local" / "src" / "oleoduto_local" / "class_archive.py"
    if subprocess.run([venv_python(), program, JARS], check=False, stdout=sys.stderr).returncode != 0:
        print("note: Spark has no class archive, and its jobs start slower", file=sys.stderr)


def main() -> None:
    """Set up all, or say what is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - it runs under whatever python3 the user has
        sys.exit(f"error: Python 3.11 or newer is needed, this is {sys.version.split()[0]}: set OLEODUTO_PYTHON to a newer one")
    set_up_venv()
    set_up_jars()
    set_up_class_archive()


if __name__ == "__main__":
    main()
