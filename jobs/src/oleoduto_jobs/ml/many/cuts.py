"""Where a series is cut to see how forecasts would have done, and the size of its changes until there."""

from __future__ import annotations

import numpy as np

from oleoduto_jobs.ml.many.path import FEWEST, Path

SELECTION_CUTOFFS = 2
"""Cutoffs on which a member is chosen; their targets end before the reported horizon."""

MONTHLY_CUTOFFS = 1
"""The same for monthly series, whose fits cost the most."""

YEAR = 12
"""Seasons of a monthly series."""


def size_of(path: Path) -> float:
    """Mean absolute change to the same season a year later (to the next value in a short series), on the scale of the path."""
    lag = path.season if len(path.values) > path.season else 1
    scaled = path.scaled
    size = float(np.mean(np.abs(scaled[lag:] - scaled[:-lag])))
    return size if size > 0.0 else float(np.mean(np.abs(np.diff(scaled))))


def fewest_of(season: int) -> int:
    """Values that models need."""
    return max(2 * season + 1, FEWEST)


def for_choice(season: int) -> int:
    """Number of cutoffs on which a member is chosen."""
    return MONTHLY_CUTOFFS if season == YEAR else SELECTION_CUTOFFS


def left_out(season: int, horizon: int) -> list[int]:
    """Newest periods that each cutoff leaves out, newest first: the reported one the last horizon, the others more."""
    stride = max(horizon // SELECTION_CUTOFFS, 1)
    return [horizon, *(2 * horizon + k * stride for k in range(for_choice(season)))]


def cutoffs(path: Path, horizon: int) -> list[int]:
    """Lengths at which the series is cut, newest first."""
    found = [len(path.values) - periods for periods in left_out(path.season, horizon)]
    return [cut for cut in found if cut >= fewest_of(path.season)]
