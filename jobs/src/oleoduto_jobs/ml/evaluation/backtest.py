"""Rolling origins, expanding window: every candidate forecasts each month with what was known then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import Floats, Ints, Monthly, month_text
from oleoduto_jobs.ml.evaluation.intervals import Intervals, rolling_intervals, volatility_scale
from oleoduto_jobs.ml.evaluation.metrics import IntervalScores, Scores, interval_scores, scores
from oleoduto_jobs.ml.features import future_means, training_window
from oleoduto_jobs.ml.models import combination
from oleoduto_jobs.ml.models.candidates import LAST_PRICE, MONTHLY_MEAN, candidate, named
from oleoduto_jobs.ml.models.interface import Candidate, Model, Settings

MIN_TRAINING_MONTHS = 60
"""Months before the first origin; with fewer there is nothing to learn or to choose from."""

WARM_UP_ORIGINS = 120
"""Origins before the selection window whose errors calibrate intervals and weights (as many as exist)."""

SELECTION_ORIGINS = 162
"""Newest origins on which a candidate is chosen (as many as exist)."""

MIN_SELECTION_ORIGINS = 24


@dataclass(frozen=True)
class Origins:
    """Rows of the series from which is forecast.

    ``rows``: warm-up, selection and reported origins in order, without gaps; ``selection`` and ``reported``:
    places in ``rows``. Every target of a selection origin ended before the first reported origin's month.
    """

    rows: Ints
    selection: Ints
    reported: Ints


def plan_origins(
    monthly: Monthly, horizons: int, reported: Ints, most: int = SELECTION_ORIGINS, warm_up: int = WARM_UP_ORIGINS
) -> Origins:
    """The ``reported`` rows, and the at most ``most`` selection and ``warm_up`` origins that come before them."""
    if not len(reported):
        raise JobError(f"no month of series {monthly.code} is among the wanted origins (it ends in {monthly.origin})")
    first = int(reported[0])
    eligible = np.flatnonzero(monthly.months + horizons < monthly.months[first])
    selection = eligible[eligible >= MIN_TRAINING_MONTHS][-most:]
    if len(selection) < MIN_SELECTION_ORIGINS:
        raise JobError(
            f"series {monthly.code} has {first} months before {month_text(int(monthly.months[first]))}, which leave "
            f"{len(selection)} origins to choose a model on ({MIN_TRAINING_MONTHS} months come before the first, "
            f"{horizons} after the last); at least {MIN_SELECTION_ORIGINS} are needed: report later origins or "
            "give a longer series"
        )
    start = max(MIN_TRAINING_MONTHS, int(selection[0]) - warm_up)
    rows = np.arange(start, int(reported[-1]) + 1, dtype=np.int64)
    return Origins(rows, selection - start, reported - start)


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
            forecasts[place] = known.last[-1] * np.exp(model.log_ratios(known))
    return forecasts


@dataclass(frozen=True)
class Backtest:
    """Forecasts of every candidate from every origin, their intervals, and what happened (NaN: not yet known).

    A comparison has no forecast (NaN) from warm-up origins, so its intervals start later.
    """

    monthly: Monthly
    origins: Origins
    forecasts: dict[str, Floats]
    intervals: dict[str, Intervals]
    actual: Floats
    cpu_seconds: dict[str, float]

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
        return interval_scores(self.forecasts[name][places], self.actual[places], part)

    def months(self, places: Ints) -> list[str]:
        """The origins at ``places`` as ``2013-07``."""
        return [month_text(int(m)) for m in self.monthly.months[self.origins.rows[places]]]

    def scaled_errors(self, name: str) -> Floats:
        """Log errors at every origin over the volatility there."""
        scale = volatility_scale(self.monthly)[self.origins.rows]
        errors: Floats = np.log(self.actual / self.forecasts[name]) / scale[:, None]
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
        """The forecasts, and the time that they took."""
        started = time.process_time()
        forecasts = forecasts_of(candidate(self.name), self.monthly, self.rows, self.horizons, self.seed)
        return TaskResult(forecasts, time.process_time() - started)


@dataclass(frozen=True)
class TaskResult:
    """One row of forecasts per origin, in the unit of the series, and CPU seconds."""

    forecasts: Floats
    cpu_seconds: float


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
        start = int(origins.selection[0]) if each.role == "comparison" else 0
        tasks.append(Task(each.name, monthly, origins.rows[start:], horizons, seed))
    forecasts, seconds = {}, {}
    for task, outcome in zip(tasks, runner(tasks), strict=True):
        missing = np.full((len(origins.rows) - len(task.rows), horizons), np.nan)
        forecasts[task.name] = np.vstack([missing, outcome.forecasts])
        seconds[task.name] = outcome.cpu_seconds
    actual = future_means(monthly, horizons)[origins.rows]
    if set(combination.MEMBERS) <= set(forecasts):
        forecasts[combination.NAME] = _combined(monthly, origins.rows, forecasts, actual)
    scale = volatility_scale(monthly)[origins.rows]
    months = monthly.months[origins.rows]
    given = {name: rolling_intervals(found, actual, scale, months) for name, found in forecasts.items()}
    return Backtest(monthly, origins, forecasts, given, actual, seconds)


def _combined(monthly: Monthly, rows: Ints, forecasts: dict[str, Floats], actual: Floats) -> Floats:
    last = monthly.last[rows][:, None]
    mean = combination.member_mean([np.log(forecasts[name] / last) for name in combination.MEMBERS])
    factors = combination.rolling_factors(mean, np.log(actual / last), monthly.months[rows])
    combined: Floats = last * np.exp(factors * mean)
    return combined
