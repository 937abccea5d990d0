"""Request many codes from a source concurrently, within bounds."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from oleoduto_jobs.etl.observations import SourceError, SourceUnreachable
from oleoduto_jobs.etl.responses import Response
from oleoduto_jobs.etl.sources import Respond
from oleoduto_jobs.reasons.reason import because

MAX_PARALLELISM = 64
GIVE_UP_AFTER = 16
"""Consecutive codes without network after which the rest is skipped: 100,000 requests to a service that is down would
take days."""


class Outage:
    """Counts codes in a row that did not reach the source; for several threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_a_row = 0
        self._lock = threading.Lock()

    def report(self, reached: bool) -> None:
        """Count one code."""
        with self._lock:
            if self._in_a_row < self._limit:
                self._in_a_row = 0 if reached else self._in_a_row + 1

    def is_over_limit(self) -> bool:
        """Whether more requests are useless; never reset."""
        with self._lock:
            return self._in_a_row >= self._limit


def gather(codes: Sequence[str], source: str, respond: Respond, keep: Callable[[Response], None], parallelism: int) -> None:
    """Request every code, at most ``parallelism`` at the same time, and ``keep`` each response as it arrives.

    The response of a failed code says why it failed; the others go on. Responses are not held here, so memory does
    not grow with the number of codes. An error of ``keep`` (the disk is full) stops all.
    """
    outage = Outage(max(GIVE_UP_AFTER, 2 * parallelism))

    lost = threading.Event()

    def ask(code: str) -> None:
        if lost.is_set():
            return
        response = _answer(code, source, respond, outage)
        try:
            keep(response)
        except BaseException:
            # Before this thread takes the next code, which may be before anyone waits for this one's result.
            lost.set()
            raise

    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="extract") as pool:
        asked = [pool.submit(ask, code) for code in codes]
        try:
            for done in as_completed(asked):
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _answer(code: str, source: str, respond: Respond, outage: Outage) -> Response:
    if outage.is_over_limit():
        return _failed(code, source, because("not_asked", source=source))
    try:
        response = respond(code)
    except SourceError as error:
        outage.report(reached=not isinstance(error, SourceUnreachable))
        return _failed(code, source, str(error))
    outage.report(reached=True)
    return response


def _failed(code: str, source: str, error: str) -> Response:
    return Response(code, re.split("[:?]", source)[0], source, "odata", error=error)
