"""One series as consecutive values, read from the final table, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import STEPS, month_index, month_text
from oleoduto_jobs.ml.transformation import Transformation, transformation_of
from oleoduto_jobs.reasons.reason import because
from oleoduto_jobs.schema import UNKNOWN_UNIT

COLUMNS = ("code", "period_start", "frequency", "unit", "mean_value")
"""What is read of the final table."""

FEWEST = 6
"""Values below which nothing but the last value can be said."""


class Status(StrEnum):
    """What became of a series."""

    OK = "ok"
    CONSTANT = "constant"
    """All values are equal: the forecast is this value."""
    SHORT = "short"
    """Too few values for seasons: the last value, with the wide intervals of so few changes."""
    STALE = "stale"
    """It ended too long ago: no forecast."""
    FAILED = "failed"
    """Its rows are not usable: no forecast."""


@dataclass(frozen=True)
class Path:
    """Values at consecutive periods; a period that is missing has the value between its neighbors (on the model's scale).

    ``last_month``: calendar position of the newest period; ``season``: periods in a year.
    """

    code: str
    values: Floats
    season: int
    last_month: int
    transformation: Transformation
    unit: str = UNKNOWN_UNIT

    @property
    def step(self) -> int:
        """Months from one period to the next."""
        return 12 // self.season

    @property
    def scaled(self) -> Floats:
        """The values on the scale of the models."""
        return self.transformation.of(self.values)

    def head(self, periods: int) -> Path:
        """The series as it was after its first ``periods`` values."""
        dropped = (len(self.values) - periods) * self.step
        return replace(self, values=self.values[:periods], last_month=self.last_month - dropped)


@dataclass(frozen=True)
class Unusable:
    """A series without a path, and why."""

    code: str
    why: str


def paths(final: pd.DataFrame) -> Iterator[Path | Unusable]:
    """The series of a final table (``COLUMNS``), in the order of their codes.

    Columns are read once for all series: a frame for each would take ten times as long.
    """
    series, codes = pd.factorize(final["code"], sort=True)
    starts = pd.to_datetime(final["period_start"])
    year, of_year = (np.asarray(part, dtype=np.int64) for part in (starts.dt.year, starts.dt.month))
    months: Ints = month_index(year, of_year)
    values = final["mean_value"].to_numpy(dtype=np.float64)
    frequencies, units = (final[name].to_numpy(dtype=object) for name in ("frequency", "unit"))
    order = np.lexsort((months, series))
    first, after = (np.searchsorted(series[order], np.arange(len(codes)), side=side) for side in ("left", "right"))
    for code, start, end in zip(codes, first, after, strict=True):
        rows = order[start:end]
        of_rows = {str(frequency) for frequency in frequencies[rows]}
        yield _path(str(code), months[rows], values[rows], of_rows, str(units[rows[-1]]))


def _path(code: str, months: Ints, values: Floats, frequencies: set[str], unit: str) -> Path | Unusable:
    """One series. Its months ascend."""
    if len(frequencies) > 1 or (frequency := next(iter(frequencies))) not in STEPS:
        found = ", ".join(sorted(frequencies))
        return Unusable(code, because("mixed_rows", frequencies=found, known_frequencies=", ".join(STEPS)))
    step = STEPS[frequency]
    gaps = np.diff(months)
    if (gaps == 0).any():
        return Unusable(code, because("month_twice", month=month_text(int(months[1:][gaps == 0][0]))))
    if (gaps % step).any():
        month = month_text(int(months[1:][gaps % step != 0][0]))
        return Unusable(code, because("month_no_step", month=month, frequency=frequency))
    if not np.isfinite(values).all():
        return Unusable(code, because("month_not_finite", month=month_text(int(months[~np.isfinite(values)][0]))))
    transformation = transformation_of(values)
    every = np.arange(months[0], months[-1] + 1, step)
    filled = values
    if len(every) > len(months):
        filled = transformation.back(np.interp(every, months, transformation.of(values)))
    return Path(code, filled, 12 // step, int(months[-1]), transformation, unit)
