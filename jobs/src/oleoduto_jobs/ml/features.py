"""Features and targets: unit-free numbers, so that a model of 1990's prices can be used on today's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.schema import LAGS

MOMENTUM_MONTHS = (1, 3, 12)
"""Periods back to which the newest daily price is compared."""

FEATURES = (
    "mean_to_last",
    *(f"lag_{k}_to_last" for k in LAGS),
    "rolling_mean_to_last",
    "rolling_min_to_last",
    "rolling_max_to_last",
    "rolling_std_to_mean",
    *(f"momentum_{k}" for k in MOMENTUM_MONTHS),
    "season_sin",
    "season_cos",
)


def features(monthly: Monthly) -> Floats:
    """One row per month, columns ``FEATURES``.

    ``x_to_last`` is the change from the newest daily price of the month to x on the scale of the transformation (for logs:
    log(x / newest)); ``rolling_std_to_mean`` is the standard deviation on that scale; ``momentum_k`` is the change from
    the newest price k months earlier, 0 where that month is not in the data; the seasons are sine and cosine of the
    month's place in the year. A row uses its own month and earlier ones only, as its columns in the final table do.
    """
    last, change = monthly.last, monthly.transformation.change
    angle = 2.0 * np.pi * (monthly.months % 12) / 12.0
    columns = [
        change(monthly.mean, last),
        *(change(monthly.prices[f"lag_{k}"], last) for k in LAGS),
        change(monthly.prices["rolling_mean_6"], last),
        change(monthly.prices["rolling_min_6"], last),
        change(monthly.prices["rolling_max_6"], last),
        monthly.transformation.spread(monthly.prices["rolling_std_6"], monthly.prices["rolling_mean_6"]),
        *(_momentum(monthly, k) for k in MOMENTUM_MONTHS),
        np.sin(angle),
        np.cos(angle),
    ]
    return np.column_stack(columns)


def _momentum(monthly: Monthly, months: int) -> Floats:
    earlier = values_at(monthly.months, monthly.last, monthly.months - months * monthly.step)
    return np.where(np.isfinite(earlier), monthly.transformation.change(monthly.last, earlier), 0.0)


def values_at(months: Ints, values: Floats, wanted: Ints) -> Floats:
    """The value of each wanted calendar month; NaN where the series does not have that month."""
    inside = np.minimum(np.searchsorted(months, wanted), len(months) - 1)
    return np.where(months[inside] == wanted, values[inside], np.nan)


def future_means(monthly: Monthly, horizons: int) -> Floats:
    """Mean price h = 1..horizons periods after each row; NaN where that period is not (yet) known."""
    wanted = monthly.months[:, None] + monthly.step * np.arange(1, horizons + 1)[None, :]
    return values_at(monthly.months, monthly.mean, wanted)


@dataclass(frozen=True)
class Window:
    """What a model may learn from at one origin.

    ``known``: the series up to the origin; ``x``: features of its months (the last row is the origin itself);
    ``y``: change from the newest daily price of month t to the mean price of month t+h on the scale of the transformation
    (for logs: log(mean / newest)), NaN where t+h is after the origin.
    """

    known: Monthly
    x: Floats
    y: Floats

    @property
    def horizons(self) -> int:
        """Months ahead."""
        return int(self.y.shape[1])

    def rows(self, horizon: int) -> tuple[Floats, Floats]:
        """Features and targets of the rows whose target is known, for ``horizon`` = 1, 2, ..."""
        target = self.y[:, horizon - 1]
        known = np.isfinite(target)
        return self.x[known], target[known]

    def complete(self) -> tuple[Floats, Floats]:
        """Features and targets of the rows whose targets are known at all horizons."""
        known = np.isfinite(self.y).all(axis=1)
        return self.x[known], self.y[known]

    def head(self, rows: int) -> Window:
        """The window as it was ``rows`` rows after its start: later targets are not known."""
        return training_window(self.known, rows - 1, self.horizons)


def training_window(monthly: Monthly, row: int, horizons: int) -> Window:
    """The window at the origin ``row``. Later rows are cut off before anything is computed."""
    known = monthly.upto(row)
    return Window(known, features(known), known.transformation.change(future_means(known, horizons), known.last[:, None]))
