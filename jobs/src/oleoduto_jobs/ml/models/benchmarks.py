"""The forecasts that need no learning: two no-changes, a drift, a seasonal naive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.features import values_at
from oleoduto_jobs.ml.models.interface import Fit, Model, PlainModel

YEAR_MONTHS = 12


@dataclass(frozen=True)
class LastPrice(PlainModel):
    """Every future monthly mean equals the newest daily price (the end-of-month no-change)."""

    horizons: int

    def changes(self, known: Monthly) -> Floats:
        """Zero: no change."""
        del known
        return np.zeros(self.horizons)


@dataclass(frozen=True)
class MonthlyMean(PlainModel):
    """Every future monthly mean equals this month's mean."""

    horizons: int

    def changes(self, known: Monthly) -> Floats:
        """The change from this month's newest price to its mean, at every horizon."""
        return np.full(self.horizons, known.transformation.change(known.mean[-1:], known.last[-1:])[0])


@dataclass(frozen=True)
class Drift(PlainModel):
    """The newest daily price grows as it did on average: h times the mean monthly change of the last price."""

    horizons: int

    def changes(self, known: Monthly) -> Floats:
        """Random walk with drift (Hyndman & Athanasopoulos, Forecasting: principles and practice, 5.2)."""
        periods = max(int(known.positions[-1] - known.positions[0]), 1)
        slope = known.transformation.change(known.last[-1:], known.last[:1])[0] / periods
        changes: Floats = slope * np.arange(1, self.horizons + 1)
        return changes


@dataclass(frozen=True)
class SeasonalNaive(PlainModel):
    """The mean of the newest known period of the target's season; where the series lacks it, this period's mean."""

    horizons: int

    def changes(self, known: Monthly) -> Floats:
        """The change from the newest price to the mean of month t+h-12 (of period t+h less whole years)."""
        ahead = known.step * np.arange(1, self.horizons + 1)
        years = -(-ahead // YEAR_MONTHS)
        wanted = known.months[-1] + ahead - years * YEAR_MONTHS
        means = values_at(known.months, known.mean, wanted)
        return known.transformation.change(np.where(np.isfinite(means), means, known.mean[-1]), known.last[-1:])


def of(kind: Callable[[int], Model]) -> Fit:
    """The fit of a forecast that learns nothing."""
    return lambda window, *_: kind(window.horizons)
