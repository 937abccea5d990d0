"""Properties of the transform: hypothesis draws the series, the pandas oracle says what must come out.

A run of Spark costs what its queries cost, not its rows: few examples, each of many series.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame

from oleoduto_jobs.etl.transform import transform
from oleoduto_jobs.schema import INTERIM, SERIES_UNIT

RawOf = Callable[[dict[str, pd.Series]], DataFrame]
Oracle = Callable[..., pd.DataFrame]


def assert_same_rows(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """In any order. (``pyspark.testing`` of Spark 3.5 does not import with NumPy 2.)"""
    first, second = (frame.sort_values(["code", "period_start"], ignore_index=True) for frame in (one, other))
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


# Whole cents, as sources give prices; None is a day without one.
PRICES = st.one_of(st.none(), st.integers(1, 20_000).map(lambda cents: cents / 100))


@st.composite
def series(draw: st.DrawFn) -> pd.Series:
    """Prices of up to 16 months: any days of the week, months missing, days without a price, at least one with."""
    start = draw(st.dates(dt.date(1999, 1, 1), dt.date(2030, 1, 1)))
    months = draw(st.lists(st.integers(0, 15), min_size=1, max_size=16, unique=True).map(sorted))
    days: dict[pd.Timestamp, float | None] = {}
    for month in months:
        first = (pd.Period(start, "M") + month).start_time
        for day in draw(st.lists(st.integers(0, 27), min_size=1, max_size=6, unique=True)):
            days[first + pd.Timedelta(days=day)] = draw(PRICES)
    found = pd.Series(days, dtype=float)
    if found.isna().all():
        found.iloc[0] = 1.0
    return found


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    order = ["code", "period_start"]
    left, right = (frame.sort_values(order).reset_index(drop=True) for frame in (found, expected))
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-9, atol=1e-9)


def many_series() -> st.SearchStrategy[list[pd.Series]]:
    """About as many as the same time would allow one by one."""
    return st.lists(series(), min_size=12, max_size=24)


FEW = max(2, settings.default.max_examples // 6)


@settings(max_examples=FEW)
@given(many_series())
def test_any_series_equal_the_oracle(raw_of: RawOf, oracle: Oracle, drawn: list[pd.Series]) -> None:
    named = {f"S{k}": prices for k, prices in enumerate(drawn)}
    expected = pd.concat([oracle(prices, code) for code, prices in named.items()])
    same(transform(raw_of(named)).toPandas(), expected)


@settings(max_examples=FEW)
@given(many_series())
def test_the_order_of_rows_and_the_company_of_other_series_change_nothing(raw_of: RawOf, drawn: list[pd.Series]) -> None:
    named = {f"S{k}": prices for k, prices in enumerate(drawn)}
    raw = raw_of(named)
    shuffled = raw.orderBy("value", "day", "code").repartition(3)
    together = transform(raw).toPandas()
    assert_same_rows(transform(shuffled).toPandas(), together)
    alone = transform(raw_of({"S0": named["S0"]})).toPandas()
    assert_same_rows(together[together["code"] == "S0"], alone)


@given(series(), st.floats(0.1, 10.0))
def test_prices_in_another_currency_scale_prices_and_leave_returns(raw_of: RawOf, prices: pd.Series, factor: float) -> None:
    both = transform(raw_of({"A": prices, "B": prices * factor})).toPandas().sort_values("period_start")
    one, other = (both[both["code"] == code].reset_index(drop=True) for code in ("A", "B"))
    assert len(one) == len(other) > 0 or both.empty
    for column in INTERIM.columns:
        if column.unit:
            scale = factor if column.unit == SERIES_UNIT else 1.0
            np.testing.assert_allclose(other[column.name], one[column.name] * scale, rtol=1e-9, atol=1e-9)
        elif column.type == "double":
            np.testing.assert_allclose(other[column.name], one[column.name], rtol=1e-7, atol=1e-7)
