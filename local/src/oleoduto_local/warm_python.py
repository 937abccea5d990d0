"""Pythons that have imported what the image's jobs import, and fork them: half of a short job is its imports.

A job is forked if its image has a module `preload` beside its entry point (`python -m PACKAGE` and `PACKAGE.preload`). A host
has the interpreter, the environment and the code that the job would be started with: where one of them is another, so is the
host. What a job has of its own it gets when it is forked (`python_host.py`).
"""

import hashlib
import logging
import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from oleoduto_local.errors import JobError
from oleoduto_local.process import Command, Job, Registry, Stream
from oleoduto_local.python_host import HOST as AS_HOST
from oleoduto_local.python_host import JOB

LOG = logging.getLogger("oleoduto_local")
HOST = Path(__file__).with_name("python_host.py")
PRELOAD = "preload"
IDLE_SECONDS = 300.0
"""Its memory is given back then."""
OWN = frozenset(
    [
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("SAGEMAKER_BASE_DIR", "TMPDIR"),
        *("TRAINING_JOB_NAME", "TRAINING_JOB_ARN", "PROCESSING_JOB_NAME", "PROCESSING_JOB_ARN"),
    ]
)
"""Variables that each job has its own of, and that nothing reads before a job's own code runs. Any other may change what an
import does."""


@dataclass(frozen=True)
class Kind:
    """Jobs that one host can fork."""

    argv: tuple[str, ...]
    environment: frozenset[tuple[str, str]]
    code: str


def kind_of(command: Command) -> Kind | None:
    """What a command's host must be; None if it is not one to fork. Elsewhere than on Linux, system libraries bear no forks."""
    if not sys.platform.startswith("linux"):
        return None
    match command.argv:
        case [python, "-m", module, _name, *_] if _folder_of(module, command.env) is not None:
            shared = {name: value for name, value in command.env.items() if name not in OWN}
            return Kind((python, str(HOST), f"{module}.{PRELOAD}"), frozenset(shared.items()), code_of(python, shared))
        case _:
            return None


def _folder_of(module: str, environment: Mapping[str, str]) -> Path | None:
    """The folder of the path that has the module, if there is something to import before its jobs."""
    inside = Path(*module.split("."), f"{PRELOAD}.py")
    return next((folder for folder in _path(environment) if (folder / inside).is_file()), None)


def _path(environment: Mapping[str, str]) -> list[Path]:
    return [Path(entry) for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry]


def code_of(python: str, environment: Mapping[str, str]) -> str:
    """A digest of the code that a process would import: each file of the path, and what is installed."""
    digest = hashlib.sha256()
    files = (file for folder in _path(environment) for file in sorted(folder.rglob("*.py")))
    for file in (*files, *sorted(Path(python).parent.parent.glob("lib/python3*/site-packages"))):
        about = file.stat()
        digest.update(f"{file} {about.st_mtime_ns} {about.st_size} {about.st_ino}\n".encode())
    return digest.hexdigest()


class Host:
    """A host, and those that it has forked for single commands."""

    def __init__(self, job: Job, kind: Kind, folder: Path) -> None:
        self._job, self._folder = job, folder
        self._of_command: dict[str, socket.socket] = {}
        self._channel, theirs = socket.socketpair()
        environment = {**dict(kind.environment), "TMPDIR": str(folder)}
        command = Command(
            [*kind.argv[:2], str(theirs.fileno()), *kind.argv[2:]], environment, folder, inherited=theirs.fileno()
        )

        def run() -> None:
            try:
                job.run(command, self._take)
            except JobError as error:
                LOG.warning("no warm Python: %s", error)
            finally:
                theirs.close()

        self._thread = threading.Thread(target=run, name="warm-python", daemon=True)
        self._thread.start()

    @staticmethod
    def _take(stream: Stream, line: str) -> None:
        """What imports say is of no job."""
        if stream == "stderr" and line.startswith("error:"):
            LOG.warning("warm Python: %s", line)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._thread.is_alive()

    def connect(self, name: str) -> socket.socket:
        """A socket for the supervisor of a job of a command. Raises ``OSError`` if the host has ended."""
        if name not in self._of_command:
            self._of_command[name] = _sent(self._channel, AS_HOST + name.encode())
        try:
            return _sent(self._of_command[name], JOB)
        except OSError:
            self._of_command.pop(name).close()
            raise

    def end(self) -> None:
        """Let it end; jobs that it forked go on."""
        for channel in (self._channel, *self._of_command.values()):
            channel.close()
        self._job.kill()
        self._job.registry.close(self._job)
        shutil.rmtree(self._folder, ignore_errors=True)


def _sent(channel: socket.socket, message: bytes) -> socket.socket:
    """Send a new socket; the other end of it."""
    ours, theirs = socket.socketpair()
    with theirs, ExitStack() as undo:
        undo.callback(ours.close)
        socket.send_fds(channel, [message], [theirs.fileno()])
        undo.pop_all()
    return ours


class Hosts:
    """The newest host; one of another kind takes its place."""

    def __init__(self, registry: Registry, folder: Callable[[str], Path], idle_seconds: float = IDLE_SECONDS) -> None:
        self._registry, self._folder, self._idle_seconds = registry, folder, idle_seconds
        self._host: Host | None = None
        self._kind: Kind | None = None
        self._started, self._turn = 0, 0
        self._lock = threading.Lock()

    @contextmanager
    def warm(self, command: Command) -> Iterator[Command]:
        """The command, to be forked if that is possible; the descriptor in it is open until the end of the block."""
        try:
            kind = kind_of(command)
        except OSError as error:
            # A file that has just gone, or cannot be read: the job finds out what it needs of it.
            LOG.warning("no warm Python, as its code cannot be compared: %s", error)
            kind = None
        if kind is None:
            yield command
            return
        with ExitStack() as opened:
            with self._lock:
                channel = self._connected(kind, command.argv[3])
                if channel is not None:
                    opened.enter_context(channel)
            yield command if channel is None else replace(command, fork_from=channel.fileno())

    def _connected(self, kind: Kind, name: str) -> socket.socket | None:
        """A socket to a host. One that has just ended, of which nobody knows yet, has a successor; None if that ends, too."""
        for _ in range(2):
            try:
                return self._host_of(kind).connect(name)
            except OSError as error:
                LOG.warning("the warm Python does not answer: %s", error)
                self._drop()
        return None

    def _host_of(self, kind: Kind) -> Host:
        if self._host is None or not self._host.alive or self._kind != kind:
            self._drop()
            self._started += 1
            self._host = Host(self._registry.open("python", "warm"), kind, self._folder(f"python-{self._started}"))
            self._kind = kind
        self._turn += 1
        timer = threading.Timer(self._idle_seconds, self._expire, [self._turn])
        timer.daemon = True
        timer.start()
        return self._host

    def _expire(self, turn: int) -> None:
        with self._lock:
            if self._turn == turn:
                self._drop()

    def _drop(self) -> None:
        if self._host is not None:
            self._host.end()
        self._host = self._kind = None
