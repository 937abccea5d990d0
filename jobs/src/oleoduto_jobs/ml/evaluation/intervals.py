"""Prediction intervals from the sizes of past errors, pooled over the horizons and scaled by volatility.

The written rule (docs/forecasting.md, Intervals): half width at t and horizon h = scale at t x growth of h x a quantile of
|error| / (scale x growth) over all past origins and horizons whose target has ended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.transformation import UNIT_ROWS, Transformation

LEVELS = (80, 95)
"""Coverage in percent."""

MIN_ERRORS = 20
"""19 errors are the fewest that can hold a 95 % interval; below, the quantile is Student's."""

FEWEST_ERRORS = 5
"""Below, there is no interval."""

DAILY_DECAY = 0.94
"""Weight that a day's squared return keeps after another day (RiskMetrics)."""

MONTHLY_DECAY = 0.8
"""The same for a series with one value a month."""

SHRINKAGE = 0.25
"""Exponent of variance over its mean so far: 0 ignores the present, 1/2 follows volatility wholly."""

FLOOR = 1e-6
"""Smallest volatility, so that a constant stretch does not divide by zero."""

MARTINGALE = 0.5
"""Exponent of the growth of errors with the variance of the target under a martingale."""

NEAR = 0.1
"""An estimated exponent that is so near is that of a martingale: the difference is chance."""

MEMBERS = 100
"""Sizes of past errors that make a CRPS."""


def volatility_scale(monthly: Monthly) -> Floats:
    """How wide errors are expected at each month, relative to what they were on average so far.

    ``(variance / mean variance so far) ** SHRINKAGE``: the variance is that of a day, with exponential weights
    (RiskMetrics) from the months' realized volatility; in months with one value, that of the change of a month. A month
    uses its own prices and earlier ones only.
    """
    days = monthly.daily.get("value_count", np.ones(len(monthly)))
    squared = np.append(np.nan, monthly.transformation.change(monthly.last[1:], monthly.last[:-1]) ** 2)
    if monthly.transformation.kind == "log" and "realised_volatility" in monthly.daily:
        realized = monthly.daily["realised_volatility"] ** 2
        squared = np.where(np.isfinite(realized) & (days > 1), realized, squared)
    scale = np.ones(len(monthly))
    recent: float | None = None
    total = counted = 0.0
    for place, (square, count) in enumerate(zip(squared.tolist(), days.tolist(), strict=True)):
        if not math.isfinite(square):
            continue
        decay = DAILY_DECAY**count if count > 1 else MONTHLY_DECAY
        recent = square / count if recent is None else decay * recent + (1.0 - decay) * square / count
        total, counted = total + square, counted + count
        scale[place] = (max(recent, FLOOR**2) / max(total / counted, FLOOR**2)) ** SHRINKAGE
    return scale


def target_days(monthly: Monthly, horizons: int) -> Floats:
    """Variance of the mean of month t+h around the last price of month t, in variances of a day's return.

    For n days a month and independent returns: n(h-1) + (n+1)(2n+1)/6n. ``n`` is the median of the oldest months, which
    every origin knows; one value a month gives h.
    """
    given = monthly.daily.get("value_count", np.ones(len(monthly)))
    n = float(np.median(given[:UNIT_ROWS]))
    days: Floats = n * np.arange(horizons, dtype=np.float64) + (n + 1.0) * (2.0 * n + 1.0) / (6.0 * n)
    return days


@dataclass(frozen=True)
class Calibration:
    """Past errors on a common size: ``sizes`` (ascending) times ``growth`` of a horizon are errors at volatility 1.

    ``counts``: errors by horizon.
    """

    sizes: Floats
    growth: Floats
    counts: Ints

    @property
    def usable(self) -> bool:
        """Whether there are enough errors for an interval."""
        return int(self.counts[0]) >= FEWEST_ERRORS

    def half_widths(self, level: int) -> Floats:
        """On the transformed scale, at volatility 1, one per horizon."""
        errors, share = int(self.counts[0]), level / 100
        if errors < MIN_ERRORS:
            from scipy.special import stdtrit

            # A prediction interval of a normal variable whose variance has few degrees of freedom.
            size = math.sqrt(float(np.mean(self.sizes**2)) * (1.0 + 1.0 / errors))
            return self.growth * float(stdtrit(errors - 1, (1.0 + share) / 2.0)) * size
        ranks = np.minimum(share * (1.0 + 3.0 / np.maximum(self.counts, 1)), 1.0)
        return self.growth * _quantiles(self.sizes, ranks)

    @cached_property
    def members(self) -> Floats:
        """Equally likely errors at volatility 1 and growth 1, both signs."""
        sizes = _quantiles(self.sizes, (np.arange(MEMBERS) + 0.5) / MEMBERS)
        return np.concatenate([-sizes, sizes])


def _quantiles(ordered: Floats, shares: Floats) -> Floats:
    """Quantiles of an ascending array by linear interpolation: ``np.quantile`` would sort it again, thousands of times."""
    place = shares * (len(ordered) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(ordered) - 1)
    found: Floats = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    return found


def calibrate(scaled_errors: Floats, days: Floats) -> Calibration:
    """Pool the errors of all horizons (columns; NaN: unknown) over volatility; ``days`` are ``target_days``.

    The growth is ``days ** exponent``: 1/2 for a martingale; for others (seasonal ones do not grow) the slope of the log
    root mean square error on log ``days``, if it is far from 1/2 and every horizon has enough errors.
    """
    counts = np.isfinite(scaled_errors).sum(axis=0)
    exponent = MARTINGALE
    if len(days) > 1 and counts.min() >= MIN_ERRORS:
        rms = np.sqrt(np.nanmean(scaled_errors**2, axis=0))
        if (rms > 0.0).all():
            off = float(np.polyfit(np.log(days), np.log(rms), 1)[0]) - MARTINGALE
            exponent = min(max(MARTINGALE + math.copysign(max(abs(off) - NEAR, 0.0), off), 0.0), 1.0)
    growth = days**exponent
    sizes = np.abs(scaled_errors / growth)
    return Calibration(np.sort(sizes[np.isfinite(sizes)]), growth, counts)


def half_widths(scaled_errors: Floats, days: Floats) -> dict[str, list[float]]:
    """Half widths on the transformed scale at volatility 1, by level, one per horizon (column)."""
    found = calibrate(scaled_errors, days)
    if not found.usable:
        raise JobError(f"an interval needs {FEWEST_ERRORS} past errors, there are {int(found.counts[0])}")
    return {str(level): found.half_widths(level).tolist() for level in LEVELS}


@dataclass(frozen=True)
class Intervals:
    """Intervals and their score at each origin (row) for each horizon (column); NaN if there were too few errors.

    ``half``: half widths on the transformed scale by level; ``crps``: continuous ranked probability score, in the unit of
    the series.
    """

    half: dict[int, Floats]
    crps: Floats


@dataclass(frozen=True)
class Past:
    """What calibrates intervals at a series' origins: ``scale`` (volatility) and place in time of each, and ``target_days``."""

    transformation: Transformation
    scale: Floats
    positions: Ints
    days: Floats

    def ended(self, place: int, values: Floats) -> Floats:
        """Rows of ``values`` before ``place`` with NaN where the target month had not ended there."""
        ahead = np.arange(1, values.shape[1] + 1)
        seen = self.positions[:place, None] + ahead[None, :] <= self.positions[place]
        return np.where(seen, values[:place], np.nan)


def rolling_intervals(forecast: Floats, actual: Floats, past: Past) -> Intervals:
    """Intervals at every origin from the errors whose target month had ended there.

    ``forecast``, ``actual``: one row per origin, in the unit of the series.
    """
    scaled = past.transformation.change(actual, forecast) / past.scale[:, None]
    half = {level: np.full(forecast.shape, np.nan) for level in LEVELS}
    crps = np.full(forecast.shape, np.nan)
    for place in range(len(past.positions)):
        ended = past.ended(place, scaled)
        if np.isfinite(ended[:, 0]).sum() < FEWEST_ERRORS:
            continue
        found = calibrate(ended, past.days)
        for level in LEVELS:
            half[level][place] = past.scale[place] * found.half_widths(level)
        for column in np.flatnonzero(np.isfinite(actual[place])):
            errors = found.members * (found.growth[column] * past.scale[place])
            members = past.transformation.moved(forecast[place, column], errors)
            crps[place, column] = ensemble_crps(members, float(actual[place, column]))
    return Intervals(half, crps)


def ensemble_crps(members: Floats, actual: float) -> float:
    """CRPS of equally likely members: E|X - y| - E|X - X'| / 2 (Gneiting & Raftery 2007, equation 21)."""
    count = len(members)
    ordered = np.sort(members)
    weights = 2.0 * np.arange(1, count + 1) - count - 1.0
    spread = 2.0 * float(weights @ ordered) / count**2
    return float(np.mean(np.abs(members - actual))) - spread / 2.0


def winkler(lower: Floats, upper: Floats, actual: Floats, level: int) -> Floats:
    """Interval score: width plus 2/(1 - level) times the distance of an outcome outside (Winkler 1972)."""
    penalty = 2.0 / (1.0 - level / 100.0)
    score: Floats = upper - lower + penalty * (np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0))
    return score
