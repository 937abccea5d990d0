"""Forecasts of all series of a final table, one row each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import month_text
from oleoduto_jobs.ml.evaluation.intervals import LEVELS, calibrate
from oleoduto_jobs.ml.many.choice import Backtested, backtested, size_of
from oleoduto_jobs.ml.many.members import COMBINATION, LAST_VALUE, Forecasts, forecasts_of, last_value
from oleoduto_jobs.ml.many.path import FEWEST, Path, Status, Unusable, paths
from oleoduto_jobs.ml.transformation import LOGS, Transformation

FEWEST_GAINS = 30
"""Series with a choice of their own below which nobody can tell whether choosing helps."""

ONE_SIDED = 1.645
"""Normal quantile of 95 %."""

OWN_QUANTILE = 200
"""Errors of one horizon from which its quantiles are its own; below, all horizons share one."""


@dataclass(frozen=True)
class Wanted:
    """How far to forecast, and from when on a series counts as ended.

    ``run_month``: calendar position of the month of the run; ``max_age``: months that a series may end before it. None: any.
    """

    horizon: int
    run_month: int | None = None
    max_age: int = 2


@dataclass(frozen=True)
class Row:
    """What is said of one series. Lists have one number per horizon and are empty without a forecast.

    ``model`` forecasts; ``choice`` is what the series alone would choose. ``mase`` and ``smape`` (%) are of the model on the
    last horizon, forecast from before it, ``mase_choice`` and ``mase_combination`` of the other two; None if the series is
    too short for that.
    """

    code: str
    status: str
    why: str = ""
    model: str = ""
    choice: str = ""
    origin: str = ""
    periods: int = 0
    mase: float | None = None
    mase_choice: float | None = None
    mase_combination: float | None = None
    smape: float | None = None
    point: list[float] = field(default_factory=list)
    lower_80: list[float] = field(default_factory=list)
    upper_80: list[float] = field(default_factory=list)
    lower_95: list[float] = field(default_factory=list)
    upper_95: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Simple:
    """A row that needs no other series: ``half`` widths by level on the scale of the path, empty without intervals."""

    row: Row
    transformation: Transformation = LOGS
    half: Mapping[int, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class _Modeled:
    """A series that models forecast, before it is known which one is used."""

    path: Path
    row: Row
    past: Backtested
    ahead: Forecasts

    def model(self, choosing: bool) -> str:
        """The series' own choice, or the combination."""
        chosen = self.past.chosen if choosing else COMBINATION
        return chosen if chosen in self.ahead.values else COMBINATION

    def reported(self, name: str, horizon: int) -> Floats:
        """The forecast of the last horizon by a member, the combination's if it has none."""
        return self.past.reported.get(name, self.past.reported[COMBINATION])[:horizon]


def forecast_many(final: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """One ``Row`` per series of the final table, in the order of their codes.

    A series that fails stops no other. Series use their own choices if these were clearly better than the combination on
    the last horizon, over all series of the table with the same season; else all use the combination. Half widths are
    quantiles of the errors of these series, each over the size of the changes of its own.
    """
    verdicts = [_verdict(path, wanted) for path in paths(final)]
    modeled = [verdict for verdict in verdicts if isinstance(verdict, _Modeled)]
    choosing, widths = {}, {}
    for season in {one.path.season for one in modeled}:
        alike = [one for one in modeled if one.path.season == season]
        choosing[season] = choices_gain([g for one in alike if (g := _gain(one)) is not None])
        widths[season] = _pooled(_errors(alike, choosing[season], wanted.horizon))
    rows = [
        _bounded(one) if isinstance(one, _Simple) else _finished(one, choosing[one.path.season], widths[one.path.season])
        for one in verdicts
    ]
    return pd.DataFrame([asdict(row) for row in rows], columns=[f.name for f in fields(Row)])


def choices_gain(gains: Sequence[float]) -> bool:
    """Whether choosing is better than the combination on average, by more than chance explains (one-sided, 5 %)."""
    if len(gains) < FEWEST_GAINS:
        return False
    return float(np.mean(gains)) > ONE_SIDED * float(np.std(gains, ddof=1)) / math.sqrt(len(gains))


def _verdict(path: Path | Unusable, wanted: Wanted) -> _Simple | _Modeled:
    if isinstance(path, Unusable):
        return _Simple(Row(path.code, Status.FAILED, path.why))
    try:
        return _judged(path, wanted)
    except Exception as error:  # One series of a hundred thousand stops no other.
        return _Simple(Row(path.code, Status.FAILED, f"{type(error).__name__}: {error}"))


def _judged(path: Path, wanted: Wanted) -> _Simple | _Modeled:
    values, origin = path.values, month_text(path.last_month)
    row = Row(path.code, Status.OK, origin=origin, periods=len(values))
    if wanted.run_month is not None and wanted.run_month - path.last_month > wanted.max_age:
        why = f"it ends in {origin}, and at most {wanted.max_age} months before {month_text(wanted.run_month)} are allowed"
        return _Simple(replace(row, status=Status.STALE, why=why))
    if (values == values[0]).all() and len(values) > 1:
        return _simple(path, wanted, replace(row, status=Status.CONSTANT), np.zeros(wanted.horizon))
    fewest = max(2 * path.season + 1, FEWEST)
    if len(values) < fewest:
        short = replace(row, status=Status.SHORT, why=f"{len(values)} values; models need {fewest}")
        return _simple(path, wanted, short, _walk(path, wanted.horizon))
    ahead = forecasts_of(path, wanted.horizon)
    why = "; ".join(f"without {name}: {reason}" for name, reason in ahead.failures.items())
    return _Modeled(path, replace(row, why=why), backtested(path, wanted.horizon), ahead)


def _simple(path: Path, wanted: Wanted, row: Row, size: Floats) -> _Simple:
    """The last value; ``size`` is that of an error at each horizon."""
    point = last_value(path, wanted.horizon).tolist()
    return _Simple(replace(row, model=LAST_VALUE, point=point), path.transformation, _student(path, size))


def _student(path: Path, size: Floats) -> Mapping[int, Floats]:
    """Half widths by level with Student's quantiles; empty with fewer than two changes."""
    freedom = len(path.values) - 2
    if freedom < 1:
        return {}
    return {level: float(student.ppf((1.0 + level / 100.0) / 2.0, freedom)) * size for level in LEVELS}


def _walk(path: Path, horizon: int) -> Floats:
    """Root mean square error of a random walk with the changes of the path, at each horizon."""
    changes = np.diff(path.scaled)
    if not len(changes):
        return np.zeros(horizon)
    size = math.sqrt(float(np.mean(changes**2)) * (1.0 + 1.0 / len(changes)))
    walk: Floats = size * np.sqrt(np.arange(1, horizon + 1))
    return walk


def _gain(one: _Modeled) -> float | None:
    """How much smaller the error of the choice was on the last horizon, in sizes of the series; None if nothing was chosen."""
    name = one.model(choosing=True)
    errors = one.past.errors.get(name, np.empty(0))
    base = one.past.errors.get(COMBINATION, np.empty(0))
    if name == COMBINATION or len(errors) != len(base):
        return None
    return float(np.abs(base[0]).mean() - np.abs(errors[0]).mean())


def _finished(one: _Modeled, choosing: bool, widths: Mapping[int, Floats]) -> Row:
    name, path = one.model(choosing), one.path
    point = one.ahead.values[name]
    row = replace(one.row, model=name, choice=one.model(choosing=True), point=point.tolist(), **_scores(one, name))
    size = size_of(path)
    half = {level: size * width for level, width in widths.items()} or _student(path, _walk(path, len(point)))
    return _bounded(_Simple(row, path.transformation, half))


def _scores(one: _Modeled, name: str) -> dict[str, Any]:
    if not one.past.reported:
        return {}
    horizon = len(one.past.reported[COMBINATION])
    before, actual = one.path.values[:-horizon], one.path.values[-horizon:]
    own = one.reported(name, horizon)
    others = {"mase_choice": one.model(choosing=True), "mase_combination": COMBINATION}
    errors = {"mase": own, **{key: one.reported(other, horizon) for key, other in others.items()}}
    found: dict[str, Any] = {key: mase(given, actual, before, one.path.season) for key, given in errors.items()}
    return {**found, "smape": smape(own, actual)}


def mase(forecast: Floats, actual: Floats, before: Floats, season: int) -> float | None:
    """Mean absolute error over that of the seasonal naive inside ``before`` (Hyndman and Koehler 2006); None if that is 0."""
    lag = season if len(before) > season else 1
    usual = float(np.mean(np.abs(before[lag:] - before[:-lag])))
    return float(np.mean(np.abs(forecast - actual))) / usual if usual > 0.0 else None


def smape(forecast: Floats, actual: Floats) -> float:
    """Symmetric mean absolute percentage error, % (Makridakis and Hibon 2000)."""
    size = np.abs(forecast) + np.abs(actual)
    return float(np.mean(200.0 * np.abs(forecast - actual) / np.where(size > 0.0, size, 1.0)))


def _errors(alike: Sequence[_Modeled], choosing: bool, horizon: int) -> Floats:
    """Errors of what each series uses, over their sizes: rows by horizons."""
    each = [one.past.errors.get(one.model(choosing), np.empty((0, horizon))) for one in alike]
    errors = np.concatenate(each)
    return errors[np.isfinite(errors).all(axis=1)]


def _pooled(errors: Floats) -> Mapping[int, Floats]:
    """Half widths of a series whose changes have size 1, by level; empty if too few errors are known."""
    count, horizon = errors.shape
    if count >= OWN_QUANTILE:
        sizes = np.abs(errors)
        return {level: np.quantile(sizes, min(level / 100 * (1.0 + 1.0 / count), 1.0), axis=0) for level in LEVELS}
    if not count:
        return {}
    found = calibrate(errors, np.arange(1.0, horizon + 1.0))
    if not found.usable:
        return {}
    return {level: found.half_widths(level) for level in LEVELS}


def _bounded(one: _Simple) -> Row:
    point, moved = np.array(one.row.point), one.transformation.moved
    bounds: dict[str, Any] = {}
    for level, width in one.half.items():
        bounds |= {f"lower_{level}": moved(point, -width).tolist(), f"upper_{level}": moved(point, width).tolist()}
    return replace(one.row, **bounds)
