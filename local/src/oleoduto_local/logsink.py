"""Job output, line by line, to a log file and to moto's CloudWatch Logs."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from oleoduto_local.patching import load


class CloudWatch:
    """moto's CloudWatch Logs, written to in-process: an HTTP call a line would be slow."""

    def __init__(self) -> None:
        self._backends: Any = None
        # moto says of itself that its streams would need a lock.
        self._lock = threading.Lock()

    def put(self, account: str, region: str, group: str, stream: str, message: str) -> None:
        with self._lock:
            if self._backends is None:
                self._backends = load("moto.logs.models").logs_backends
            backend = self._backends[account][region]
            backend.ensure_log_group(group)
            backend.ensure_log_stream(group, stream)
            event = {"timestamp": int(time.time() * 1000), "message": message or " "}
            backend.groups[group].put_log_events(stream, [event])


class LogSink:
    """One job's log. `groups` maps "stdout" and "stderr" to CloudWatch Logs group names."""

    def __init__(
        self,
        path: Path,
        cloudwatch: CloudWatch,
        account: str,
        region: str,
        groups: dict[str, str],
        stream: str,
    ) -> None:
        self.path = path
        self._cloudwatch = cloudwatch
        self._account = account
        self._region = region
        self._groups = groups
        self._stream = stream
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def line(self, source: str, text: str) -> None:
        with self._lock:
            self._file.write(text + "\n")
        self._cloudwatch.put(self._account, self._region, self._groups[source], self._stream, text)

    def __enter__(self) -> "LogSink":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()


def last_error(lines: tuple[str, ...]) -> str | None:
    """The reason in a job's stderr: its last `error:` line, or its last exception, or its last line."""
    for line in reversed(lines):
        if line.startswith("error:"):
            return line.removeprefix("error:").strip()
    after_traceback = False
    found = None
    for line in lines:
        if line.startswith("Traceback (most recent call last)"):
            after_traceback = True
        elif after_traceback and line and not line[0].isspace():
            found = line
            after_traceback = False
    return found or (lines[-1].strip() if lines else None)
