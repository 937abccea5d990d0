"""AutoARIMA, AutoETS, AutoTheta and AutoCES of statsforecast, on the logs of the monthly means."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Floats, Monthly
from oleoduto_jobs.ml.features import Window, values_at
from oleoduto_jobs.ml.models.interface import Fit, PlainModel, Settings

SEASON_MONTHS = 12
KINDS = ("AutoARIMA", "AutoETS", "AutoTheta", "AutoCES")


@dataclass(frozen=True)
class Statistical(PlainModel):
    """A fitted model: its orders and coefficients stay, its state follows the data that it forecasts from."""

    kind: str
    horizons: int
    fitted: dict[str, Any]

    def log_ratios(self, known: Monthly) -> Floats:
        """Filter the known means with the fitted coefficients, then forecast."""
        model = _new(self.kind)
        model.model_ = {**_decoded(self.fitted), **dict.fromkeys(_UNUSED)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mean = model.forward(_log_means(known), h=self.horizons)["mean"]
        if not np.isfinite(mean).all():
            raise JobError(f"{self.kind} gave no finite forecast of series {known.code} from {known.origin}")
        ratios: Floats = np.asarray(mean, dtype=np.float64) - np.log(known.last[-1])
        return ratios


def of(kind: str) -> Fit:
    """The fit of one kind."""

    def fit(window: Window, settings: Settings, seed: int) -> Statistical:
        del settings, seed
        model = _new(kind)
        with warnings.catch_warnings():
            # Its optimizers warn about every order that failed.
            warnings.simplefilter("ignore")
            model.fit(_log_means(window.known))
        return Statistical(kind, window.horizons, _encoded(model.model_))

    return fit


def _new(kind: str) -> Any:
    from statsforecast import models

    if kind == "AutoARIMA":
        # The order is chosen by conditional sums of squares, ten times cheaper; the chosen one is fitted exactly.
        return models.AutoARIMA(season_length=SEASON_MONTHS, approximation=True)
    makers: dict[str, Callable[..., Any]] = {name: getattr(models, name) for name in KINDS}
    return makers[kind](season_length=SEASON_MONTHS)


def _log_means(known: Monthly) -> Floats:
    """Logs of the means of every calendar month; a month that is missing gets the value between its neighbors."""
    months = np.arange(known.months[0], known.months[-1] + 1)
    values = np.log(values_at(known.months, known.mean, months))
    there = np.isfinite(values)
    return np.interp(months, months[there], values[there])


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
