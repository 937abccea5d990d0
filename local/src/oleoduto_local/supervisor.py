"""Runs one job in a session of its own; kills the whole session when the server goes away.

Started as a plain script (`python -I -S supervisor.py STATUS_FD HANDED_FD ARGV...`), standard library only, so that it
starts in milliseconds and keeps little memory. Its stdin is a pipe that only the server holds: end of file
means that the server is gone, however it went, so nothing it started may live on. A line `term SECONDS` asks
the job to stop.

HANDED_FD is `-`; or `fork:N`, a socket to a Python that forks the job (`python_host.py`), which is started anew if that Python
does not answer; or `pass:N`, a descriptor that the job inherits.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

# linux/prctl.h, linux/capability.h
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
FORK_SECONDS = 120.0
"""Imports on a busy machine with cold caches."""
END_SECONDS = 5.0
"""How long a killed job may take to be gone, as one whose disk does not answer."""


def all_pids() -> list[int]:
    """Every process id on this machine (Linux reads /proc, others ask ps)."""
    proc = Path("/proc")
    if (proc / "self" / "stat").exists():
        return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()]
    listing = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=True)
    return [int(word) for word in listing.stdout.split()]


def session_members(session: int) -> list[int]:
    """The processes of a session: a group is not enough, since Spark's Python daemon makes a group of its
    own.
    """
    members = []
    for pid in all_pids():
        try:
            if os.getsid(pid) == session:
                members.append(pid)
        except (ProcessLookupError, PermissionError):
            continue
    return members


def signal_session(session: int, number: int) -> int:
    """Sends a signal to each member and returns how many there were."""
    members = session_members(session)
    for pid in members:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
    return len(members)


def kill_session(session: int) -> None:
    """Kills a session; repeated, because a member may fork while it is being killed."""
    for _ in range(20):
        if signal_session(session, signal.SIGKILL) == 0:
            return


class Forked:
    """A job that another Python forks, with what a `Popen` has of one that this process starts."""

    def __init__(self, argv: list[str], descriptor: int) -> None:
        """Raises ``OSError`` if that Python does not answer."""
        # Other jobs do not need these, and start sooner without them.
        import json
        import socket
        import struct

        # A request is whole: no other process has this socket.
        request = json.dumps({"argv": argv, "env": dict(os.environ), "cwd": os.getcwd()}).encode()
        self._channel = socket.socket(fileno=descriptor)
        # It may import for a while before it forks.
        self._channel.settimeout(FORK_SECONDS)
        socket.send_fds(self._channel, [struct.pack("!I", len(request))], [1, 2])
        self._channel.sendall(request)
        self._lines = self._channel.makefile("rb")
        line = self._lines.readline()
        if not line:
            self._channel.close()
            raise ConnectionError("the host of warm jobs has ended")
        self.pid = int(line)

    def begin(self) -> None:
        """Let it run: somebody can stop it now."""
        self._channel.settimeout(None)
        try:
            self._channel.sendall(b"1")
        except OSError:
            # It has been killed, as `wait` will tell.
            return

    def wait(self) -> int:
        """Its exit code, or the negative number of its signal; as if it were killed, if nobody is left to tell."""
        line = self._lines.readline()
        return int(line) if line else -signal.SIGKILL


class Watch:
    """Obeys the server's lines until it is gone, then kills the job and this process."""

    def __init__(self) -> None:
        self._session: int | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Watch from now on, also before there is a job."""
        threading.Thread(target=self._watch, daemon=True).start()

    def job(self, session: int) -> None:
        """The job has begun."""
        with self._lock:
            self._session = session

    def _watch(self) -> None:
        for line in sys.stdin.buffer:
            word, _, seconds = line.decode().partition(" ")
            if word.strip() == "term":
                session = self._begun(128 + signal.SIGTERM)
                signal_session(session, signal.SIGTERM)
                timer = threading.Timer(float(seconds), kill_session, [session])
                timer.daemon = True
                timer.start()
        kill_session(self._begun(128 + signal.SIGKILL))
        # The main thread ends this process when the job is gone, so that nobody finds it afterwards.
        time.sleep(END_SECONDS)
        os._exit(128 + signal.SIGKILL)

    def _begun(self, code: int) -> int:
        """The job's session; without one there is nothing to wait for, and this process ends."""
        with self._lock:
            if self._session is None:
                os._exit(code)
            return self._session


def obey_modes() -> None:
    """Take root's right to pass over the modes of files from what this process starts: no job on AWS runs as root.

    A process that root starts has the rights of the bounding set, and no more. Without Linux there is no such set.
    """
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        return
    for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, right, 0, 0, 0) != 0:
            reason = os.strerror(ctypes.get_errno())
            print(f"notice: the job may write what AWS would refuse, as root keeps its rights: {reason}", file=sys.stderr)
            return


def start(argv: list[str], handed: str) -> "subprocess.Popen[bytes] | Forked":
    """Start the job in a session of its own, or have it forked."""
    kind, _, descriptor = handed.partition(":")
    if kind == "fork":
        try:
            return Forked(argv, int(descriptor))
        except OSError:
            # Reset, closed or silent: what it says of itself is in the server's log.
            print("notice: the job starts anew: its warm Python does not answer", file=sys.stderr, flush=True)
    passed = [int(descriptor)] if kind == "pass" else []
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=passed)


def main(argv: list[str]) -> None:
    status, watch = int(argv[0]), Watch()
    os.umask(0o022)
    obey_modes()
    watch.start()
    try:
        job = start(argv[2:], argv[1])
    except OSError as error:
        print(f"error: {argv[2]} cannot be started: {error}", file=sys.stderr, flush=True)
        os._exit(127)
    watch.job(job.pid)
    os.write(status, f"{job.pid}\n".encode())
    os.close(status)
    if isinstance(job, Forked):
        job.begin()
    code = job.wait()
    kill_session(job.pid)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(sys.argv[1:])
