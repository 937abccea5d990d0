"""Who may write below a job's `/opt/ml`.

SageMaker mounts it for root. A container of another user can write nothing there. One that starts as root gives its user the
folders that it writes, and only what SageMaker takes up from there has any effect: the rest is read-only here, so that a
command that counts on it fails on this machine, too.
"""

import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def mounted(base: Path, taken_up: Sequence[Path], image_user: str) -> Iterator[None]:
    """Let a job write to the folders that SageMaker takes up, if the image starts as root, and nowhere else."""
    written = tuple(taken_up) if is_root(image_user) else ()
    close(base, written)
    try:
        yield
    finally:
        reopen(base)


def is_root(user: str) -> bool:
    """Whether a USER of a Dockerfile is root, with or without a group."""
    return user.partition(":")[0] in ("root", "0")


def close(base: Path, written: Sequence[Path]) -> None:
    """Take the right to write from a folder and all that is in it, but for some folders in it."""
    for path in (base, *base.rglob("*")):
        if not path.is_symlink() and not any(path.is_relative_to(folder) for folder in written):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~WRITE)


def reopen(base: Path) -> None:
    """Give the owner the right to write and to remove again, also after a server that was killed in the middle of a job."""
    for path in (base, *base.rglob("*")) if base.exists() else ():
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)
