"""How good forecasts were: one number per horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.evaluation.intervals import LEVELS, Intervals, winkler
from oleoduto_jobs.ml.transformation import Transformation

Numbers = list[float | None]
"""One per horizon; None if it is undefined (no origin, no interval, no spread)."""


@dataclass(frozen=True)
class Scores:
    """Errors of one candidate on some origins. In the unit of the series; a target that is not yet known does not count."""

    origins: list[int]
    """Origins whose target is known."""
    mae: Numbers
    """Mean absolute error."""
    mape: Numbers
    """Mean absolute percentage error, %; None for a series with values that are not positive."""
    rmse: Numbers
    """Root mean squared error."""
    mspe_ratio: Numbers
    """Mean squared error over that of the monthly-mean no-change."""
    mspe_to_benchmark: Numbers
    """Mean squared error over that of the end-of-month no-change."""
    direction: Numbers
    """Share of origins with the right sign of the change from the last price; None for a forecast of no change."""
    dm: Numbers
    """Diebold-Mariano statistic against the end-of-month no-change; negative is better than it."""
    dm_p: Numbers
    """Its two-sided p value (Harvey, Leybourne & Newbold's correction, Student's t)."""


@dataclass(frozen=True)
class IntervalScores:
    """Quality of the intervals of one candidate on some origins."""

    coverage: dict[str, Numbers]
    """Share of outcomes inside, by level."""
    winkler: dict[str, Numbers]
    """Mean interval score, in the unit of the series, by level."""
    crps: Numbers
    """Mean continuous ranked probability score, in the unit of the series."""


def scores(forecast: Floats, actual: Floats, monthly_mean: Floats, last_price: Floats, last: Floats) -> Scores:
    """Score rows of forecasts (columns are horizons) against what happened.

    ``monthly_mean`` and ``last_price`` are the forecasts of the two no-changes, ``last`` the last price of each
    origin.
    """
    error = forecast - actual
    squared = error**2
    benchmark = (last_price - actual) ** 2
    mspe = _mean(squared)
    positive = bool((actual[np.isfinite(actual)] > 0.0).all())
    loss = squared - benchmark
    tests = [diebold_mariano(column, h) for h, column in enumerate(loss.T, 1)]
    return Scores(
        origins=[int(n) for n in np.isfinite(error).sum(axis=0)],
        mae=_mean(np.abs(error)),
        mape=_mean(100.0 * np.abs(error) / actual) if positive else [None] * error.shape[1],
        rmse=[None if v is None else math.sqrt(v) for v in mspe],
        mspe_ratio=_ratios(mspe, _mean((monthly_mean - actual) ** 2)),
        mspe_to_benchmark=_ratios(mspe, _mean(benchmark)),
        direction=_direction(forecast, actual, last),
        dm=[statistic for statistic, _ in tests],
        dm_p=[p for _, p in tests],
    )


def interval_scores(forecast: Floats, actual: Floats, given: Intervals, transformation: Transformation) -> IntervalScores:
    """Score the intervals; origins without one do not count."""
    coverage, width, moved = {}, {}, transformation.moved
    for level in LEVELS:
        half = given.half[level]
        inside = np.where(np.abs(transformation.change(actual, forecast)) <= half, 1.0, 0.0)
        coverage[str(level)] = _mean(np.where(np.isfinite(half * actual), inside, np.nan))
        width[str(level)] = _mean(winkler(moved(forecast, -half), moved(forecast, half), actual, level))
    return IntervalScores(coverage, width, _mean(given.crps))


def diebold_mariano(loss: Floats, horizon: int) -> tuple[float | None, float | None]:
    """Statistic and two-sided p value of equal accuracy, for loss differences of ``horizon``-step forecasts.

    Diebold & Mariano (1995) with the factor and Student's t of Harvey, Leybourne & Newbold (1997). Forecasts h
    months ahead overlap, so the variance holds h-1 autocovariances; if their sum is not positive they get Bartlett's
    weights, whose sum always is. (None, None) if there is nothing to test.
    """
    from scipy.special import stdtr

    known = loss[np.isfinite(loss)]
    count = len(known)
    if count <= horizon or not (known != known[0]).any():
        return None, None
    variance = _long_run_variance(known, horizon)
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    if variance <= 0.0 or correction <= 0.0:
        return None, None
    statistic = float(np.mean(known) / math.sqrt(variance / count) * math.sqrt(correction))
    return statistic, float(2.0 * stdtr(count - 1, -abs(statistic)))


def _long_run_variance(values: Floats, horizon: int) -> float:
    centred = values - values.mean()
    lags = range(1, horizon)
    covariances = [float(centred[k:] @ centred[:-k]) / len(values) for k in lags]
    own = float(centred @ centred) / len(values)
    flat = own + 2.0 * sum(covariances)
    if flat > 0.0:
        return flat
    return own + 2.0 * sum((1.0 - k / horizon) * c for k, c in zip(lags, covariances, strict=True))


def _direction(forecast: Floats, actual: Floats, last: Floats) -> Numbers:
    said, was = np.sign(forecast - last[:, None]), np.sign(actual - last[:, None])
    right = np.where(said == was, 1.0, 0.0)
    # A forecast of no change says no direction.
    return _mean(
        np.where(
            (said != 0.0) & np.isfinite(actual) & (np.abs(forecast - last[:, None]) > 1e-12 * np.abs(last[:, None])),
            right,
            np.nan,
        )
    )


def _mean(values: Floats) -> Numbers:
    found: Numbers = []
    for column in values.T:
        known = column[np.isfinite(column)]
        found.append(float(np.mean(known)) if len(known) else None)
    return found


def _ratios(above: Numbers, below: Numbers) -> Numbers:
    # None also where the one that it is measured against had no error at all, as on a constant series.
    return [None if a is None or not b else a / b for a, b in zip(above, below, strict=True)]
