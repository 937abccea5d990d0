"""The forecasts that need no learning: two no-changes, a drift, a seasonal naive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.data import Floats, Monthly
from oleoduto_jobs.ml.features import values_at
from oleoduto_jobs.ml.models.interface import Fit, Model, PlainModel

SEASON_MONTHS = 12


@dataclass(frozen=True)
class LastPrice(PlainModel):
    """Every future monthly mean equals the newest daily price (the end-of-month no-change)."""

    horizons: int

    def log_ratios(self, known: Monthly) -> Floats:
        """Zero: no change."""
        del known
        return np.zeros(self.horizons)


@dataclass(frozen=True)
class MonthlyMean(PlainModel):
    """Every future monthly mean equals this month's mean."""

    horizons: int

    def log_ratios(self, known: Monthly) -> Floats:
        """The log ratio of this month's mean to its newest price, at every horizon."""
        return np.full(self.horizons, np.log(known.mean[-1] / known.last[-1]))


@dataclass(frozen=True)
class Drift(PlainModel):
    """The newest daily price grows as it did on average: h times the mean monthly log change of the last price."""

    horizons: int

    def log_ratios(self, known: Monthly) -> Floats:
        """Random walk with drift (Hyndman & Athanasopoulos, Forecasting: principles and practice, 5.2)."""
        months = max(int(known.months[-1] - known.months[0]), 1)
        slope = np.log(known.last[-1] / known.last[0]) / months
        ratios: Floats = slope * np.arange(1, self.horizons + 1)
        return ratios


@dataclass(frozen=True)
class SeasonalNaive(PlainModel):
    """The mean of the same month a year before its target; where that is unknown, this month's mean."""

    horizons: int

    def log_ratios(self, known: Monthly) -> Floats:
        """log(mean of month t+h-12 / newest price)."""
        wanted = known.months[-1] + np.arange(1, self.horizons + 1) - SEASON_MONTHS
        means = values_at(known.months, known.mean, wanted)
        ratios: Floats = np.log(np.where(np.isfinite(means), means, known.mean[-1]) / known.last[-1])
        return ratios


def of(kind: Callable[[int], Model]) -> Fit:
    """The fit of a forecast that learns nothing."""
    return lambda window, *_: kind(window.horizons)
