"""The result of one code: loaded, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oleoduto_jobs.etl import sample_prices
from oleoduto_jobs.etl.observations import EmptySeries, Observation, SourceError
from oleoduto_jobs.etl.responses import Response, parse_response


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


SAMPLE = "sample"


@dataclass(frozen=True)
class SeriesOutcome:
    """One code after its response was read.

    ``unit`` is the unit of the loaded rows: after a change still the earlier one, so that the next run reports it
    again. ``updated`` is the source's own text of its last update. ``observations`` are in
    the unit of the series and empty unless the status is one of ``LOADED``.
    """

    code: str
    status: Status
    source: str
    unit: str | None
    updated: str | None
    reused_from: str | None
    message: str | None
    observations: tuple[Observation, ...] = ()


def judge(response: Response, known_unit: str | None = None, accept_unit: bool = False) -> SeriesOutcome:
    """Read a response; ``known_unit`` is the unit of the newest earlier run that had one.

    Only the service's own units are compared: a file names none, and the sample's is in other words.
    """

    def outcome(
        status: Status, message: str | None, unit: str | None, updated: str | None, rows: tuple[Observation, ...] = ()
    ) -> SeriesOutcome:
        return SeriesOutcome(response.code, status, response.source, unit, updated, response.reused_from, message, rows)

    try:
        series, metadata = parse_response(response)
    except EmptySeries as error:
        return outcome(Status.EMPTY, str(error), known_unit, None)
    except SourceError as error:
        return outcome(Status.FAILED, str(error), known_unit, None)
    if response.source == SAMPLE:
        return outcome(Status.OK, series.description, sample_prices.UNIT, None, series.observations)
    unit = (metadata.whole_unit if metadata else "") or known_unit
    updated = metadata.updated or None if metadata else None
    if known_unit and unit != known_unit and not accept_unit:
        message = (
            f"the unit of {response.code} is now {unit}, it was {known_unit}; its values don't continue the earlier ones. If "
            f"that is right, run extract once with `--accept-unit-change {response.code}`"
        )
        return outcome(Status.UNIT_CHANGED, message, known_unit, updated)
    if metadata and not metadata.active:
        message = f"{response.source} marks the series as discontinued: {series.description}; no new values will come"
        return outcome(Status.DISCONTINUED, message, unit, updated, series.observations)
    status = Status.REUSED if response.reused_from else Status.OK
    return outcome(status, series.description, unit, updated, series.observations)
