"""How far the coverage of a forecaster who knows the true distribution strays by chance."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

RUNS = 2000
DAYS = 21
"""Days of a month whose prices are a random walk."""
SHARE = 0.90


@dataclass(frozen=True)
class Band:
    """The middle 90 % of the simulated coverages."""

    low: float
    high: float

    def holds(self, coverage: float) -> bool:
        """Whether a coverage is inside, ends included."""
        return self.low <= coverage <= self.high


@functools.cache
def coverage_band(origins: int, horizon: int, level: int) -> Band:
    """The band for that many neighboring monthly origins: their targets overlap, so there are few independent ones.

    Of each month two numbers are drawn: the change from its first to its last day, and the change to the mean of its days,
    whose joint distribution is that of a daily random walk.
    """
    rng = np.random.default_rng(0)
    variance, mean_variance = float(DAYS), (DAYS + 1) * (2 * DAYS + 1) / (6 * DAYS)
    covariance = (DAYS + 1) / 2
    drawn = rng.multivariate_normal(
        [0.0, 0.0], [[variance, covariance], [covariance, mean_variance]], size=(RUNS, origins + horizon)
    )
    # The price at each origin is the sum of the months before; the target is one month's mean.
    ends = np.cumsum(drawn[:, :, 0], axis=1)
    errors = ends[:, horizon - 1 : -1] - ends[:, :origins] + drawn[:, horizon:, 1]
    width = ndtri((1.0 + level / 100.0) / 2.0) * np.sqrt(variance * (horizon - 1) + mean_variance)
    coverages = (np.abs(errors) <= width).mean(axis=1)
    low, high = np.quantile(coverages, [(1.0 - SHARE) / 2.0, (1.0 + SHARE) / 2.0])
    return Band(float(low), float(high))
