"""The cheap methods that forecast every series, and their combination."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many.global_model import GLOBAL, WITHOUT, GlobalModel, GlobalModels
from oleoduto_jobs.ml.many.path import Path
from oleoduto_jobs.reasons.reason import because

COMBINATION = "median"
"""Chosen with its members by the mean MASE on the last horizon *inside* the known parts of M3 and tourism."""

LAST_VALUE = "last_value"

START = 10.0
"""The size of what a model sees: its optimizer's steps depend on the level, and the forecast must not."""

ANY = "Z"
"""Every kind of seasons is tried, and the best kept: statsforecast's word."""

Member = Callable[[Path, int], Floats]
"""Values forecast from the newest period of a path, one per horizon."""

Back = Callable[[Floats], Floats]


def last_value(path: Path, horizon: int) -> Floats:
    """The newest value."""
    return np.repeat(path.values[-1], horizon)


def seasonal_naive(path: Path, horizon: int) -> Floats:
    """The newest value of the same season."""
    return np.resize(path.values[-path.season :], horizon)


def theta(path: Path, horizon: int) -> Floats:
    """The dynamic optimized Theta method on the values; seasons multiply a positive series."""
    seen, back = _values(path)
    return back(_theta(path, seen, horizon, "multiplicative" if path.transformation.kind == "log" else "additive"))


def theta_of_logs(path: Path, horizon: int) -> Floats:
    """The dynamic optimized Theta method with additive seasons, on the scale of the path."""
    seen, back = _scaled(path)
    return back(_theta(path, seen, horizon, "additive"))


@dataclass(frozen=True)
class Smoothing:
    """Complex exponential smoothing: of the values, or on the scale of the path. ``kind`` is that of its seasons."""

    scaled: bool
    kind: str = ANY

    def __call__(self, path: Path, horizon: int) -> Floats:
        return self.with_kind(path, horizon)[0]

    def with_kind(self, path: Path, horizon: int) -> tuple[Floats, str]:
        """The forecast, and the kind of seasons that it has; a constant path has none."""
        from statsforecast.models import AutoCES

        seen, back = _scaled(path) if self.scaled else _values(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = AutoCES(season_length=_season(path), model=self.kind).fit(seen)
            ahead = np.asarray(fitted.predict(horizon)["mean"], dtype=np.float64)
        return back(ahead), str(fitted.model_.get("seasontype", ANY))


MEMBERS: Mapping[str, Member] = {
    "seasonal_naive": seasonal_naive,
    "theta": theta,
    "theta_of_logs": theta_of_logs,
    "smoothing": Smoothing(scaled=False),
    "smoothing_of_logs": Smoothing(scaled=True),
}


THETA_OF_LOGS = "theta_of_logs"
"""Left out of annual series, and of long ones with a model over all series: on the last horizon inside the known parts of
the competitions' series their median is better without, and it is the dearest fit of a long series."""

LONG = 200
"""Values above which a series is long."""


def members_of(path: Path, model: GlobalModel | None) -> dict[str, Member]:
    """The members that forecast a series, with the model over all series that it may use."""
    left_out = path.season == 1 or (model is not None and len(path.values) > LONG)
    found = {name: member for name, member in MEMBERS.items() if not (left_out and name == THETA_OF_LOGS)}
    return found if model is None else {**found, GLOBAL: model.forecast}


def _season(path: Path) -> int:
    """One, if there are not two whole seasons to learn one from."""
    return path.season if len(path.values) > 2 * path.season else 1


def _theta(path: Path, seen: Floats, horizon: int, seasons: str) -> Floats:
    from statsforecast.models import DynamicOptimizedTheta

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DynamicOptimizedTheta(season_length=_season(path), decomposition_type=seasons)
        return np.asarray(model.forecast(y=seen, h=horizon)["mean"], dtype=np.float64)


def _scaled(path: Path) -> tuple[Floats, Back]:
    """The path on its scale for a model, and what makes values of a forecast."""
    shift = path.scaled[0] - START
    return path.scaled - shift, lambda ahead: path.transformation.back(ahead + shift)


def _values(path: Path) -> tuple[Floats, Back]:
    """The same of the values. The forecast does not depend on the unit: an optimizer's steps and limits do."""
    unit = float(np.mean(np.abs(path.values))) / START or 1.0
    return path.values / unit, lambda ahead: ahead * unit


@dataclass(frozen=True)
class Forecasts:
    """Forecasts by member, the combination among them, why a member has none, and the kind of seasons of smoothing."""

    values: dict[str, Floats]
    failures: dict[str, str]
    kind: str


def forecasts_of(path: Path, horizon: int, models: GlobalModels = WITHOUT, kind: str = ANY) -> Forecasts:
    """The forecast of every member that works on this series, and their combination.

    ``kind`` is the one that an earlier part of the path has; else the first smoothing chooses it, and the other takes it. To
    try all of them for each forecast is most of the time of a series, and on M1 the median is as good without
    (docs/forecasting.md).
    """
    found: dict[str, Floats] = {}
    failures: dict[str, str] = {}
    for name, member in members_of(path, models.of(path)).items():
        try:
            if isinstance(member, Smoothing):
                forecast, kind = replace(member, kind=kind).with_kind(path, horizon)
            else:
                forecast = member(path, horizon)
        except Exception as error:  # Whatever a library raises on a series that it cannot fit: the others forecast it.
            failures[name] = f"{type(error).__name__}: {error}"
            continue
        with np.errstate(over="ignore"):
            usable = bool(np.isfinite(forecast**2).all())
        if usable:
            found[name] = forecast
        else:
            failures[name] = because("forecast_not_finite")
    return Forecasts({**found, COMBINATION: combined(found)}, failures, kind)


def combined(forecasts: Mapping[str, Floats]) -> Floats:
    """The median of the members at each horizon."""
    median: Floats = np.median(np.array(list(forecasts.values())), axis=0)
    return median
