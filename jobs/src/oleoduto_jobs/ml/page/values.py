"""How many decimals the values of a series are told with."""

from __future__ import annotations

import math

import numpy as np

from oleoduto_jobs.ml.data import Monthly

SIGNIFICANT = 4


def digits_of(monthly: Monthly) -> int:
    """Decimals by which neighboring values of the newest year are told apart, at least two as in money."""
    size = float(np.abs(monthly.mean[-monthly.season :]).mean())
    return 2 if size == 0.0 else max(2, SIGNIFICANT - 1 - math.floor(math.log10(size)))
