"""Rolling origins, expanding window: every candidate forecasts each month with what was known then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.evaluation.intervals import Intervals, Past, rolling_intervals, target_days, volatility_scale
from oleoduto_jobs.ml.evaluation.metrics import IntervalScores, Scores, interval_scores, scores
from oleoduto_jobs.ml.evaluation.plan import Origins
from oleoduto_jobs.ml.features import future_means, training_window
from oleoduto_jobs.ml.models import combination
from oleoduto_jobs.ml.models.candidates import LAST_PRICE, MONTHLY_MEAN, candidate, named
from oleoduto_jobs.ml.models.interface import Candidate, Model, Settings
from oleoduto_jobs.reasons.reason import because


def forecasts_of(tested: Candidate, monthly: Monthly, rows: Ints, horizons: int, seed: int) -> Floats:
    """Forecast mean prices (in the unit of the series): one row per origin, one column per horizon.

    At each origin the series is cut there first (``upto``, ``training_window``), so nothing later can reach a
    search, a fit or a forecast. One thread: the order of floating-point sums, and so the last bit, must not
    depend on the number of cores.
    """
    forecasts = np.empty((len(rows), horizons))
    model: Model | None = None
    settings: Settings = {}
    with threadpool_limits(limits=1):
        for place, row in enumerate(rows):
            if model is None or place % tested.refit_every == 0:
                window = training_window(monthly, int(row), horizons)
                if tested.search is not None and place % tested.search_every == 0:
                    settings = tested.search(window, seed)
                model = tested.fit(window, settings, seed)
            known = monthly.upto(int(row))
            forecasts[place] = known.transformation.moved(known.last[-1:], model.changes(known))
    return forecasts


def unusable(forecasts: Floats, code: str) -> str | None:
    """Why nothing can be computed with these forecasts, or None. A square that overflows is as bad as no number."""
    with np.errstate(over="ignore"):
        bad = np.flatnonzero(~np.isfinite(forecasts**2).all(axis=1))
    return because("forecasts_not_finite", count=len(bad), all=len(forecasts), code=code) if len(bad) else None


@dataclass(frozen=True)
class Backtest:
    """Forecasts of every candidate from every origin, their intervals, and what happened (NaN: not yet known).

    A comparison has no forecast (NaN) from warm-up origins, so its intervals start later. ``excluded`` says why a candidate
    is not among the forecasts: it failed, or one of them was no finite number.
    """

    monthly: Monthly
    origins: Origins
    forecasts: dict[str, Floats]
    intervals: dict[str, Intervals]
    actual: Floats
    cpu_seconds: dict[str, float]
    excluded: dict[str, str] = field(default_factory=dict)

    def without(self, name: str, reason: str) -> Backtest:
        """The backtest with a candidate excluded."""
        kept = {other: given for other, given in self.forecasts.items() if other != name}
        return replace(self, forecasts=kept, excluded={**self.excluded, name: reason})

    def scores(self, name: str, places: Ints) -> Scores:
        """Scores of one candidate on the origins at ``places``."""
        forecast = self.forecasts
        last = self.monthly.last[self.origins.rows[places]]
        return scores(
            forecast[name][places], self.actual[places], forecast[MONTHLY_MEAN][places], forecast[LAST_PRICE][places], last
        )

    def interval_scores(self, name: str, places: Ints) -> IntervalScores:
        """Scores of one candidate's intervals on the origins at ``places``."""
        given = self.intervals[name]
        part = Intervals({level: half[places] for level, half in given.half.items()}, given.crps[places])
        return interval_scores(self.forecasts[name][places], self.actual[places], part, self.monthly.transformation)

    def months(self, places: Ints) -> list[str]:
        """The origins at ``places`` as ``2013-07``."""
        return [month_text(int(m)) for m in self.monthly.months[self.origins.rows[places]]]

    def scaled_errors(self, name: str) -> Floats:
        """Errors on the transformed scale at every origin over the volatility there."""
        scale = volatility_scale(self.monthly)[self.origins.rows]
        errors: Floats = self.monthly.transformation.change(self.actual, self.forecasts[name]) / scale[:, None]
        return errors


@dataclass(frozen=True)
class Task:
    """What one process does: one candidate's forecasts from its origins."""

    name: str
    monthly: Monthly
    rows: Ints
    horizons: int
    seed: int

    def run(self) -> TaskResult:
        """The forecasts, and the time that they took; a failure of the candidate is a result, too."""
        started = time.process_time()
        try:
            forecasts = forecasts_of(candidate(self.name), self.monthly, self.rows, self.horizons, self.seed)
            failure = unusable(forecasts, self.monthly.code)
        except Exception as error:  # Whatever a library raises on a series that it cannot fit.
            forecasts = np.full((len(self.rows), self.horizons), np.nan)
            failure = reason_of(error)
        return TaskResult(forecasts, time.process_time() - started, failure)


@dataclass(frozen=True)
class TaskResult:
    """One row of forecasts per origin, CPU seconds, and why the forecasts are not usable (None: they are)."""

    forecasts: Floats
    cpu_seconds: float
    failure: str | None = None


def reason_of(error: Exception) -> str:
    """An error as one sentence."""
    text = " ".join(str(error).split())
    return text if isinstance(error, JobError) else f"{type(error).__name__}: {text}"


Runner = Callable[[Sequence[Task]], Iterable[TaskResult]]
"""Runs tasks and gives their results in order."""


def one_by_one(tasks: Sequence[Task]) -> Iterable[TaskResult]:
    """In this process."""
    return (task.run() for task in tasks)


def in_processes(workers: int) -> Runner:
    """A runner with this many processes; the results do not depend on their number."""

    def run(tasks: Sequence[Task]) -> Iterable[TaskResult]:
        # Not forked: a copy of a process with threads may hang.
        with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
            yield from pool.map(Task.run, tasks)

    return run if workers > 1 else one_by_one


def run_backtest(
    monthly: Monthly, origins: Origins, horizons: int, seed: int, names: Sequence[str], runner: Runner = one_by_one
) -> Backtest:
    """Forecast from every origin with the named candidates, and with their combination if all its members are among them."""
    if not {MONTHLY_MEAN, LAST_PRICE} <= set(names):
        raise JobError(f"the candidates {MONTHLY_MEAN} and {LAST_PRICE} are what the others are measured against; add them")
    tasks = []
    for each in named(names):
        # What is never shipped needs no warmed-up intervals.
        start = int(origins.selection[0]) if each.role == "comparison" and not origins.short else 0
        tasks.append(Task(each.name, monthly, origins.rows[start:], horizons, seed))
    forecasts, seconds, excluded = {}, {}, {}
    for task, outcome in zip(tasks, runner(tasks), strict=True):
        seconds[task.name] = outcome.cpu_seconds
        if outcome.failure is not None:
            excluded[task.name] = outcome.failure
            continue
        missing = np.full((len(origins.rows) - len(task.rows), horizons), np.nan)
        forecasts[task.name] = np.vstack([missing, outcome.forecasts])
    for name in {MONTHLY_MEAN, LAST_PRICE} & set(excluded):
        raise JobError(f"{name}, which the others are measured against, cannot forecast: {excluded[name]}")
    actual = future_means(monthly, horizons)[origins.rows]
    if set(combination.MEMBERS) <= set(forecasts):
        forecasts[combination.NAME] = _combined(monthly, origins.rows, forecasts, actual)
    past = past_of(monthly, origins, horizons)
    given = {name: rolling_intervals(found, actual, past) for name, found in forecasts.items()}
    return Backtest(monthly, origins, forecasts, given, actual, seconds, excluded)


def past_of(monthly: Monthly, origins: Origins, horizons: int) -> Past:
    """What calibrates the intervals at these origins."""
    rows, days = origins.rows, target_days(monthly, horizons)
    return Past(monthly.transformation, volatility_scale(monthly)[rows], monthly.positions[rows], days)


def _combined(monthly: Monthly, rows: Ints, forecasts: dict[str, Floats], actual: Floats) -> Floats:
    last, transformation = monthly.last[rows][:, None], monthly.transformation
    mean = combination.member_mean([transformation.change(forecasts[name], last) for name in combination.MEMBERS])
    factors = combination.rolling_factors(mean, transformation.change(actual, last), monthly.positions[rows])
    return transformation.moved(last, factors * mean)
