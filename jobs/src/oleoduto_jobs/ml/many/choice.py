"""Rolling cutoffs of one series: the errors of every member, and which one forecasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many.cuts import cutoffs, for_choice, size_of
from oleoduto_jobs.ml.many.global_model import WITHOUT, GlobalModels
from oleoduto_jobs.ml.many.members import ANY, COMBINATION, Forecasts, forecasts_of
from oleoduto_jobs.ml.many.path import Path

FEWEST_LOSSES = 2
"""Below, there is no standard error."""


@dataclass(frozen=True)
class Backtested:
    """Errors by member at the cutoffs, newest first: rows are cutoffs, columns horizons, on the scale over the size then.

    ``reported`` holds the forecasts of the untouched last horizon by member; empty if the series is too short for one.
    ``kind``: the kind of seasons of smoothing, as it is known at the oldest cutoff.
    """

    season: int
    errors: dict[str, Floats]
    reported: dict[str, Floats]
    kind: str

    @property
    def chosen(self) -> str:
        """The member that beat the combination by more than a standard error on the selection cutoffs, else the combination.

        The standard error is that over the horizons of these cutoffs.
        """
        losses = {name: np.abs(errors[1:]) for name, errors in self.errors.items()}
        base = losses.pop(COMBINATION, np.empty((0, 0)))
        if len(base) < for_choice(self.season) or base.size < FEWEST_LOSSES:
            return COMBINATION
        gains = {name: (base - loss).ravel() for name, loss in losses.items() if loss.shape == base.shape}
        clear = {name: float(gain.mean()) for name, gain in gains.items() if gain.mean() > _standard_error(gain)}
        return max(clear, key=lambda name: clear[name]) if clear else COMBINATION


def _standard_error(values: Floats) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def backtested(path: Path, horizon: int, models: GlobalModels = WITHOUT) -> Backtested:
    """Forecast from every cutoff with what was known then."""
    cuts = cutoffs(path, horizon)
    made: dict[int, Forecasts] = {}
    kind = ANY
    for cut in reversed(cuts):
        made[cut] = forecasts_of(path.head(cut), horizon, models, kind)
        kind = made[cut].kind
    rows: dict[str, list[Floats]] = {}
    for cut in cuts:
        size, actual = size_of(path.head(cut)), path.values[cut : cut + horizon]
        if size > 0.0:
            for name, forecast in made[cut].values.items():
                with np.errstate(invalid="ignore"):
                    rows.setdefault(name, []).append(path.transformation.change(actual, forecast) / size)
    errors = {name: np.array(found) for name, found in rows.items()}
    return Backtested(path.season, errors, made[cuts[0]].values if cuts else {}, kind)
