"""The failures that a user can do something about, and how a job reports them."""

from __future__ import annotations

from collections.abc import Callable


class JobError(Exception):
    """A known failure; its text says what is wrong, where, and what to do."""


class ReplacedError(JobError):
    """What a job reads was replaced meanwhile: the same job finds whole data when it runs again."""


def run_job(job: Callable[[], None]) -> None:
    """Run ``job``; a known failure becomes one ``error: ...`` line on stderr and exit code 1.

    ``SystemExit`` with a text does both, and Glue shows that text as the run's error message. Success
    returns instead of exiting, because Glue counts any ``SystemExit`` of a script as noteworthy.
    """
    try:
        job()
    except JobError as error:
        raise SystemExit(f"error: {error}") from error
