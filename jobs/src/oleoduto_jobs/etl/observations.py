"""Dated values of one series as a source returns them, checked before anything is written."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.texts import printable
from oleoduto_jobs.reasons.reason import because

MAX_BYTES = 64 * 1024 * 1024
"""Far above any series (forty years of daily prices are 1.5 MB); stops an endless response, and a file of something else."""


class SourceError(JobError):
    """The source responds, but not with a usable series. Control characters that it sent are not in the message."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def too_large(path: str, size: int) -> SourceError:
    """The failure of a file with so many bytes that it is no series."""
    return SourceError(because("file_too_large", path=path, size=f"{size / 1e6:.0f}", most=f"{MAX_BYTES / 1e6:.0f}"))


class SourceUnreachable(SourceError):
    """The source is unreachable; another source may work."""


class EmptySeries(SourceError):
    """The source knows the series and has no value of it."""


@dataclass(frozen=True)
class Observation:
    """One value in the series' unit; ``raw_date`` is the source's own text of the date."""

    date: dt.date
    raw_date: str
    value: float | None


@dataclass(frozen=True)
class Series:
    """Observations of one code in date order, with what the source says about them."""

    code: str
    observations: tuple[Observation, ...]
    description: str


def series_of(code: str, origin: str, description: str, observations: Sequence[Observation]) -> Series:
    """Order ``observations`` by date; refuse an empty series, one without a price, and repeated dates."""
    if not observations:
        raise EmptySeries(because("no_observations", origin=origin, code=code))
    if all(o.value is None for o in observations):
        raise EmptySeries(because("no_price", origin=origin, count=len(observations), code=code))
    ordered = tuple(sorted(observations, key=lambda o: o.date))
    for earlier, later in itertools.pairwise(ordered):
        if earlier.date == later.date:
            values = {"value": earlier.value, "other": later.value}
            raise SourceError(because("date_twice", origin=origin, day=later.date, code=code, **values))
    return Series(code, ordered, description)
