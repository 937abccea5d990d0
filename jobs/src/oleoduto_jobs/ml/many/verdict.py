"""What one series can say for itself: its status, and the forecasts that it may use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import month_text
from oleoduto_jobs.ml.evaluation.intervals import LEVELS
from oleoduto_jobs.ml.many.choice import Backtested, backtested
from oleoduto_jobs.ml.many.cuts import fewest_of, size_of
from oleoduto_jobs.ml.many.global_model import WITHOUT, GlobalModels
from oleoduto_jobs.ml.many.measures import mase, smape
from oleoduto_jobs.ml.many.members import COMBINATION, LAST_VALUE, Forecasts, forecasts_of, last_value
from oleoduto_jobs.ml.many.path import Path, Status, Unusable, paths
from oleoduto_jobs.ml.transformation import LOGS, Transformation
from oleoduto_jobs.reasons.reason import LIST, because
from oleoduto_jobs.schema import UNKNOWN_UNIT

RECENT = 36
"""Newest values that a page shows."""


@dataclass(frozen=True)
class Wanted:
    """How far to forecast, and from when on a series counts as ended.

    ``run_month``: calendar position of the month of the run; ``max_age``: periods (months, quarters or years) that a series
    may end before the running one. None: any.
    """

    horizon: int
    run_month: int | None = None
    max_age: int = 2

    def ended(self, path: Path) -> bool:
        """Whether a series ended too long ago."""
        if self.run_month is None:
            return False
        return self.run_month // path.step - path.last_month // path.step > self.max_age


@dataclass(frozen=True)
class Option:
    """A forecast that a series may use: ``point`` by horizon, and how it did at the cutoffs.

    ``errors``: rows are cutoffs (newest first), columns horizons, over the size of the series' changes then; ``mase`` and
    ``smape`` (%) are those of the newest cutoff, None if the series is too short for one.
    """

    model: str
    point: Floats
    errors: Floats
    mase: float | None = None
    smape: float | None = None


@dataclass(frozen=True)
class Verdict:
    """One series, before it is known what the others are like.

    ``usual`` forecasts (None: nothing does), unless own choices are used; then ``own`` does (None: the usual one is the
    choice). ``size`` is that of the changes on the scale of the models, ``half`` the half widths by level that need no other
    series; ``pooled`` says whether those of all series come first.
    """

    code: str
    status: str
    why: str = ""
    origin: str = ""
    periods: int = 0
    season: int = 0
    unit: str = UNKNOWN_UNIT
    transformation: Transformation = LOGS
    size: float = 0.0
    pooled: bool = False
    usual: Option | None = None
    own: Option | None = None
    half: Mapping[int, Floats] = field(default_factory=dict)
    recent: Floats = field(default_factory=lambda: np.empty(0))

    def option(self, choosing: bool) -> Option | None:
        """The forecast that is used."""
        return self.own if choosing and self.own is not None else self.usual


def verdicts(final: pd.DataFrame, wanted: Wanted, models: GlobalModels = WITHOUT) -> Iterator[Verdict]:
    """One per series of the final table, in the order of their codes; a series that fails stops no other."""
    for path in paths(final):
        if isinstance(path, Unusable):
            yield Verdict(path.code, Status.FAILED, path.why)
            continue
        try:
            yield _judged(path, wanted, models)
        except Exception as error:  # One series of a hundred thousand stops no other.
            yield replace(_about(path), status=Status.FAILED, why=f"{type(error).__name__}: {error}")


def _about(path: Path) -> Verdict:
    """What is known of a series without any model."""
    return Verdict(
        path.code,
        Status.OK,
        origin=month_text(path.last_month),
        periods=len(path.values),
        season=path.season,
        unit=path.unit,
        transformation=path.transformation,
        recent=path.values[-RECENT:],
    )


def _judged(path: Path, wanted: Wanted, models: GlobalModels) -> Verdict:
    values, about, horizon = path.values, _about(path), wanted.horizon
    if wanted.run_month is not None and wanted.ended(path):
        periods = {1: "months", 3: "quarters", 12: "years"}[path.step]
        run = month_text(wanted.run_month)
        why = because("stale", origin=about.origin, count=wanted.max_age, periods=periods, month=run)
        return replace(about, status=Status.STALE, why=why)
    if (values == values[0]).all() and len(values) > 1:
        return _simple(path, replace(about, status=Status.CONSTANT), np.zeros(horizon))
    fewest = fewest_of(path.season)
    if len(values) < fewest:
        short = replace(about, status=Status.SHORT, why=because("few_values", count=len(values), fewest=fewest))
        return _simple(path, short, _walk(path, horizon))
    past = backtested(path, horizon, models)
    ahead = forecasts_of(path, horizon, models, past.kind)
    chosen = past.chosen if past.chosen in ahead.values else COMBINATION
    return replace(
        about,
        why=LIST.join(because("without", model=name, reason=reason) for name, reason in ahead.failures.items()),
        size=size_of(path),
        pooled=True,
        usual=_option(COMBINATION, path, past, ahead),
        own=None if chosen == COMBINATION else _option(chosen, path, past, ahead),
        half=_student(path, _walk(path, horizon)),
    )


def _option(name: str, path: Path, past: Backtested, ahead: Forecasts) -> Option:
    point = ahead.values[name]
    option = Option(name, point, past.errors.get(name, np.empty((0, len(point)))))
    if not past.reported:
        return option
    # A member that failed at the newest cutoff is judged by the combination, which stood for it.
    reported = past.reported.get(name, past.reported[COMBINATION])
    before, actual = path.values[: -len(reported)], path.values[-len(reported) :]
    return replace(option, mase=mase(reported, actual, before, path.season), smape=smape(reported, actual))


def _simple(path: Path, about: Verdict, size: Floats) -> Verdict:
    """The last value; ``size`` is that of an error at each horizon."""
    horizon = len(size)
    return replace(
        about, usual=Option(LAST_VALUE, last_value(path, horizon), np.empty((0, horizon))), half=_student(path, size)
    )


def _student(path: Path, size: Floats) -> Mapping[int, Floats]:
    """Half widths by level with Student's quantiles; empty with fewer than two changes."""
    freedom = len(path.values) - 2
    if freedom < 1:
        return {}
    return {level: float(stdtrit(freedom, (1.0 + level / 100.0) / 2.0)) * size for level in LEVELS}


def _walk(path: Path, horizon: int) -> Floats:
    """Root mean square error of a random walk with the changes of the path, at each horizon."""
    changes = np.diff(path.scaled)
    if not len(changes):
        return np.zeros(horizon)
    size = math.sqrt(float(np.mean(changes**2)) * (1.0 + 1.0 / len(changes)))
    walk: Floats = size * np.sqrt(np.arange(1, horizon + 1))
    return walk
