"""Runs one job in a session of its own; kills the whole session when the server goes away.

Started as a plain script (`python -I -S supervisor.py STATUS_FD ARGV...`), standard library only, so that it
starts in milliseconds and keeps little memory. Its stdin is a pipe that only the server holds: end of file
means that the server is gone, however it went, so nothing it started may live on. A line `term SECONDS` asks
the job to stop.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

# linux/prctl.h, linux/capability.h
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


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


def watch_server(session: int) -> None:
    """Obeys the server's lines until it is gone, then kills the job and this process."""
    for line in sys.stdin.buffer:
        word, _, seconds = line.decode().partition(" ")
        if word.strip() == "term":
            signal_session(session, signal.SIGTERM)
            timer = threading.Timer(float(seconds), kill_session, [session])
            timer.daemon = True
            timer.start()
    kill_session(session)
    os._exit(137)


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


def main(argv: list[str]) -> None:
    status = int(argv[0])
    os.umask(0o022)
    obey_modes()
    try:
        job = subprocess.Popen(argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        print(f"error: {argv[1]} cannot be started: {error}", file=sys.stderr, flush=True)
        os._exit(127)
    os.write(status, f"{job.pid}\n".encode())
    os.close(status)
    threading.Thread(target=watch_server, args=[job.pid], daemon=True).start()
    code = job.wait()
    kill_session(job.pid)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(sys.argv[1:])
