"""A Python that has imported what jobs import, and forks them: `python python_host.py CHANNEL PRELOAD`.

CHANNEL is a socket that only the server holds the other end of: when that closes, this process ends. PRELOAD is a module of the
image, whose function `preload(command)` imports what every command imports (None), or what one needs besides.

Each message brings a socket. That of `job` is the supervisor's of a job: a fork becomes the job. That of `host:COMMAND` is a
channel: a fork becomes the host of that command's jobs. So a job finds nothing of other commands, and no job can change what
the next one finds. No thread runs here that a fork would miss: a host with threads of Python ends, and its jobs start anew.
The threads that OpenBLAS and jemalloc start at once know of forks. All jobs of a host have one seed for the hashes of texts.

Standard library only, and nothing of this folder: what runs in the end is the image's code.
"""

import gc
import importlib
import json
import os
import random
import runpy
import signal
import socket
import struct
import sys
import tempfile
import threading
from typing import Any

JOB, HOST = b"job", b"host:"
LENGTH = struct.Struct("!I")


def serve(channel: socket.socket, preload: Any) -> socket.socket:
    """Fork for each message. Returns in a fork that becomes a job, with its supervisor's socket."""
    while True:
        if threading.active_count() > 1:
            print(
                f"error: {preload.__name__} starts threads, which a fork would miss: {threading.enumerate()}", file=sys.stderr
            )
            # Without waiting for them.
            sys.stderr.flush()
            os._exit(1)
        message, descriptors, _flags, _address = socket.recv_fds(channel, 256, 1)
        if not descriptors:
            sys.exit(0)
        if os.fork():
            os.close(descriptors[0])
            continue
        channel.close()
        channel = socket.socket(fileno=descriptors[0])
        if message == JOB:
            return channel
        preload.preload(message.removeprefix(HOST).decode())
        gc.freeze()


def received(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The supervisor's request, and its standard output and error."""
    header, descriptors, _flags, _address = socket.recv_fds(channel, LENGTH.size, 2)
    with channel.makefile("rb") as stream:
        return json.loads(stream.read(LENGTH.unpack(header)[0])), descriptors


def become_job(channel: socket.socket) -> list[str]:
    """Be the job that the supervisor asks for: its module and arguments. Its parent stays to tell how it ended."""
    # Not of the host's session, which is killed when the host ends.
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, outputs = received(channel)
    child = os.fork()
    if child:
        for descriptor in (1, 2, *outputs):
            os.close(descriptor)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        try:
            channel.sendall(f"{code}\n".encode())
        except OSError:
            # The supervisor has ended, and its job with it.
            os._exit(1)
        os._exit(0)
    os.setsid()
    channel.sendall(f"{os.getpid()}\n".encode())
    # It has the number of a process that it can stop; or it has ended, and nothing may begin.
    if not channel.recv(1):
        os._exit(1)
    channel.close()
    for target, descriptor in enumerate(outputs, 1):
        os.dup2(descriptor, target)
        os.close(descriptor)
    adopt(request)
    return list(request["argv"][2:])


def adopt(request: dict[str, Any]) -> None:
    """What differs between a process that is forked and one that is started."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.orig_argv[:] = request["argv"]
    # As `python -m` does.
    sys.path.insert(0, os.getcwd())
    tempfile.tempdir = None
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        # All forks would draw the same numbers.
        numpy.random.seed()


def main(argv: list[str]) -> list[str]:
    """Be a host until a fork is a job; its module and arguments."""
    # This folder, whose modules are not the image's.
    del sys.path[0]
    # Nobody waits for forks.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    preload = importlib.import_module(argv[1])
    preload.preload(None)
    gc.freeze()
    return become_job(serve(socket.socket(fileno=int(argv[0])), preload))


if __name__ == "__main__":
    module, *rest = main(sys.argv[1:])
    sys.argv[1:] = rest
    # What `python -m` calls; `runpy.run_module` would leave this file as the main module.
    runpy._run_module_as_main(module)  # type: ignore[attr-defined]
