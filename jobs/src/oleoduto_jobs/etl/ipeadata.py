"""Ipeadata's OData v4 service: one series over HTTP, with limits, retries and distinct errors."""

from __future__ import annotations

import datetime as dt
import json
import queue
import random
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util.retry import Retry

from oleoduto_jobs.etl.observations import Observation, Series, SourceError, SourceUnreachable, series_of

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

DEFAULT_URL = "http://www.ipeadata.gov.br/api/odata4"
URL_VARIABLE = "IPEADATA_BASE_URL"
RETRIED_STATUSES = (429, 500, 502, 503, 504)
MAX_BACKOFF = 15.0
MAX_BYTES = 64 * 1024 * 1024
"""Far above any series (forty years of daily prices are 1.5 MB); stops an endless answer."""


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, between two reads and in total over all calls; retries per call."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0
    retries: int = 4
    backoff: float = 0.5


PATIENT = Limits()
QUICK = Limits(connect=3.0, read=6.0, total=9.0, retries=1, backoff=0.2)
"""For asking only whether the service answers."""


class BoundedRetry(Retry):
    """urllib3's retries, which also end at a moment (``time.monotonic``) and never sleep beyond it.

    Without it a ``Retry-After: 3600`` or a row of slow failures would hold a job for hours. The jitter is
    our own because urllib3 1.26, which Glue may bring, has none.
    """

    def __init__(self, *args: Any, deadline: float, jitter: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = deadline
        self.jitter = jitter

    def new(self, **kwargs: Any) -> Self:
        return super().new(deadline=self.deadline, jitter=self.jitter, **kwargs)

    def _remaining(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, self._remaining())

    def get_backoff_time(self) -> float:
        backoff = super().get_backoff_time() + random.uniform(0.0, self.jitter)
        return min(backoff, MAX_BACKOFF, self._remaining())

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        following = super().increment(*args, **kwargs)
        if self._remaining() <= 0.0:
            pool, url = kwargs.get("_pool"), kwargs.get("url") or (args[1] if len(args) > 1 else None)
            raise MaxRetryError(pool, str(url), TimeoutError("the time for this call is over"))  # type: ignore[arg-type]
        return following


@dataclass(frozen=True)
class Metadata:
    """What Ipeadata says about a series; texts are its own (Portuguese)."""

    code: str
    name: str
    unit: str
    periodicity: str
    active: bool

    def describe(self) -> str:
        """One line for the log."""
        state = "active" if self.active else "discontinued"
        return f"{self.name} ({self.periodicity or 'no periodicity'}, {self.unit or 'no unit'}, {state})"


class Ipeadata:
    """A client for one run; ``limits.total`` counts from its creation."""

    def __init__(self, base_url: str = DEFAULT_URL, limits: Limits = PATIENT) -> None:
        if not re.match(r"https?://[^/]", base_url):
            raise SourceError(f"the ipeadata address is `{base_url}`; it must begin with http:// or https://")
        self._base = base_url.rstrip("/")
        self._limits = limits
        self._deadline = time.monotonic() + limits.total
        self._session = requests.Session()
        retry = BoundedRetry(
            total=limits.retries,
            status_forcelist=RETRIED_STATUSES,
            backoff_factor=limits.backoff,
            raise_on_status=False,
            deadline=self._deadline,
            jitter=limits.backoff,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def metadata(self, code: str) -> Metadata:
        """What is known about ``code``; an unknown code is an error."""
        rows = self._rows(f"Metadados('{code}')")
        if not rows:
            raise SourceError(f"ipeadata does not know the series code {code}; check it on the Ipeadata site")
        row = rows[0]
        if row.get("SERNUMERICA") is False:
            raise SourceError(f"series {code} of ipeadata holds texts, not numbers")
        return Metadata(
            code=str(row.get("SERCODIGO") or code),
            name=str(row.get("SERNOME") or code),
            unit=str(row.get("UNINOME") or ""),
            periodicity=str(row.get("PERNOME") or ""),
            active=row.get("SERSTATUS") != "I",
        )

    def series(self, code: str) -> Series:
        """The whole series, in date order."""
        metadata = self.metadata(code)
        call = f"ValoresSerie(SERCODIGO='{code}')"
        rows = self._rows(call)
        observations = [_observation(call, number, row) for number, row in enumerate(rows, start=1)]
        return series_of(code, "ipeadata", metadata.describe(), observations)

    def _rows(self, call: str) -> list[Mapping[str, Any]]:
        url = f"{self._base}/{call}"
        document = _json(url, self._get(url))
        rows = document.get("value") if isinstance(document, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SourceError(f"ipeadata answered {url} with JSON that is not OData (no list `value`)")
        if "@odata.nextLink" in document:
            raise SourceError(f"ipeadata answered {url} in pages, which is not supported; rows would be lost")
        return rows

    def _get(self, url: str) -> bytes:
        """The body of ``url``, or an error when the total time is over.

        Nothing of requests' own bounds a slow look-up of the host name or an answer that drips byte by byte,
        so the call is waited for from outside; a thread that is given up ends with the process.
        """
        outcome: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

        def call() -> None:
            try:
                outcome.put(self._download(url))
            except Exception as error:
                outcome.put(error)

        threading.Thread(target=call, name="ipeadata", daemon=True).start()
        try:
            result = outcome.get(timeout=max(0.0, self._deadline - time.monotonic()))
        except queue.Empty:
            raise SourceUnreachable(
                f"ipeadata is unreachable: no whole answer within {self._limits.total:g} s ({url})"
            ) from None
        if isinstance(result, Exception):
            raise result
        return result

    def _download(self, url: str) -> bytes:
        timeout = (self._limits.connect, self._limits.read)
        body = bytearray()
        try:
            with self._session.get(url, timeout=timeout, stream=True) as response:
                if response.status_code != requests.codes.ok:
                    raise SourceError(
                        f"ipeadata answered HTTP {response.status_code} {response.reason} to {url}; try again later"
                    )
                for chunk in response.iter_content(chunk_size=65536):
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise SourceError(f"ipeadata's answer to {url} is larger than {MAX_BYTES} bytes")
        except requests.exceptions.ChunkedEncodingError as error:
            raise SourceError(f"ipeadata's answer to {url} broke off before its end (truncated)") from error
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise SourceUnreachable(f"ipeadata is unreachable: {_reason(error)} ({url})") from error
        return bytes(body)


def _json(url: str, body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SourceError(f"ipeadata's answer to {url} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        start = body.lstrip()[:60].decode("utf-8", "replace")
        if start.startswith(("{", "[")):
            raise SourceError(f"ipeadata's answer to {url} is broken or truncated JSON ({len(body)} bytes: {error})") from error
        kind = "an HTML page" if start.startswith("<") else "not JSON"
        raise SourceError(f"ipeadata's answer to {url} is {kind}, it begins with {start!r}") from error


def _observation(call: str, number: int, row: Mapping[str, Any]) -> Observation:
    raw_date, value = row.get("VALDATA"), row.get("VALVALOR")
    where = f"row {number} of ipeadata's {call}"
    # The date is the calendar date as written: a shift to UTC would move Brazilian midnights.
    written = re.match(r"(\d{4}-\d{2}-\d{2})(?:T|$)", raw_date) if isinstance(raw_date, str) else None
    if not isinstance(raw_date, str) or written is None:
        raise SourceError(f"{where} has the date {raw_date!r}; expected YYYY-MM-DDT...")
    try:
        date = dt.date.fromisoformat(written.group(1))
    except ValueError as error:
        raise SourceError(f"{where} has the date {raw_date!r}, which is no calendar date") from error
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SourceError(f"{where} ({raw_date}) has the value {value!r}; expected a number or null")
    if value is not None and not abs(value) < float("inf"):
        raise SourceError(f"{where} ({raw_date}) has the value {value!r}; expected a finite number or null")
    return Observation(date, raw_date, None if value is None else float(value))


def _reason(error: Exception) -> str:
    """The innermost cause in few words; requests and urllib3 wrap it three times."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    inner: object = error.args[0] if error.args else error
    inner = getattr(inner, "reason", None) or inner
    text = re.sub(r"^<.*?>: |^[A-Za-z.]*Connection\([^)]*\): ", "", str(inner)).strip()
    return text or type(error).__name__
