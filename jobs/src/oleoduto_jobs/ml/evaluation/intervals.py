"""Prediction intervals from the sizes of past errors (conformal, expanding), scaled by volatility."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Floats, Ints, Monthly

LEVELS = (80, 95)
"""Coverage in percent."""

MIN_ERRORS = 20
"""19 errors are the fewest that can hold a 95 % interval."""

DECAY = 0.8
"""Weight that a month's squared change keeps after another month."""

SHRINKAGE = 0.5
"""Exponent of volatility over its long-run mean: 0 ignores the present, 1 follows it wholly."""

FLOOR = 1e-6
"""Smallest volatility, so that a constant stretch does not divide by zero."""


def volatility_scale(monthly: Monthly) -> Floats:
    """How wide errors are expected at each month, relative to what they were on average so far.

    ``(volatility / long-run volatility) ** SHRINKAGE``: both are root mean squared log changes of the newest
    daily price from month to month, the first with exponential weights (RiskMetrics), the second with equal
    ones. A month uses its own price and earlier ones only.
    """
    changes = np.diff(np.log(monthly.last)) ** 2
    scale = np.ones(len(monthly))
    recent = 0.0
    total = 0.0
    for place, change in enumerate(changes, 1):
        total += change
        mean = total / place
        recent = mean if place == 1 else DECAY * recent + (1.0 - DECAY) * change
        scale[place] = math.sqrt(max(recent, FLOOR**2) / max(mean, FLOOR**2)) ** SHRINKAGE
    return scale


def half_width(scaled_errors: Floats, level: int) -> float:
    """The conformal quantile: the ceil((n+1) * level)-th smallest absolute scaled log error."""
    known = np.sort(np.abs(scaled_errors[np.isfinite(scaled_errors)]))
    if len(known) < MIN_ERRORS:
        raise JobError(f"a {level} % interval needs {MIN_ERRORS} past errors, there are {len(known)}")
    rank = math.ceil((len(known) + 1) * level / 100)
    return float(known[min(rank, len(known)) - 1])


def half_widths(scaled_errors: Floats) -> dict[str, list[float]]:
    """Half widths on the log scale at volatility 1, by level, one per horizon (column)."""
    return {str(level): [half_width(column, level) for column in scaled_errors.T] for level in LEVELS}


@dataclass(frozen=True)
class Intervals:
    """Intervals and their score at each origin (row) for each horizon (column); NaN if there were too few errors.

    ``half``: half widths on the log scale by level; ``crps``: continuous ranked probability score, in the unit of the series.
    """

    half: dict[int, Floats]
    crps: Floats


def rolling_intervals(forecast: Floats, actual: Floats, scale: Floats, months: Ints) -> Intervals:
    """Intervals at every origin from the errors whose target month had ended there.

    ``forecast``, ``actual``: one row per origin, in the unit of the series; ``scale``: volatility at each origin;
    ``months``: calendar position of each origin, ascending.
    """
    scaled = np.log(actual / forecast) / scale[:, None]
    half = {level: np.full(forecast.shape, np.nan) for level in LEVELS}
    crps = np.full(forecast.shape, np.nan)
    for column in range(forecast.shape[1]):
        for place in range(len(months)):
            # Targets of origins up to here have ended if they are not after this origin's month.
            seen = int(np.searchsorted(months + column + 1, months[place], side="right"))
            past = scaled[:seen, column]
            past = past[np.isfinite(past)]
            if len(past) < MIN_ERRORS:
                continue
            for level in LEVELS:
                half[level][place, column] = scale[place] * half_width(past, level)
            both = np.concatenate([past, -past]) * scale[place]
            crps[place, column] = ensemble_crps(forecast[place, column] * np.exp(both), float(actual[place, column]))
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
