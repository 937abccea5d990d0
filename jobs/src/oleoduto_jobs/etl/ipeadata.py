"""Ipeadata's OData v4 service over HTTP: bodies of one series, with limits, retries and distinct errors."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util.retry import Retry

from oleoduto_jobs.etl.observations import MAX_BYTES, SourceError, SourceUnreachable
from oleoduto_jobs.etl.odata import Metadata, metadata_call, parse_metadata, parse_rows, values_call
from oleoduto_jobs.etl.waiting import TookTooLong, within
from oleoduto_jobs.reasons.reason import because

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

SECURE_URL = "https://www.ipeadata.gov.br/api/odata4"
PLAIN_URL = "http://www.ipeadata.gov.br/api/odata4"
URL_VARIABLE = "IPEADATA_BASE_URL"
RETRIED_STATUSES = (429, 500, 502, 503, 504)
MAX_BACKOFF = 15.0


@dataclass(frozen=True)
class Limits:
    """Seconds to connect, between two reads and in total over all calls; retries per call."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 120.0
    retries: int = 4
    backoff: float = 0.5

    def first_try(self) -> Limits:
        """Limits for an attempt after which another address is tried: one request, a third of the time."""
        return replace(self, total=self.total / 3, retries=0)


PATIENT = Limits()
QUICK = Limits(connect=3.0, read=6.0, total=9.0, retries=1, backoff=0.2)
"""Limits for the availability check."""


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


class SameHostSession(requests.Session):
    """Follows redirects within a host only, and never from https to http."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is not None and not _may_follow(resp.url, urljoin(resp.url, target)):
            raise SourceError(because("redirect", url=resp.url, target=target))
        return target


def _may_follow(here: str, there: str) -> bool:
    old, new = urlsplit(here), urlsplit(there)
    if old.hostname != new.hostname:
        return False
    if old.scheme == new.scheme:
        return old.port == new.port
    return (old.scheme, new.scheme) == ("http", "https") and (old.port or 80, new.port or 443) == (80, 443)


class Ipeadata:
    """A client for one series; ``limits.total`` counts from its creation."""

    def __init__(self, base_url: str, limits: Limits = PATIENT) -> None:
        if not re.match(r"https?://[^/]", base_url):
            raise SourceError(f"the ipeadata address is `{base_url}`; it must begin with http:// or https://")
        self._base = base_url.rstrip("/")
        self._limits = limits
        self._deadline = time.monotonic() + limits.total
        self._session = SameHostSession()
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

    @property
    def base(self) -> str:
        """The service's address, without a slash at its end."""
        return self._base

    def metadata_body(self, code: str) -> bytes:
        """The service's response about ``code``, unchanged."""
        return self._get(f"{self._base}/{metadata_call(code)}")

    def values_body(self, code: str) -> bytes:
        """The service's response with all values of ``code``, unchanged."""
        return self._get(f"{self._base}/{values_call(code)}")

    def metadata(self, code: str) -> Metadata:
        """The metadata of ``code``; an unknown code is an error."""
        return parse_metadata(code, self._base, self.metadata_body(code))

    def _get(self, url: str) -> bytes:
        """The body of ``url``; an error if the total time is over."""
        try:
            return within(self._deadline - time.monotonic(), lambda: self._download(url))
        except TookTooLong:
            raise SourceUnreachable(because("took_too_long", seconds=f"{self._limits.total:g}", url=url)) from None

    def _download(self, url: str) -> bytes:
        timeout = (self._limits.connect, self._limits.read)
        body = bytearray()
        try:
            with self._session.get(url, timeout=timeout, stream=True) as response:
                if response.status_code != requests.codes.ok:
                    answer, advice = f"{response.status_code} {response.reason}", _advice(response.status_code)
                    raise SourceError(because("http_status", answer=answer, url=url, advice=advice))
                for chunk in response.iter_content(chunk_size=65536):
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise SourceError(because("answer_too_large", url=url, count=MAX_BYTES))
        except requests.exceptions.ChunkedEncodingError as error:
            raise SourceError(because("broke_off", url=url)) from error
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise SourceUnreachable(because("unreachable", reason=_reason(error), url=url)) from error
        return bytes(body)


def public_url(code: str, limits: Limits, say: Callable[[str], None], urls: tuple[str, str] = (SECURE_URL, PLAIN_URL)) -> str:
    """The public service's address: https if it answers about ``code``, else http; ``say`` gets which, and why."""
    secure, plain = urls
    try:
        parse_rows(secure, Ipeadata(secure, limits.first_try()).metadata_body(code))
    except SourceError as error:
        say(f"ipeadata is asked at {plain}, where others on the way can read and change the answers, because: {error}")
        return plain
    say(f"ipeadata is asked at {secure}")
    return secure


def _advice(status: int) -> str:
    """What to do after a status that is no success."""
    if status in RETRIED_STATUSES or status >= 500:
        return because("try_later")
    return because("try_not_again")


def _reason(error: Exception) -> str:
    """The innermost cause in few words; requests and urllib3 wrap it three times."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return because("no_connection")
    if isinstance(error, requests.exceptions.Timeout):
        return because("no_answer")
    inner: object = error.args[0] if error.args else error
    inner = getattr(inner, "reason", None) or inner
    text = re.sub(r"^<.*?>: |^[A-Za-z.]*Connection\([^)]*\): ", "", str(inner)).strip()
    return text or type(error).__name__
