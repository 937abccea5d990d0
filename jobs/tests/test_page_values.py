"""How many decimals a page tells values with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.page.values import digits_of
from oleoduto_jobs.ml.page.words import Words


@pytest.mark.parametrize(
    ("level", "written"),
    [
        (77.694, "77,69"),
        (1.2609, "1,261"),
        (0.36049, "0,3605"),
        (8.0213e-7, "8,0213e-07"),
        (3.1e9, "3100000000,00"),
        (0.0, "0,00"),
    ],
)
def test_neighbouring_values_are_told_apart(monthly: Monthly, level: float, written: str) -> None:
    flat = dataclasses.replace(monthly, prices={**monthly.prices, "mean_value": np.full(len(monthly), level)})
    assert Words("pt-BR").value(level, digits_of(flat)) == written
