"""The bodies of Ipeadata's OData service as a series: pure functions over bytes, no network."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oleoduto_jobs.etl.observations import Observation, SourceError
from oleoduto_jobs.etl.territories import Territory, one_territory, territory_of
from oleoduto_jobs.etl.texts import printable
from oleoduto_jobs.reasons.reason import because

LONGEST_NUMBER = 300
"""Digits of a whole number that a double surely holds."""
LARGEST = 1.7976931348623157e308

_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")


@dataclass(frozen=True)
class Metadata:
    """What Ipeadata says about a series; texts are its own (Portuguese).

    ``multiplier`` belongs to the unit (``mil``, ``milhões``); ``updated`` is the service's own text of the
    moment of the last update, only ever compared with itself.
    """

    code: str
    name: str
    unit: str
    periodicity: str
    active: bool
    multiplier: str = ""
    updated: str = ""

    @property
    def whole_unit(self) -> str:
        """Unit with its multiplier: ``US$`` or ``R$ (milhões)``."""
        return f"{self.unit} ({self.multiplier})" if self.multiplier else self.unit

    def describe(self) -> str:
        """One line for the log."""
        state = "active" if self.active else "discontinued"
        return f"{self.name} ({self.periodicity or 'no periodicity'}, {self.unit or 'no unit'}, {state})"


def metadata_call(code: str) -> str:
    """The call that describes a series."""
    return f"Metadados('{code}')"


def values_call(code: str) -> str:
    """The call that gives all values of a series."""
    return f"ValoresSerie(SERCODIGO='{code}')"


def parse_metadata(code: str, base: str, body: bytes) -> Metadata:
    """What ``body`` (the answer of ``base`` to ``metadata_call``) says; an unknown code is an error."""
    rows = parse_rows(f"{base}/{metadata_call(code)}", body)
    if not rows:
        raise SourceError(because("unknown_code", code=code))
    row = rows[0]
    _check_code(code, row, f"{base}/{metadata_call(code)}")
    if row.get("SERNUMERICA") is False:
        raise SourceError(because("texts", code=code))

    def text(name: str, absent: str = "") -> str:
        return printable(str(row.get(name) or absent))

    return Metadata(
        code=text("SERCODIGO", code),
        name=text("SERNOME", code),
        unit=text("UNINOME"),
        periodicity=text("PERNOME"),
        active=row.get("SERSTATUS") != "I",
        multiplier=text("MULNOME"),
        updated=text("SERATUALIZACAO"),
    )


def parse_values(code: str, base: str, body: bytes, territory: str = "") -> tuple[list[Observation], Territory]:
    """The observations of ``body`` (the answer of ``base`` to ``values_call``), in its order, exact copies once; and the
    territory that they are of.

    A regional series has rows of several territories: ``territory`` says which are taken, and is not used for others.
    """
    call = values_call(code)
    rows = parse_rows(f"{base}/{call}", body)
    for row in rows:
        _check_code(code, row, f"{base}/{call}")
    chosen = one_territory(code, rows, territory)
    found = [_observation(call, number, row) for number, row in enumerate(rows, start=1) if territory_of(row) == chosen]
    # The service repeats rows now and then; other rows of the same date are an error of the series.
    return list(dict.fromkeys(found)), chosen


def _check_code(code: str, row: Mapping[str, Any], url: str) -> None:
    """Refuse a row of another series; a client of the service may leave the code out."""
    of = row.get("SERCODIGO", code)
    if of != code:
        raise SourceError(because("answer_of_other", url=url, other=repr(of), code=code))


def parse_rows(url: str, body: bytes) -> list[Mapping[str, Any]]:
    """The rows of ``body``, the answer of ``url``; an error if it is not OData."""
    document = _json(url, body)
    rows = document.get("value") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(because("no_odata", url=url))
    if "@odata.nextLink" in document:
        raise SourceError(because("in_pages", url=url))
    return rows


def _json(url: str, body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"), parse_int=_whole)
    except RecursionError as error:
        raise SourceError(because("too_deep", url=url)) from error
    except UnicodeDecodeError as error:
        raise SourceError(because("answer_not_text", url=url)) from error
    except json.JSONDecodeError as error:
        start = body.lstrip()[:60].decode("utf-8", "replace")
        if start.startswith(("{", "[")):
            raise SourceError(because("broken_json", url=url, count=len(body), error=error)) from error
        is_xml = start.startswith(("<?xml", "<feed", "<service"))
        kind = "answer_xml" if is_xml else "answer_html" if start.startswith("<") else "answer_no_json"
        raise SourceError(because(kind, url=url, start=repr(start))) from error


def _whole(digits: str) -> int | float:
    """A whole number; one that no double holds is infinite, which the check of values refuses."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)


def _observation(call: str, number: int, row: Mapping[str, Any]) -> Observation:
    raw_date, value = row.get("VALDATA"), row.get("VALVALOR")

    def fails(kind: str, **values: object) -> SourceError:
        return SourceError(because(kind, number=number, call=call, **values))

    # The date is the calendar date as written: a shift to UTC would move Brazilian midnights.
    written = _DATE.fullmatch(raw_date) if isinstance(raw_date, str) else None
    if not isinstance(raw_date, str) or written is None:
        raise fails("row_of_hour", date=repr(raw_date))
    try:
        date = dt.date.fromisoformat(written.group(1))
    except ValueError as error:
        raise fails("row_of_no_date", date=repr(raw_date)) from error
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise fails("row_no_number", date=raw_date, value=repr(value))
    if value is not None and not abs(value) <= LARGEST:
        raise fails("row_not_finite", date=raw_date, value=repr(value))
    return Observation(date, raw_date, None if value is None else float(value))
