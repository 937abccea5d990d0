"""Wait for a call at most so long, whatever the call itself does."""

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

    Nothing bounds a slow look-up of a host name or an answer that drips byte by byte, so the call is waited
    for from outside; a thread that is given up ends with the process.
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
