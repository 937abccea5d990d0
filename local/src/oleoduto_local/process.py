"""Job processes as the server sees them: start under a supervisor, stream the output, time out, stop, list,
kill all.
"""

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from oleoduto_local.errors import JobError

SUPERVISOR = Path(__file__).with_name("supervisor.py")
Stream = Literal["stdout", "stderr"]
OnLine = Callable[[Stream, str], None]
# How long to wait for the last output of a job whose processes are all dead.
DRAIN_SECONDS = 5.0
TAIL_LINES = 200


@dataclass(frozen=True)
class Command:
    """What to run. `timeout` and `grace` are seconds; grace is the time between SIGTERM and SIGKILL.

    `fork_from` is a socket to a Python that forks it (`python_host.py`), `inherited` a descriptor that it gets.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    timeout: float | None = None
    grace: float = 5.0
    fork_from: int | None = None
    inherited: int | None = None

    @property
    def handed(self) -> str:
        """The supervisor's word for the descriptor."""
        if self.fork_from is not None:
            return f"fork:{self.fork_from}"
        return "-" if self.inherited is None else f"pass:{self.inherited}"


@dataclass(frozen=True)
class Outcome:
    """How a process ended: its exit code (128 + n after signal n) and whether the server made it end."""

    returncode: int
    ended_by: Literal["itself", "timeout", "stop"]
    stderr_tail: tuple[str, ...]

    @property
    def ended_well(self) -> bool:
        """Whether it succeeded, and nobody made it end."""
        return self.returncode == 0 and self.ended_by == "itself"


@dataclass
class Job:
    """One job, from before its process exists until after it is gone. Stopping works at any moment."""

    service: str
    name: str
    registry: "Registry"
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    pid: int | None = None
    stop_requested: bool = False
    _popen: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self, grace: float = 5.0) -> None:
        """SIGTERM now, SIGKILL after `grace` seconds; a job that has not started will not start."""
        with self._lock:
            self.stop_requested = True
            popen = self._popen
        if popen is not None:
            _tell(popen, f"term {grace}\n")

    def kill(self) -> None:
        """Ends the job at once: closing the supervisor's stdin makes it kill the session."""
        with self._lock:
            self.stop_requested = True
            popen = self._popen
        if popen is not None and popen.stdin is not None:
            try:
                popen.stdin.close()
            except OSError:
                popen.kill()

    def run(self, command: Command, on_line: OnLine) -> Outcome:
        """Runs the command to its end, giving each line of output to `on_line` as it comes."""
        tail: deque[str] = deque(maxlen=TAIL_LINES)

        def take(stream: Stream, line: str) -> None:
            if stream == "stderr" and line.strip():
                tail.append(line)
            on_line(stream, line)

        with self._lock:
            if self.registry.closing:
                raise JobError("the local AWS is shutting down")
            if self.stop_requested:
                return Outcome(143, "stop", ())
            popen, status = _spawn(command)
            self._popen = popen
        try:
            # First: whoever sees a line of the job can see its process.
            self.pid = _read_pid(status)
            readers = [_reader(popen.stdout, "stdout", take), _reader(popen.stderr, "stderr", take)]
            timed_out = self._wait(popen, command)
            deadline = time.monotonic() + DRAIN_SECONDS
            for reader in readers:
                reader.join(max(0.0, deadline - time.monotonic()))
        finally:
            with self._lock:
                self._popen = None
                self.pid = None
            if popen.stdin is not None and not popen.stdin.closed:
                popen.stdin.close()
        ended_by: Literal["itself", "timeout", "stop"] = "itself"
        if timed_out:
            ended_by = "timeout"
        elif self.stop_requested:
            ended_by = "stop"
        return Outcome(popen.returncode, ended_by, tuple(tail))

    @staticmethod
    def _wait(popen: subprocess.Popen[bytes], command: Command) -> bool:
        """Waits for the end and returns whether the time ran out."""
        try:
            popen.wait(command.timeout)
            return False
        except subprocess.TimeoutExpired:
            _tell(popen, f"term {command.grace}\n")
            popen.wait()
            return True


class Registry:
    """All jobs that are under way."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self.closing = False

    def open(self, service: str, name: str) -> Job:
        job = Job(service, name, self)
        with self._lock:
            if self.closing:
                raise JobError("the local AWS is shutting down")
            self._jobs.append(job)
        return job

    def close(self, job: Job) -> None:
        with self._lock:
            self._jobs.remove(job)

    def listing(self) -> list[dict[str, str | int | None]]:
        with self._lock:
            return [{"service": j.service, "name": j.name, "pid": j.pid, "since": j.since} for j in self._jobs]

    def kill_all(self, wait_seconds: float = 5.0) -> None:
        """Ends every job and waits until they are gone; no job can start afterwards."""
        with self._lock:
            self.closing = True
            jobs = list(self._jobs)
        for job in jobs:
            job.kill()
        deadline = time.monotonic() + wait_seconds
        while any(job._popen is not None for job in jobs) and time.monotonic() < deadline:
            time.sleep(0.02)


def _spawn(command: Command) -> tuple[subprocess.Popen[bytes], int]:
    read_end, write_end = os.pipe()
    try:
        popen = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(write_end), command.handed, *command.argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(command.env),
            cwd=command.cwd,
            pass_fds=[write_end, *(one for one in (command.fork_from, command.inherited) if one is not None)],
            # A Ctrl-C in the terminal is the server's to handle, not the jobs'.
            start_new_session=True,
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return popen, read_end


def _read_pid(descriptor: int) -> int | None:
    """The job's pid as the supervisor reports it; none if the job could not be started."""
    with os.fdopen(descriptor, "rb") as pipe:
        text = pipe.readline().strip()
    return int(text) if text else None


def _tell(popen: subprocess.Popen[bytes], line: str) -> None:
    if popen.stdin is None:
        return
    try:
        popen.stdin.write(line.encode())
        popen.stdin.flush()
    except (OSError, ValueError):
        # The supervisor has ended or is being killed: there is nothing left to stop.
        return


def _reader(pipe: IO[bytes] | None, stream: Stream, take: OnLine) -> threading.Thread:
    def read() -> None:
        if pipe is None:
            return
        with pipe:
            for raw in pipe:
                take(stream, raw.decode("utf-8", "replace").rstrip("\r\n"))

    thread = threading.Thread(target=read, name=f"read-{stream}", daemon=True)
    thread.start()
    return thread
