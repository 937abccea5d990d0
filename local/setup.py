"""Set up the project's own Python environment: `python3 local/setup.py`. Standard library only; needs Python 3.11+.

Creates `.venv` from `requirements.lock` (every file checked by its hash) and unpacks the two jars that Spark needs for
`s3://` into `.oleoduto/cache/jars`, with an archive of Spark's classes beside them (150 MB). Does nothing when all are
there for the current lock; safe to run again after a stop. A failed set-up leaves an environment as it was, or without the
mark of a finished one.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
JARS = ROOT / ".oleoduto" / "cache" / "jars"
LOCK = ROOT / "requirements.lock"
BOOTSTRAP = ROOT / "local" / "bootstrap.lock"
STAMP = VENV / "oleoduto.stamp"
# It becomes the stamp when all is installed; while it exists the environment is unfinished, whatever the stamp says.
UNFINISHED = VENV / "oleoduto.stamp.new"

# Bytes of a new environment, and of the jars with the archive that has them and that of their classes: measured, plus a tenth.
VENV_ROOM = 1_900_000_000
JARS_ROOM = 700_000_000

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


class SetupFailure(Exception):
    """What is wrong, where, and what to do, in one sentence."""


def check_python() -> None:
    """Refuse a Python that makes no environments, as that of Debian without `python3-venv`."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise SetupFailure(
                f"{sys.executable} has no `{module}`: install it (on Debian and Ubuntu `apt install python3-venv`), "
                "or set OLEODUTO_PYTHON to another Python"
            )


def check_room() -> None:
    """Refuse a disk that is too small for what has to be installed, before anything is written."""
    missing = [(VENV, VENV_ROOM)] if not venv_python().exists() else []
    missing += [(JARS, JARS_ROOM)] if not jars_are_there() else []
    for folder, _ in missing:
        disk = existing(folder).stat().st_dev
        needed = sum(room for other, room in missing if existing(other).stat().st_dev == disk)
        free = shutil.disk_usage(existing(folder)).free
        if free < needed:
            raise no_room(folder, free, megabytes(needed))


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def megabytes(count: int) -> str:
    """A number of bytes as text."""
    return f"{count // 1_000_000} MB"


def no_room(folder: Path, free: int, needed: str) -> SetupFailure:
    """The failure of a disk that is too small."""
    return SetupFailure(
        f"{folder} has {megabytes(free)} free; the set-up needs {needed}: free space there, or use a larger disk, "
        "and run the same command again"
    )


def full(place: Path) -> SetupFailure:
    """The failure of a disk that became full in the set-up: that of a place, or that of the folder for temporary files."""
    folder = min((existing(place), Path(tempfile.gettempdir())), key=lambda one: shutil.disk_usage(one).free)
    return no_room(folder, shutil.disk_usage(folder).free, f"up to {megabytes(VENV_ROOM)}")


def install(what: str | Path, *command: str | Path) -> None:
    """Run a command that fetches packages of a lock; what it prints is shown, and a failure says which setting to look at."""
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    show(done.stdout)
    if done.returncode != 0:
        raise failed_install(what, done.stdout)


def show(said: str) -> None:
    """What another program said; apart from this one's own words, of which `oleoduto` shows the sentence of a failure last."""
    sys.stderr.write(textwrap.indent(said, "  "))


def failed_install(what: str | Path, said: str) -> SetupFailure:
    """Why the packages of a lock could not be installed, from the words of pip or uv."""
    if "No space left on device" in said:
        return full(VENV)
    start = f"the packages of {what} could not be installed"
    again = "then run the same command again"
    if re.search("proxy|tunnel", said, re.IGNORECASE):
        names = settings("HTTPS_PROXY", "NO_PROXY")
        return SetupFailure(f"{start}: the proxy refuses or is not there: look at {names}, {again}")
    if re.search("certificate", said, re.IGNORECASE):
        names = settings("PIP_CERT", "SSL_CERT_FILE")
        return SetupFailure(f"{start}: the certificate of the package index is not trusted: look at {names}, {again}")
    if re.search(r"from versions: none|Failed to fetch|timed out", said):
        names = settings("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "HTTPS_PROXY")
        return SetupFailure(f"{start}: the package index does not answer, or does not have them: look at {names}, {again}")
    return SetupFailure(f"{start}, for the reason above: mend it, {again}")


def settings(*names: str) -> str:
    """Variables with their values, without the passwords in addresses."""
    values = [(name, os.environ.get(name) or os.environ.get(name.lower())) for name in names]
    shown = [f"{name} ({re.sub('//[^/@]*@', '//', value) if value else 'not set'})" for name, value in values]
    return " or ".join([", ".join(shown[:-1]), shown[-1]])


def set_up_venv() -> None:
    """Make `.venv` hold exactly what the lock names."""
    stamp = lock_stamp()
    finished = STAMP.is_file() and not UNFINISHED.exists() and venv_python().exists()
    if finished and STAMP.read_text() == stamp:
        return
    print("setting up .venv from requirements.lock", file=sys.stderr)
    python = venv_python()
    if not has_pip(python):
        create_venv()
    mark_unfinished(stamp)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", BOOTSTRAP)
    install(BOOTSTRAP, *pip)
    uv = python.parent / ("uv.exe" if os.name == "nt" else "uv")
    # `install`, not `sync`: sync would remove uv and pip, which the next set-up needs.
    install(LOCK, uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "--require-hashes", "-r", LOCK)
    write_byte_code(python)
    UNFINISHED.replace(STAMP)


def mark_unfinished(stamp: str) -> None:
    """Write the stamp beside the place of a finished environment's: it takes that place when all is installed."""
    try:
        UNFINISHED.write_text(stamp)
    except OSError as error:
        # What fails in a write has no name.
        raise OSError(error.errno, error.strerror, str(UNFINISHED)) from error


def has_pip(python: Path) -> bool:
    """Whether an interpreter is there and has pip; a stopped set-up leaves one without."""
    asked = (python, "-m", "pip", "--version")
    return python.exists() and subprocess.run(asked, check=False, capture_output=True).returncode == 0


def create_venv() -> None:
    """An environment with pip and nothing else; what was in the folder is deleted."""
    check_python()
    import venv

    STAMP.unlink(missing_ok=True)
    try:
        venv.create(VENV, with_pip=True, clear=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        said = error.output.decode(errors="replace") if error.output else ""
        if "No space left on device" in said:
            raise full(VENV) from error
        show(said)
        raise SetupFailure(
            f"{sys.executable} could not put pip into {VENV}, for the reason above: reinstall its `ensurepip` (on Debian and "
            "Ubuntu `apt install python3-venv`), or set OLEODUTO_PYTHON to another Python"
        ) from error


def write_byte_code(python: Path) -> None:
    """Import once what the jobs import. uv writes no byte code and neither may the jobs: each would compile its packages anew.

    Not all of `.venv`: that would take minutes. The jobs run without it, too.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "jobs" / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    words = [python, "-m", "oleoduto_jobs.ml.preload"]
    if subprocess.run(words, env=environment, check=False, stdout=sys.stderr).returncode != 0:
        print("note: packages of the jobs can't be imported, as shown above, and the jobs will tell", file=sys.stderr)


def jars_are_there() -> bool:
    """Whether Spark has its file system."""
    return all((JARS / name).is_file() for name in JAR_NAMES)


def set_up_jars() -> None:
    """Unpack the jars, each moved into place whole."""
    if jars_are_there():
        return
    print("fetching Spark's S3 file system (181 MB, once)", file=sys.stderr)
    JARS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JARS.parent) as scratch:
        # pip checks the hash before it unpacks the archive and runs its setup.py for the metadata.
        lock = Path(scratch) / "jars.lock"
        lock.write_text(f"{JAR_PACKAGE} --hash=sha256:{JAR_PACKAGE_SHA256}\n")
        # Without build isolation pip reads the sdist's metadata with the environment's own setuptools.
        install(
            JAR_PACKAGE, venv_python(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
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
        raise SetupFailure(f"{JAR_PACKAGE} holds no {', '.join(missing)}")


def set_up_class_archive() -> None:
    """Make Spark's jobs start faster. They run without it, too, so a failure, shown above, does not end the set-up."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "local" / "src")}
    command = [venv_python(), "-m", "oleoduto_local.class_archive", JARS]
    if subprocess.run(command, env=environment, check=False, stdout=sys.stderr).returncode != 0:
        print("note: Spark has no class archive, and its jobs start slower", file=sys.stderr)


def main() -> None:
    """Set up all, or say what is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - it runs under whatever python3 the user has
        sys.exit(f"error: Python 3.11 or newer is needed, this is {sys.version.split()[0]}: set OLEODUTO_PYTHON to a newer one")
    try:
        check_room()
        set_up_venv()
        set_up_jars()
        set_up_class_archive()
    except SetupFailure as failure:
        sys.exit(f"error: {failure}")
    except OSError as error:
        place = Path(error.filename or VENV)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.exit(f"error: {full(place)}")
        sys.exit(f"error: {place} can't be written ({error.strerror}): change its permissions, or use another checkout")


if __name__ == "__main__":
    main()
