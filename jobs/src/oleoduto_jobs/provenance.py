"""Where values come from: source, unit, last observation and run date, which every table and page of a run names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

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
        return self.last_observation.isoformat() if self.last_observation else "-"

    def columns(self) -> dict[str, str | bool | None]:
        """What a file about the values says, beside their unit."""
        last = self.last_observation.isoformat() if self.last_observation else None
        return {"source": self.source, "last_observation": last, "run_date": self.run_date.isoformat(), "stale": self.stale}

    def document(self) -> dict[str, str | bool | None]:
        """The same with the unit."""
        return {"unit": self.unit, **self.columns()}

    def text(self) -> str:
        """One line for a log."""
        marks = [*(["sample data"] if self.sample else []), *(["stale"] if self.stale else [])]
        mark = f" ({', '.join(marks)})" if marks else ""
        return f"source: {self.source}; last observation: {self.last}; run date: {self.run_date}; unit: {self.unit}{mark}"
