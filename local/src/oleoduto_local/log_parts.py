"""The part of a log that a stay in a state wrote: jobs of the same name append to one file."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Bytes of one answer, and of what is shown of a log that is longer when it is opened.
CHUNK = 128 * 1024
SHOWN = 256 * 1024
# Colors and movements of a terminal.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class LogParts:
    """Where in its file the log of each job began. Times are milliseconds since 1970."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._parts: dict[Path, list[tuple[int, int]]] = {}
        self._lock = threading.Lock()

    def begin(self, path: Path) -> None:
        """A job is about to write."""
        size = path.stat().st_size if path.exists() else 0
        with self._lock:
            self._parts.setdefault(path, []).append((int(self._now() * 1000), size))

    def span(self, path: Path, entered: int, left: int | None) -> tuple[int, int | None] | None:
        """First byte and end of what the jobs of a stay wrote: no end before a later job begins, none without a log."""
        with self._lock:
            parts = list(self._parts.get(path, ()))
        own = [start for at, start in parts if at >= entered and (left is None or at <= left)]
        later = [start for at, start in parts if left is not None and at > left]
        return (own[0], later[0] if later else None) if own else None


@dataclass(frozen=True)
class LogPiece:
    """Whole lines of a log. `next` is the byte from which to go on; `skipped` bytes before the first line are not shown."""

    text: str
    next: int
    skipped: int
    more: bool


def read_piece(path: Path, span: tuple[int, int | None], start: int | None, is_over: bool) -> LogPiece:
    """What follows the byte `start`, or the end of the span at first. A line that is being written comes later."""
    first, last = span
    size = path.stat().st_size
    end = size if last is None else min(last, size)
    begin = max(first, end - SHOWN) if start is None else min(max(start, first), end)
    with path.open("rb") as file:
        file.seek(begin)
        content = file.read(min(end - begin, CHUNK))
    skipped = 0
    if start is None and begin > first:
        # The first line is cut.
        cut = content.find(b"\n") + 1
        content, skipped, begin = content[cut:], begin + cut - first, begin + cut
    reaches_end = begin + len(content) >= end
    if not (reaches_end and (is_over or last is not None)):
        content = content[: content.rfind(b"\n") + 1] or (content if len(content) == CHUNK else b"")
    text = ESCAPES.sub("", content.decode("utf-8", "replace"))
    return LogPiece(text, begin + len(content), skipped, not reaches_end)
