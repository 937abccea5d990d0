"""The image's first process: it owns what SageMaker mounts for root, runs the command as another user, and reports its end.

SageMaker makes the folders below ``/opt/ml`` for root alone, so that a container of another user can write no model, no output
and no reason. This process stays root, needs nothing but the standard library, and outlives a command that is killed: the
reason of a failure reaches the failure file in every case.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from oleoduto_jobs.ml.container.folders import base_folder, write_reason

USER_VARIABLE = "OLEODUTO_USER"
"""Number of the user that commands run as; the image sets it. Without it, or without root, nothing is changed."""
WRITTEN = ("checkpoints", "model", "output", "processing/output")
"""What commands write, below the base folder."""

Run = Callable[[Sequence[str]], int]


def failure_file(argv: Sequence[str]) -> Path:
    """Where SageMaker looks for the reason of a failure: a training job's, or a processing job's."""
    return base_folder() / "output" / ("failure" if list(argv[:1]) == ["train"] else "message")


def own(base: Path, user: int) -> None:
    """Give the user the folders that commands write, with what is in them."""
    for name in WRITTEN:
        folder = base / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)


def become(user: int) -> None:
    """Drop every right of root for good."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    # Root's own is closed to the user, and packages keep caches there.
    os.environ["HOME"] = "/tmp"


def main(argv: Sequence[str], run: Run) -> int:
    """Run a command and return its exit code; as another user, if there is one to become, in a process of its own."""
    user = int(os.environ.get(USER_VARIABLE) or 0) if os.geteuid() == 0 else 0
    return _as_user(argv, run, user) if user else _command(argv, run)


def _as_user(argv: Sequence[str], run: Run, user: int) -> int:
    """Like ``main``; 128 and the signal's number after a signal."""
    reason = failure_file(argv)
    try:
        own(base_folder(), user)
    except OSError as error:
        # The command finds out what it can do without.
        print(f"notice: the folders below {base_folder()} can't be prepared: {error}", file=sys.stderr)
    # Held back until somebody handles it.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        os._exit(_command(argv, run, user))
    signal.signal(signal.SIGTERM, lambda number, _frame: _pass_on(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0 and not (reason.is_file() and reason.stat().st_size):
        _report(reason, code)
    return code if code >= 0 else 128 - code


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _command(argv: Sequence[str], run: Run, user: int = 0) -> int:
    """The exit code of a command, whatever happens. Also a package that can't be imported is a reason."""
    code = 1
    try:
        if user:
            become(user)
        code = run(argv)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException as error:
        traceback.print_exc()
        write_reason(failure_file(argv), f"{type(error).__name__}: {error}")
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _report(path: Path, code: int) -> None:
    """The reason of a command that left none."""
    text = f"the command ended with exit code {code} and left no reason: see the job's log"
    if code < 0:
        name = signal.Signals(-code).name
        text = f"the command was ended by {name}"
        if -code == signal.SIGKILL:
            text += ", as happens when memory runs out: choose a larger instance in `sizes` of oleoduto.toml"
    print(f"error: {text}", file=sys.stderr)
    write_reason(path, text)
