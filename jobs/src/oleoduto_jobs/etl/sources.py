"""Where a series comes from: ``ipeadata``, ``ipeadatapy``, ``file:PATH``, ``sample`` or ``replay:YYYYMMDD``.

``file`` and the service may have options, see ``options``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from oleoduto_jobs.etl import ipeadatapy_source, sample_prices
from oleoduto_jobs.etl.ipeadata import PATIENT, URL_VARIABLE, Ipeadata, Limits, public_url
from oleoduto_jobs.etl.observations import MAX_BYTES, SourceError, SourceUnreachable, too_large
from oleoduto_jobs.etl.odata import parse_metadata
from oleoduto_jobs.etl.options import csv_options, split_options
from oleoduto_jobs.etl.responses import Response
from oleoduto_jobs.parser import run_date
from oleoduto_jobs.reasons.reason import because

CODE_PLACE = "{code}"
KNOWN = f"`ipeadata`, `ipeadatapy`, `sample`, `file:PATH` (PATH may hold {CODE_PLACE}) or `replay:YYYYMMDD`"

ReadBytes = Callable[[str], bytes]
Respond = Callable[[str], Response]
Stored = Callable[[str, str], Response | None]
"""The stored response of a run date and a code."""


@dataclass(frozen=True)
class Update:
    """The newest earlier run that has a series, and what the source then gave as its last update."""

    dataproc: str
    updated: str


def notice(text: str) -> None:
    """A line on standard error, so that a command's result stays alone on standard output."""
    print(f"notice: {text}", file=sys.stderr)


def read_local_bytes(path: str) -> bytes:
    """Content of a file of this machine; one that is no series by its size is not read."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise too_large(path, size)
            return file.read()
    except FileNotFoundError as error:
        raise SourceError(because("file_missing", path=path)) from error
    except IsADirectoryError as error:
        raise SourceError(because("file_folder", path=path)) from error
    except OSError as error:
        raise SourceError(because("file_unreadable", path=path, reason=error.strerror)) from error


@dataclass(frozen=True)
class Asker:
    """Requests codes from one source; ``first`` is the code that gets the series of a source with one series.

    ``base`` is Ipeadata's address; without one, the public service is asked by https or else by http, and ``say`` gets which.
    ``updates`` has the newest earlier run by code; ``stored`` reads its response.
    """

    source: str
    first: str
    stored: Stored
    read: ReadBytes = read_local_bytes
    base: str | None = None
    updates: Callable[[str], Update | None] = lambda code: None
    limits: Limits = PATIENT
    say: Callable[[str], None] = notice

    def respond(self) -> Respond:
        """The function that requests one code; an unknown source is an error here, not once per code."""
        source, _, rest = self.source.partition(":")
        service, options = (source, {}) if rest else split_options(self.source, ("territory",))
        territory = options.get("territory", "")
        if service == "ipeadata":
            base = self.base or public_url(self.first, self.limits, self.say)
            Ipeadata(base)  # a bad address would else be reported once per code
            return lambda code: replace(self._ipeadata(base, code), territory=territory)
        if service == "ipeadatapy":
            return lambda code: replace(self._ipeadatapy(code), territory=territory)
        if self.source == "sample":
            return sample
        if source == "file" and rest:
            csv_options(rest)  # bad options would else be reported once per code
            return lambda code: self._file(rest, code)
        if source == "replay" and run_date(rest):
            return lambda code: self._replay(rest, code)
        raise SourceError(f"unknown source `{self.source}`; it must be {KNOWN}")

    def _ipeadata(self, base: str, code: str) -> Response:
        """Metadata first: an unchanged series is not fetched again, and the earlier run's values are used."""
        # A client for each code: its total time and its retries are the code's own.
        client = Ipeadata(base, self.limits)
        empty = Response(code, "ipeadata", client.base, "odata")
        body = client.metadata_body(code)
        asked = replace(empty, metadata=body)
        try:
            updated = parse_metadata(code, client.base, body).updated
            kept = self._unchanged(asked, updated)
            return kept or replace(asked, values=client.values_body(code))
        except SourceUnreachable:
            raise
        except SourceError as error:
            return replace(asked, error=str(error))

    def _unchanged(self, asked: Response, updated: str) -> Response | None:
        earlier = self.updates(asked.code)
        if earlier is None or not updated or earlier.updated != updated:
            return None
        kept = self.stored(earlier.dataproc, asked.code)
        if kept is None or kept.values is None or (kept.source, kept.origin) != (asked.source, asked.origin):
            return None
        return replace(asked, values=kept.values, reused_from=earlier.dataproc)

    def _ipeadatapy(self, code: str) -> Response:
        metadata, values = ipeadatapy_source.bodies(code, self.limits.total)
        return Response(code, "ipeadatapy", ipeadatapy_source.ORIGIN, "odata", metadata, values)

    def _file(self, path: str, code: str) -> Response:
        """The options stay in the origin, so that a replay reads the file in the same way."""
        origin = path.replace(CODE_PLACE, code)
        file, _ = csv_options(origin)

        def read() -> Response:
            return Response(code, "file", origin, "csv", values=self.read(file))

        return read() if CODE_PLACE in path else self._one_series(code, read)

    def _one_series(self, code: str, respond: Callable[[], Response]) -> Response:
        if code != self.first:
            about = {"source": self.source, "first": self.first, "code": code, "place": CODE_PLACE}
            raise SourceError(because("other_series", **about))
        return respond()

    def _replay(self, dataproc: str, code: str) -> Response:
        kept = self.stored(dataproc, code)
        if kept is None:
            raise SourceError(because("nothing_to_replay", code=code, day=dataproc))
        return kept


def base_url(given: str | None) -> str | None:
    """The argument, else the environment variable IPEADATA_BASE_URL, else none: the public service."""
    return given or os.environ.get(URL_VARIABLE) or None


def sample(code: str) -> Response:
    """Monthly mean Brent, 1987-05 to 2020-01, dated the 15th; it is no other series."""
    if code != sample_prices.CODE:
        raise SourceError(because("other_than_sample", sample=sample_prices.CODE, code=code))
    return Response(code, "sample", "sample", "csv", values=sample_prices.csv().encode())
