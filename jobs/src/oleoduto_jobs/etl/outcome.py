"""The result of one code: loaded, or why not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from oleoduto_jobs.etl import sample_prices
from oleoduto_jobs.etl.frequency import FrequencyFound, frequency_of
from oleoduto_jobs.etl.observations import EmptySeries, Observation, Series, SourceError
from oleoduto_jobs.etl.options import csv_options
from oleoduto_jobs.etl.responses import Response, parse_response
from oleoduto_jobs.reasons.reason import because
from oleoduto_jobs.schema import SAMPLE


class Status(StrEnum):
    """The status of a code, as the report has it."""

    OK = "ok"
    REUSED = "reused"
    DISCONTINUED = "discontinued"
    EMPTY = "empty"
    UNIT_CHANGED = "unit-changed"
    FAILED = "failed"


LOADED = (Status.OK, Status.REUSED, Status.DISCONTINUED)
"""Statuses whose rows go to the raw table."""

FRESH = (Status.OK, Status.REUSED)
"""Statuses that ``--strict`` lets through."""


FILE = "file"


@dataclass(frozen=True)
class SeriesOutcome:
    """One code after its response was read.

    ``unit`` is the unit of the loaded rows: after a change still the earlier one, so that the next run reports it
    again. ``frequency`` is judged from loaded rows only. ``updated`` is the source's own text of its last update.
    ``observations`` are in the unit of the series and empty unless the status is one of ``LOADED``.
    """

    code: str
    status: Status
    source: str
    unit: str | None
    frequency: FrequencyFound
    updated: str | None
    reused_from: str | None
    message: str | None
    observations: tuple[Observation, ...] = ()


def judge(
    response: Response, known_unit: str | None = None, accept_unit: bool = False, as_of: dt.date | None = None
) -> SeriesOutcome:
    """Read a response; ``known_unit`` is the unit of the newest earlier run that had one.

    Dates after the run date ``as_of`` are left out: projections, and what was not known then if the date is a past one.

    Only the service's own units are compared: those of a file and of the sample are in other words.
    """

    def outcome(status: Status, message: str, unit: str | None, updated: str | None) -> SeriesOutcome:
        none = FrequencyFound(None)
        return SeriesOutcome(response.code, status, response.source, unit, none, updated, response.reused_from, message)

    def loaded(status: Status, message: str, unit: str | None, updated: str | None) -> SeriesOutcome:
        word = metadata.periodicity if metadata else file.frequency
        frequency = frequency_of(word, [o.date for o in known if o.value is not None])
        words = "; ".join([message, *([left_out] if left_out else []), *([frequency.notice] if frequency.notice else [])])
        judged = outcome(status, words, unit, updated)
        return replace(judged, frequency=frequency, observations=known)

    try:
        series, metadata = parse_response(response)
        known, left_out = _known_on(series, as_of)
    except EmptySeries as error:
        return outcome(Status.EMPTY, str(error), known_unit, None)
    except SourceError as error:
        return outcome(Status.FAILED, str(error), known_unit, None)
    file = file_words(response)
    if metadata is None and file.unit:
        return loaded(Status.OK, series.description, file.unit, None)
    unit = (metadata.whole_unit if metadata else "") or known_unit
    updated = metadata.updated or None if metadata else None
    if known_unit and unit != known_unit and not accept_unit:
        message = because("unit_changed", code=response.code, unit=unit, known=known_unit)
        return outcome(Status.UNIT_CHANGED, message, known_unit, updated)
    if metadata and not metadata.active:
        message = because("discontinued", source=response.source, said=series.description)
        return loaded(Status.DISCONTINUED, message, unit, updated)
    status = Status.REUSED if response.reused_from else Status.OK
    return loaded(status, series.description, unit, updated)


@dataclass(frozen=True)
class FileWords:
    """Unit and frequency that a file's options or the sample name; empty texts if they don't."""

    unit: str = ""
    frequency: str = ""


def file_words(response: Response) -> FileWords:
    """What the source says of a series without metadata."""
    if response.source == SAMPLE:
        return FileWords(sample_prices.UNIT)
    if response.format != "csv":
        return FileWords()
    _, options = csv_options(response.origin)
    return FileWords(options.unit, options.frequency)


def _known_on(series: Series, as_of: dt.date | None) -> tuple[tuple[Observation, ...], str | None]:
    """The observations up to ``as_of``, and how many were left out in words."""
    if as_of is None or series.observations[-1].date <= as_of:
        return series.observations, None
    known = tuple(o for o in series.observations if o.date <= as_of)
    late = len(series.observations) - len(known)
    if all(o.value is None for o in known):
        raise EmptySeries(because("all_later", code=series.code, day=as_of, count=late))
    return known, because("some_later", count=late, day=as_of, last=series.observations[-1].date)
