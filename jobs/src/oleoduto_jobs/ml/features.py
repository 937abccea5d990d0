"""Features and targets: unit-free numbers, so that a model of 1990's prices can be used on today's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.data import Floats, Monthly
from oleoduto_jobs.schema import LAGS

FEATURES = (
    "mean_to_last",
    *(f"lag_{k}_to_last" for k in LAGS),
    "rolling_mean_to_last",
    "rolling_min_to_last",
    "rolling_max_to_last",
    "rolling_std_to_mean",
    "season_sin",
    "season_cos",
)


def features(monthly: Monthly) -> Floats:
    """One row per month, columns ``FEATURES``.

    ``x_to_last`` is log(x / newest daily price of the month); ``rolling_std_to_mean`` is the ratio of the
    two; the seasons are sine and cosine of the month's place in the year. A row uses its own month and
    earlier ones only, as its columns in the final table do.
    """
    last = monthly.last
    angle = 2.0 * np.pi * (monthly.months % 12) / 12.0
    columns = [
        np.log(monthly.mean / last),
        *(np.log(monthly.prices[f"lag_{k}"] / last) for k in LAGS),
        np.log(monthly.prices["rolling_mean_6"] / last),
        np.log(monthly.prices["rolling_min_6"] / last),
        np.log(monthly.prices["rolling_max_6"] / last),
        monthly.prices["rolling_std_6"] / monthly.prices["rolling_mean_6"],
        np.sin(angle),
        np.cos(angle),
    ]
    return np.column_stack(columns)


def future_means(monthly: Monthly, horizons: int) -> Floats:
    """Mean price h = 1..horizons calendar months after each row; NaN where that month is not (yet) known."""
    positions = monthly.months[:, None] + np.arange(1, horizons + 1)[None, :]
    place = np.searchsorted(monthly.months, positions)
    inside = np.minimum(place, len(monthly) - 1)
    known = (place < len(monthly)) & (monthly.months[inside] == positions)
    return np.where(known, monthly.mean[inside], np.nan)


@dataclass(frozen=True)
class Window:
    """What a model may learn from at one origin.

    ``x``: features of all months up to the origin (the last row is the origin itself); ``y``:
    log(mean price of month t+h / newest daily price of month t), NaN where t+h is after the origin.
    """

    x: Floats
    y: Floats

    @property
    def horizons(self) -> int:
        """Months ahead."""
        return int(self.y.shape[1])

    def known(self, horizon: int) -> tuple[Floats, Floats]:
        """Features and targets of the rows whose target is known, for ``horizon`` = 1, 2, ..."""
        target = self.y[:, horizon - 1]
        rows = np.isfinite(target)
        return self.x[rows], target[rows]


def training_window(monthly: Monthly, row: int, horizons: int) -> Window:
    """The window at the origin ``row``. Later rows are cut off before anything is computed."""
    known = monthly.upto(row)
    return Window(features(known), np.log(future_means(known, horizons) / known.last[:, None]))
