"""The two measures of the competitions."""

from __future__ import annotations

import numpy as np

from oleoduto_jobs.ml.arrays import Floats


def mase(forecast: Floats, actual: Floats, before: Floats, season: int) -> float | None:
    """Mean absolute error over that of the seasonal naive inside ``before`` (Hyndman and Koehler 2006); None if that is 0."""
    lag = season if len(before) > season else 1
    usual = float(np.mean(np.abs(before[lag:] - before[:-lag])))
    return float(np.mean(np.abs(forecast - actual))) / usual if usual > 0.0 else None


def smape(forecast: Floats, actual: Floats) -> float:
    """Symmetric mean absolute percentage error, % (Makridakis and Hibon 2000)."""
    size = np.abs(forecast) + np.abs(actual)
    return float(np.mean(200.0 * np.abs(forecast - actual) / np.where(size > 0.0, size, 1.0)))
