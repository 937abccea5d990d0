"""Where values come from: source, unit, last observation and run date, which every table and page of a run names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from oleoduto_jobs.schema import SAMPLE


@dataclass(frozen=True)
class Provenance:
    """The values of one series in one run.

    ``source`` is the kind of source that answered; ``stale`` whether the newest value is too old by the rule of data quality
    (`FRESH_RULE`), None if the run was not checked.
    """

    source: str
    unit: str
    last_observation: dt.date | None
    run_date: dt.date
    stale: bool | None = None

    @property
    def sample(self) -> bool:
        """Whether the values are those of the built-in sample."""
        return self.source == SAMPLE

    @property
    def dataproc(self) -> str:
        """The run's partition."""
        return f"{self.run_date:%Y%m%d}"

    @property
    def last(self) -> str:
        """The last observation's date; a dash if there is none."""
        return _text(self.last_observation) or "-"

    def columns(self) -> dict[str, str | bool | None]:
        """What a file about the values says, beside their unit."""
        last, day = _text(self.last_observation), self.run_date.isoformat()
        return {"source": self.source, "last_observation": last, "run_date": day, "stale": self.stale}

    def document(self) -> dict[str, str | bool | None]:
        """The same with the unit."""
        return {"unit": self.unit, **self.columns()}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """The values that a ``document`` is about."""
        last, day = _day(document["last_observation"]), dt.date.fromisoformat(document["run_date"])
        return cls(document["source"], document["unit"], last, day, document["stale"])

    def text(self) -> str:
        """One line for a log."""
        marks = [*(["sample data"] if self.sample else []), *(["stale"] if self.stale else [])]
        mark = f" ({', '.join(marks)})" if marks else ""
        return f"source: {self.source}; last observation: {self.last}; run date: {self.run_date}; unit: {self.unit}{mark}"


@dataclass(frozen=True)
class ListProvenance:
    """The values of many series in one run.

    ``sources``: the kinds of sources that answered; ``unit``: that of all series, None if they differ;
    ``last_observation``: date of the newest of all, None if there is none.
    """

    sources: tuple[str, ...]
    unit: str | None
    last_observation: dt.date | None
    run_date: dt.date

    @property
    def sample(self) -> bool:
        """Whether some values are those of the built-in sample."""
        return SAMPLE in self.sources

    @property
    def last(self) -> str:
        """The newest observation's date; a dash if there is none."""
        return _text(self.last_observation) or "-"

    def document(self) -> dict[str, str | list[str] | None]:
        """What a file about the values says."""
        return {
            "sources": list(self.sources),
            "unit": self.unit,
            "last_observation": _text(self.last_observation),
            "run_date": self.run_date.isoformat(),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """The values that a ``document`` is about."""
        last, day = _day(document["last_observation"]), dt.date.fromisoformat(document["run_date"])
        return cls(tuple(document["sources"]), document["unit"], last, day)


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
