"""The shrinkage combination: the members' mean change times a factor between 0 and 1.

The factor is least squares through the origin on the members' own past forecasts, with as much prior weight on
zero (the no-change) as ``PRIOR_ORIGINS`` origins would have: combining estimated weights is worse than shrinking
them (Diebold & Pauly 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.models.interface import Model

NAME = "combination"
MEMBERS = ("no_change_monthly_mean", "ridge", "elastic_net", "lightgbm", "auto_arima", "dynamic_theta")
PRIOR_ORIGINS = 60


@dataclass(frozen=True)
class Combination:
    """Fitted members by name, and one factor per horizon."""

    members: dict[str, Model]
    factors: list[float]

    def changes(self, known: Monthly) -> Floats:
        """Factor times the members' mean."""
        changes: Floats = np.array(self.factors) * np.mean([m.changes(known) for m in self.members.values()], axis=0)
        return changes

    def parameters(self) -> dict[str, Any]:
        """The members' parameters by name, and the factors."""
        return {"members": {name: m.parameters() for name, m in self.members.items()}, "factors": self.factors}

    @classmethod
    def load(cls, parameters: Mapping[str, Any], load: Callable[[str, Mapping[str, Any]], Model]) -> Self:
        """The inverse of ``parameters``; ``load`` makes a member of its name and parameters."""
        members = {name: load(name, own) for name, own in parameters["members"].items()}
        return cls(members, list(parameters["factors"]))


def factor(mean: Floats, actual: Floats) -> float:
    """Slope of what happened on what the members said, shrunk to 0 and kept in [0, 1]; log ratios."""
    known = np.isfinite(mean) & np.isfinite(actual)
    x, y = mean[known], actual[known]
    if not len(x) or not x.any():
        return 0.0
    slope = float(x @ y) / (float(x @ x) * (1.0 + PRIOR_ORIGINS / len(x)))
    return min(max(slope, 0.0), 1.0)


def rolling_factors(mean: Floats, actual: Floats, months: Ints) -> Floats:
    """Factors at every origin from the origins whose target month had ended there.

    ``mean``: the members' mean change, ``actual``: what happened; one row per origin, one column per horizon.
    """
    factors = np.zeros(mean.shape)
    for column in range(mean.shape[1]):
        for place in range(len(months)):
            seen = int(np.searchsorted(months + column + 1, months[place], side="right"))
            factors[place, column] = factor(mean[:seen, column], actual[:seen, column])
    return factors


def member_mean(ratios: Sequence[Floats]) -> Floats:
    """The members' mean change."""
    mean: Floats = np.mean(np.array(ratios), axis=0)
    return mean
