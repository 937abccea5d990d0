"""Job output, line by line, to a log file and to moto's CloudWatch Logs."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
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

    def has(self, account: str, region: str, group: str) -> bool:
        """Whether a group exists."""
        return group in load("moto.logs.models").logs_backends[account][region].groups

    def put(self, account: str, region: str, group: str, stream: str, message: str) -> None:
        with self._lock:
            if self._backends is None:
                self._backends = load("moto.logs.models").logs_backends
            backend = self._backends[account][region]
            backend.ensure_log_group(group)
            backend.ensure_log_stream(group, stream)
            event = {"timestamp": int(time.time() * 1000), "message": message or " "}
            backend.groups[group].put_log_events(stream, [event])


@dataclass(frozen=True)
class LogTarget:
    """Where in CloudWatch Logs a job's lines go; `groups` maps "stdout" and "stderr" to names of groups."""

    groups: Mapping[str, str]
    stream: str
    region: str


class LogSink:
    """One job's log. A stream that the target has no group for goes to the file only."""

    def __init__(
        self,
        path: Path,
        cloudwatch: CloudWatch,
        account: str,
        target: LogTarget,
    ) -> None:
        self.path = path
        self._cloudwatch = cloudwatch
        self._account = account
        self._target = target
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def line(self, source: str, text: str) -> None:
        with self._lock:
            self._file.write(text + "\n")
        group = self._target.groups.get(source)
        if group is not None:
            self._cloudwatch.put(self._account, self._target.region, group, self._target.stream, text)

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
