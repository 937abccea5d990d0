"""Why an interval is narrower than one before it, where that is so."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.intervals import LEVELS
from oleoduto_jobs.ml.page.words import Words

CHANCE = 1e-9
"""Relative difference that is none."""


def narrowing(monthly: Monthly, predictions: pd.DataFrame, words: Words) -> str:
    """A sentence if a later interval is narrower: since the forecast falls, or since past errors were smaller there."""
    moved = monthly.transformation.change
    bounds = [(_numbers(predictions, f"lower_{level}"), _numbers(predictions, f"upper_{level}")) for level in LEVELS]
    if not any(_narrows(upper - lower) for lower, upper in bounds):
        return ""
    key = "narrow_errors" if any(_narrows(moved(upper, lower)) for lower, upper in bounds) else "narrow_level"
    return f"<p>{escape(words(key))}</p>"


def _numbers(predictions: pd.DataFrame, name: str) -> Floats:
    return predictions[name].to_numpy(dtype=np.float64)


def _narrows(widths: Floats) -> bool:
    return bool((np.diff(widths) < -CHANCE * np.abs(widths[:-1])).any())
