"""Prediction intervals from the sizes of past errors (conformal, expanding)."""

from __future__ import annotations

import math

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Floats, Ints

LEVELS = (80, 95)
"""Coverage in percent."""

MIN_ERRORS = 20
"""19 errors are the fewest that can hold a 95 % interval."""


def half_width(log_errors: Floats, level: int) -> float:
    """The conformal quantile: the ceil((n+1) * level)-th smallest absolute log error."""
    known = np.sort(log_errors[np.isfinite(log_errors)])
    if len(known) < MIN_ERRORS:
        raise JobError(f"a {level} % interval needs {MIN_ERRORS} past errors, there are {len(known)}")
    rank = math.ceil((len(known) + 1) * level / 100)
    return float(known[min(rank, len(known)) - 1])


def half_widths(log_errors: Floats) -> dict[str, list[float]]:
    """Half widths on the log scale by level, one per horizon (column)."""
    return {str(level): [half_width(column, level) for column in log_errors.T] for level in LEVELS}


def coverage(log_errors: Floats, months: Ints, places: Ints, level: int) -> list[float | None]:
    """Share of the origins at ``places`` whose outcome lay inside the interval given then, per horizon.

    At an origin only errors whose target month had ended count; origins with too few are left out
    (None if all are).
    """
    shares: list[float | None] = []
    for column in range(log_errors.shape[1]):
        ended = months + column + 1
        inside = []
        for place in places:
            past = log_errors[ended <= months[place], column]
            if np.isfinite(past).sum() >= MIN_ERRORS:
                inside.append(log_errors[place, column] <= half_width(past, level))
        shares.append(float(np.mean(inside)) if inside else None)
    return shares
