"""AutoARIMA, AutoTheta, DynamicOptimizedTheta and AutoCES of statsforecast, on the scale of the transformation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.features import Window, values_at
from oleoduto_jobs.ml.models.interface import Fit, PlainModel, Settings
from oleoduto_jobs.reasons.reason import because

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    # The order is chosen by conditional sums of squares, ten times cheaper; the chosen one is fitted exactly.
    "AutoARIMA": {"approximation": True},
    # Multiplicative seasons of logs would depend on the unit of the series.
    "AutoTheta": {"decomposition_type": "additive"},
    "DynamicOptimizedTheta": {"decomposition_type": "additive"},
    "AutoCES": {},
}
"""The models, each with its options."""

START = 10.0
"""Where the transformed values begin for a model; far from zero, where relative steps would stop."""

Seen = Literal["mean", "last"]
"""Which number of each month a model is fitted to: the mean of its days, or its newest price."""


@dataclass(frozen=True)
class Statistical(PlainModel):
    """A fitted model: its orders and coefficients stay, its state follows the data that it forecasts from.

    One that sees newest prices forecasts ends of months; the mean of a month lies between its two ends.
    """

    kind: str
    seen: Seen
    horizons: int
    fitted: dict[str, Any]

    def changes(self, known: Monthly) -> Floats:
        """Filter the known months with the fitted coefficients, then forecast."""
        path = _path(known, self.seen)
        model = _new(self.kind, known.season)
        model.model_ = {**_decoded(self.fitted), **dict.fromkeys(_UNUSED)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ahead = np.asarray(model.forward(path, h=self.horizons)["mean"], dtype=np.float64)
        if not np.isfinite(ahead).all():
            raise JobError(because("model_not_finite", model=self.kind, code=known.code, origin=known.origin))
        if self.seen == "last":
            ahead = (np.append(path[-1], ahead[:-1]) + ahead) / 2.0
        newest = known.transformation.of(known.last[-1:])
        changes: Floats = ahead - newest + (known.transformation.of(_given(known, self.seen)[:1]) - START)
        return changes


def of(kind: str) -> Fit:
    """The fit of one kind."""

    def fit(window: Window, settings: Settings, seed: int) -> Statistical:
        del settings, seed
        model, seen = _new(kind, window.known.season), better_seen(window.known)
        with warnings.catch_warnings():
            # Its optimizers warn about every order that failed.
            warnings.simplefilter("ignore")
            model.fit(_path(window.known, seen))
        return Statistical(kind, seen, window.horizons, _encoded(model.model_))

    return fit


def _new(kind: str, season: int) -> Any:
    from statsforecast import models

    makers: dict[str, Callable[..., Any]] = {name: getattr(models, name) for name in OPTIONS}
    return makers[kind](season_length=season, **OPTIONS[kind])


def better_seen(known: Monthly) -> Seen:
    """The newest price if it was nearer to the next month's mean than this month's mean was, else the mean."""
    change = known.transformation.change
    by_last, by_mean = (float(np.mean(change(known.mean[1:], base[:-1]) ** 2)) for base in (known.last, known.mean))
    return "last" if by_last < by_mean else "mean"


def _given(known: Monthly, seen: Seen) -> Floats:
    return known.last if seen == "last" else known.mean


def _path(known: Monthly, seen: Seen) -> Floats:
    """Transformed values of every period; one that is missing gets the value between its neighbors.

    They are shifted to begin at ``START``: the optimizers' steps depend on the level, and so would the forecasts on the unit.
    """
    months = np.arange(known.months[0], known.months[-1] + 1, known.step)
    values = known.transformation.of(values_at(known.months, _given(known, seen), months))
    values = values - values[0] + START
    there = np.isfinite(values)
    path: Floats = np.interp(months, months[there], values[there])
    return path


_UNUSED = ("fit",)
"""The optimizer's own record: no forecast needs its content."""


def _encoded(value: Any) -> Any:
    """JSON values; arrays and tuples say what they were."""
    if isinstance(value, Mapping):
        return {str(k): _encoded(v) for k, v in value.items() if k not in _UNUSED}
    if isinstance(value, np.ndarray):
        return {"array": [_encoded(v) for v in value.tolist()], "type": str(value.dtype)}
    if isinstance(value, tuple):
        return {"tuple": [_encoded(v) for v in value]}
    if isinstance(value, list):
        return [_encoded(v) for v in value]
    if isinstance(value, np.generic):
        return _encoded(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise JobError(f"a fitted statistical model holds a {type(value).__name__}, which this version cannot save")


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(v) for v in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"array": list(items), "type": str(kind)}:
            return np.array([_decoded(v) for v in items], dtype=kind)
        case {"tuple": list(items)}:
            return tuple(_decoded(v) for v in items)
        case {"float": str(text)}:
            return float(text)
    return {k: _decoded(v) for k, v in value.items()}
