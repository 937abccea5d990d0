"""Territories of a regional series of Ipeadata: one is chosen, several are never one series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from oleoduto_jobs.etl.observations import SourceError
from oleoduto_jobs.reasons.reason import because

NAMED = 30
"""Territories that a message lists."""


class Territory(NamedTuple):
    """``NIVNOME`` and ``TERCODIGO`` of a row: ``Estados`` and ``35``; both empty for a series of the whole country."""

    level: str
    code: str

    def __str__(self) -> str:
        return f"{self.level}/{self.code}"


def territory_of(row: Mapping[str, Any]) -> Territory:
    """The territory of a row."""
    return Territory(*(str(row.get(name) or "").strip() for name in ("NIVNOME", "TERCODIGO")))


def one_territory(code: str, rows: Sequence[Mapping[str, Any]], wanted: str) -> Territory:
    """The territory whose rows are the series: ``wanted`` (``LEVEL/CODE`` or ``CODE``), or the only one.

    A choice of a territory does not concern series without territories.
    """
    found = sorted({territory_of(row) for row in rows})
    if len(found) <= 1 and (not wanted or not found or found[0] == Territory("", "")):
        return found[0] if found else Territory("", "")
    level, slash, number = wanted.rpartition("/")
    matching = [one for one in found if one.code == number and (not slash or one.level == level)]
    if len(matching) == 1:
        return matching[0]
    listed, advice = ", ".join(map(str, found[:NAMED])), because("choose_territory")
    if len(found) > NAMED:
        listed = because("and_more", first=listed, count=len(found) - NAMED)
    if not wanted:
        raise SourceError(because("territories", code=code, count=len(found), listed=listed, advice=advice))
    about = {"code": code, "wanted": wanted, "listed": listed, "advice": advice}
    if not matching:
        raise SourceError(because("no_territory", **about))
    raise SourceError(because("many_territories", count=len(matching), **about))
