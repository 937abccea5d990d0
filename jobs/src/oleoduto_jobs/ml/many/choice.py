"""Rolling cutoffs of one series: the errors of every member, and which one forecasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many.members import COMBINATION, forecasts_of
from oleoduto_jobs.ml.many.path import FEWEST, Path

SELECTION_CUTOFFS = 2
"""Cutoffs on which a member is chosen; their targets end before the reported horizon."""

MONTHLY_CUTOFFS = 1
"""The same for monthly series, whose fits cost the most."""


YEAR = 12
"""Seasons of a monthly series."""

FEWEST_LOSSES = 2
"""Below, there is no standard error."""


def size_of(path: Path) -> float:
    """Mean absolute change to the same season a year later (to the next value in a short series), on the scale of the path."""
    lag = path.season if len(path.values) > path.season else 1
    size = float(np.mean(np.abs(path.scaled[lag:] - path.scaled[:-lag])))
    return size if size > 0.0 else float(np.mean(np.abs(np.diff(path.scaled))))


def cutoffs(path: Path, horizon: int) -> list[int]:
    """Lengths at which the series is cut, newest first: the reported one leaves the last horizon, the others what is before."""
    fewest = max(2 * path.season + 1, FEWEST)
    stride = max(horizon // SELECTION_CUTOFFS, 1)
    reported = len(path.values) - horizon
    found = [reported, *(reported - horizon - k * stride for k in range(_for_choice(path.season)))]
    return [cut for cut in found if cut >= fewest]


def _for_choice(season: int) -> int:
    return MONTHLY_CUTOFFS if season == YEAR else SELECTION_CUTOFFS


@dataclass(frozen=True)
class Backtested:
    """Errors by member at the cutoffs, newest first: rows are cutoffs, columns horizons, on the scale over the size then.

    ``reported`` holds the forecasts of the untouched last horizon by member; empty if the series is too short for one.
    """

    season: int
    errors: dict[str, Floats]
    reported: dict[str, Floats]

    @property
    def chosen(self) -> str:
        """The member that beat the combination by more than a standard error on the selection cutoffs, else the combination.

        The standard error is that over the horizons of these cutoffs.
        """
        losses = {name: np.abs(errors[1:]) for name, errors in self.errors.items()}
        base = losses.pop(COMBINATION, np.empty((0, 0)))
        if len(base) < _for_choice(self.season) or base.size < FEWEST_LOSSES:
            return COMBINATION
        gains = {name: (base - loss).ravel() for name, loss in losses.items() if loss.shape == base.shape}
        clear = {name: float(gain.mean()) for name, gain in gains.items() if gain.mean() > _standard_error(gain)}
        return max(clear, key=lambda name: clear[name]) if clear else COMBINATION


def _standard_error(values: Floats) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def backtested(path: Path, horizon: int) -> Backtested:
    """Forecast from every cutoff with what was known then."""
    rows: dict[str, list[Floats]] = {}
    reported: dict[str, Floats] = {}
    for place, cut in enumerate(cutoffs(path, horizon)):
        known = path.head(cut)
        size, actual = size_of(known), path.values[cut : cut + horizon]
        forecasts = forecasts_of(known, horizon).values
        if place == 0:
            reported = forecasts
        if size > 0.0:
            for name, forecast in forecasts.items():
                with np.errstate(invalid="ignore"):
                    rows.setdefault(name, []).append(path.transformation.change(actual, forecast) / size)
    return Backtested(path.season, {name: np.array(errors) for name, errors in rows.items()}, reported)
