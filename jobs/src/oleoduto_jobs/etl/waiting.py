"""Wait for a call with a time limit, whatever the call does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class TookTooLong(Exception):
    """The call had not ended in time."""


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """The result of ``call``, or its exception, or ``TookTooLong`` after ``seconds``.

    No time limit covers a slow name look-up or a response that arrives byte by byte, so the call runs in a thread; an
    abandoned thread ends with the process.
    """
    outcome: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=run, name="waited-for", daemon=True).start()
    try:
        result, error = outcome.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TookTooLong from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
