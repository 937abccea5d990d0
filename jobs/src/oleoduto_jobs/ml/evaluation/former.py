"""The intervals that the present ones replaced: each horizon's own errors, scaled by monthly volatility. Only compared with."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.evaluation.backtest import Backtest
from oleoduto_jobs.ml.evaluation.intervals import LEVELS, MIN_ERRORS, Past, volatility_scale, winkler


def former_winkler(backtest: Backtest, name: str, places: Ints) -> dict[str, list[float | None]]:
    """Mean Winkler score of the former intervals by level, one per horizon; only origins that had an interval then."""
    monthly, rows = backtest.monthly, backtest.origins.rows
    scale = volatility_scale(replace(monthly, daily={}))[rows]
    past = Past(monthly.transformation, scale, monthly.positions[rows], np.empty(0))
    forecast, moved = backtest.forecasts[name], monthly.transformation.moved
    scaled = monthly.transformation.change(backtest.actual, forecast) / scale[:, None]
    found = {}
    for level in LEVELS:
        half = scale[places, None] * np.array([_widths(past.ended(int(place), scaled), level) for place in places])
        point, actual = forecast[places], backtest.actual[places]
        scores = winkler(moved(point, -half), moved(point, half), actual, level)
        found[str(level)] = [float(c[np.isfinite(c)].mean()) if np.isfinite(c).any() else None for c in scores.T]
    return found


def _widths(ended: Floats, level: int) -> list[float]:
    """The ceil((n+1) * level)-th smallest absolute error of each horizon; NaN if there are too few."""
    widths = []
    for column in ended.T:
        known = np.sort(np.abs(column[np.isfinite(column)]))
        rank = math.ceil((len(known) + 1) * level / 100)
        widths.append(float(known[min(rank, len(known)) - 1]) if len(known) >= MIN_ERRORS else math.nan)
    return widths
