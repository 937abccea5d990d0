"""The origins of a backtest: warm-up, selection and reported ones, as many as the series allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Ints
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.features import future_means
from oleoduto_jobs.schema import MIN_ROWS

MIN_TRAINING_YEARS, MIN_TRAINING_ROWS = 5, 20
"""Years, and rows, before the first origin; with fewer there is nothing to learn or to choose from."""

WARM_UP_ORIGINS = 120
"""Origins before the selection window whose errors calibrate intervals and weights (as many as exist)."""

SELECTION_ORIGINS = 162
"""Newest origins on which a candidate is chosen (as many as exist)."""

MIN_SELECTION_ORIGINS = 24

EVALUATION_ORIGINS = 120
"""Newest origins that a training job evaluates, where the series has so many."""

MIN_EVALUATION_ORIGINS = 40
"""With fewer nothing is chosen: the benchmark forecasts."""

TRAINING_WARM_UP_ORIGINS = 60
"""Fewer than the backtest command's: a training job runs every month."""

REPORTED_SHARE = 0.25
"""Newest part of the evaluated origins, which the selection does not see."""

MIN_SEASONS = 3
"""Years of a short series below which seasons are not looked for."""


def min_training(monthly: Monthly) -> int:
    """Rows before the first origin."""
    return max(MIN_TRAINING_YEARS * monthly.season, MIN_TRAINING_ROWS)


@dataclass(frozen=True)
class Origins:
    """Rows of the series from which is forecast.

    ``rows``: warm-up, selection and reported origins in order, without gaps; ``selection`` and ``reported``:
    places in ``rows``. Every target of a selection origin ended before the first reported origin's month. A short series
    has no selection origins.
    """

    rows: Ints
    selection: Ints
    reported: Ints

    @property
    def short(self) -> bool:
        """Whether the series is too short to choose a model."""
        return not len(self.selection)


def plan_origins(
    monthly: Monthly, horizons: int, reported: Ints, most: int = SELECTION_ORIGINS, warm_up: int = WARM_UP_ORIGINS
) -> Origins:
    """The ``reported`` rows, and the at most ``most`` selection and ``warm_up`` origins that come before them."""
    if not len(reported):
        raise JobError(f"no month of series {monthly.code} is among the wanted origins (it ends in {monthly.origin})")
    first = int(reported[0])
    eligible = np.flatnonzero(monthly.positions + horizons < monthly.positions[first])
    fewest = min_training(monthly)
    selection = eligible[eligible >= fewest][-most:]
    if len(selection) < MIN_SELECTION_ORIGINS:
        raise JobError(
            f"series {monthly.code} has {first} {monthly.periods} before {month_text(int(monthly.months[first]))}, which leave "
            f"{len(selection)} origins to choose a model on ({fewest} come before the first, "
            f"{horizons} after the last); at least {MIN_SELECTION_ORIGINS} are needed: report later origins or "
            "give a longer series"
        )
    start = max(fewest, int(selection[0]) - warm_up)
    rows = np.arange(start, int(reported[-1]) + 1, dtype=np.int64)
    return Origins(rows, selection - start, reported - start)


def evaluated_origins(monthly: Monthly, horizons: int, wanted: int | None) -> Origins:
    """The newest ``wanted`` origins whose targets are all known, split in time, and what comes before and after.

    Without ``wanted``: as many as the series has, at most ``EVALUATION_ORIGINS``; a series with fewer than
    ``MIN_EVALUATION_ORIGINS`` has no selection, and all its origins are reported.
    """
    complete = np.flatnonzero(np.isfinite(future_means(monthly, horizons)).all(axis=1))
    usable = complete[complete >= min_training(monthly)]
    count = min(len(usable), EVALUATION_ORIGINS) if wanted is None else wanted
    reported = usable[-max(round(count * REPORTED_SHARE), 1) :]
    selection = count - len(reported) - horizons
    if wanted is None and (count < MIN_EVALUATION_ORIGINS or selection < MIN_SELECTION_ORIGINS):
        return _short(monthly)
    if len(usable) < count:
        raise JobError(
            f"series {monthly.code} has {len(monthly)} {monthly.periods}, which allow {len(usable)} evaluation origins "
            f"({min_training(monthly)} come before the first, {horizons} after the last); "
            f"`evaluation_origins` is {count}: give a smaller one, or none to use what the series has"
        )
    if selection < MIN_SELECTION_ORIGINS:
        raise JobError(
            f"`evaluation_origins` is {count}, which leaves {selection} origins to choose a model on; "
            f"at least {MIN_SELECTION_ORIGINS} are needed: give a larger one"
        )
    return plan_origins(monthly, horizons, reported, selection, TRAINING_WARM_UP_ORIGINS)


def _short(monthly: Monthly) -> Origins:
    if len(monthly) < MIN_ROWS:
        raise JobError(
            f"series {monthly.code} has {len(monthly)} {monthly.periods} with all their features; a forecast needs at least "
            f"{MIN_ROWS}: wait for more or give a longer series"
        )
    # A year is given up where there are enough of them to see seasons.
    first = monthly.season if len(monthly) >= MIN_SEASONS * monthly.season else 0
    rows = np.arange(first, len(monthly) - 1, dtype=np.int64)
    return Origins(rows, rows[:0], rows - first)
