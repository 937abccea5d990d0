"""The transform on Spark against the pandas oracle, and its rules one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.etl.transform import earlier_months, is_complete, monthly_values, progress, transform, with_features

RawOf = Callable[[dict[str, pd.Series]], DataFrame]
Oracle = Callable[..., pd.DataFrame]
Prices = Callable[..., pd.Series]


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True), check_dtype=False, rtol=1e-12)


def complete_months(monthly: DataFrame) -> DataFrame:
    return (
        monthly.withColumns(progress()).where(is_complete()).withColumn("period_start", F.make_date("year", "month", F.lit(1)))
    )


def months_of(frame: DataFrame) -> list[str]:
    return sorted(f"{row.period_start:%Y-%m}" for row in frame.select("period_start").collect())


def thinned(prices: pd.Series, seed: int) -> pd.Series:
    """Drop random days and some whole months, and lose the values of others."""
    rng = np.random.default_rng(seed)
    kept = prices[rng.random(len(prices)) > 0.3].copy()
    months = kept.index.to_period("M")
    gone = rng.choice(months.unique(), size=int(rng.integers(0, 4)), replace=False)
    kept = kept[~months.isin(gone)]
    kept[rng.random(len(kept)) < 0.1] = np.nan
    return kept.sample(frac=1.0, random_state=seed)


def test_many_random_series_equal_the_oracle(raw_of: RawOf, oracle: Oracle, random_prices: Prices) -> None:
    rng = np.random.default_rng(7)
    series = {}
    for seed in range(25):
        end = pd.Timestamp("2021-06-01") + pd.Timedelta(days=int(rng.integers(0, 700)))
        series[f"S{seed:02d}"] = thinned(random_prices("2020-01-01", str(end.date()), seed), seed)
    expected = pd.concat([oracle(prices, code) for code, prices in series.items()])
    assert len(expected) > 100
    same(transform(raw_of(series)).toPandas(), expected)


def test_a_missing_month_gives_no_lag_instead_of_a_shifted_one(raw_of: RawOf, random_prices: Prices) -> None:
    prices = random_prices("2020-01-01", "2021-12-31")
    gap = prices[prices.index.to_period("M") != pd.Period("2020-09", "M")]
    assert months_of(transform(raw_of({"A": gap}))) == [
        *("2020-07", "2020-08"),
        *(f"2021-{m:02d}" for m in range(4, 13)),
    ]


def test_a_lag_is_of_exactly_k_months_earlier(raw_of: RawOf) -> None:
    """Month m has the price m, and March is missing: only October has its six months before."""
    days = pd.to_datetime([f"2024-{m:02d}-15" for m in (1, 2, 4, 5, 6, 7, 8, 9, 10)])
    monthly = monthly_values(raw_of({"A": pd.Series(days.month.astype(float), index=days)}))
    [row] = with_features(monthly.withColumns(earlier_months())).collect()
    assert row.month == 10
    assert [row[f"lag_{k}"] for k in range(1, 7)] == [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
    assert (row.rolling_mean_6, row.rolling_min_6, row.rolling_max_6) == (6.5, 4.0, 9.0)
    assert row.momentum_3 == pytest.approx(np.log(10 / 7))


def test_later_data_changes_no_earlier_row(raw_of: RawOf, random_prices: Prices) -> None:
    prices = random_prices("2019-01-01", "2021-12-31")
    changed = prices.copy()
    changed[changed.index > "2020-10-31"] *= 3.0
    rows = transform(raw_of({"A": prices, "B": changed})).toPandas()
    early = rows[rows["period_start"] <= dt.date(2020, 10, 1)]
    a, b = (early[early["code"] == code].drop(columns="code") for code in "AB")
    assert len(a) == 16
    same(a, b)
    late = rows[rows["period_start"] > dt.date(2020, 10, 1)]
    assert not np.allclose(*(late[late["code"] == code]["mean_value"] for code in "AB"))


def test_the_last_price_is_of_the_newest_day_with_a_price(raw_of: RawOf) -> None:
    days = pd.to_datetime(["2024-01-30", "2024-01-29", "2024-01-31"])
    row = monthly_values(raw_of({"A": pd.Series([12.0, 11.0, np.nan], index=days)})).head()
    assert row is not None
    assert (row.last_value, row.last_date, row.value_count) == (12.0, dt.date(2024, 1, 30), 2)
    assert row.mean_value == 11.5


@pytest.mark.parametrize(
    ("newest", "complete"),
    [
        ("2024-01-31", True),  # a Wednesday, the month's last day
        ("2024-01-30", False),
        ("2024-03-27", False),
        ("2024-03-28", True),  # Thursday before Good Friday, which is the month's last weekday
        ("2021-05-27", False),
        ("2021-05-28", True),  # Friday before the English bank holiday of the last Monday in May
        ("2018-12-28", False),  # 31 December is a trading day
        ("2024-08-29", False),
        ("2024-08-30", True),  # Friday, the month ends on Saturday
        ("2024-06-30", True),  # a price on a Sunday after the last business day
    ],
)
def test_the_newest_month_needs_its_last_trading_day(raw_of: RawOf, newest: str, complete: bool) -> None:
    end = pd.Timestamp(newest)
    start = end - pd.DateOffset(months=3)
    days = pd.DatetimeIndex([*pd.bdate_range(start, end - pd.Timedelta(days=1)), end])
    frame = complete_months(monthly_values(raw_of({"A": pd.Series(1.0, index=days)})))
    assert (newest[:7] in months_of(frame)) is complete


def test_months_of_a_monthly_series_are_complete(raw_of: RawOf) -> None:
    middle = pd.to_datetime(["2023-11-15", "2023-12-15", "2024-01-15"])
    daily = pd.to_datetime(["2023-11-15", "2023-12-14", "2023-12-15", "2024-01-15"])
    single = pd.to_datetime(["2024-01-15"])
    frame = {name: pd.Series(1.0, index=days) for name, days in [("M", middle), ("D", daily), ("S", single)]}
    rows = complete_months(monthly_values(raw_of(frame))).collect()
    kept = {code: sorted(f"{r.period_start:%Y-%m}" for r in rows if r.code == code) for code in "MDS"}
    assert kept == {"M": ["2023-11", "2023-12", "2024-01"], "D": ["2023-11", "2023-12"], "S": []}


def test_a_day_without_a_price_does_not_complete_a_month(raw_of: RawOf) -> None:
    days = pd.to_datetime(["2024-01-10", "2024-01-11", "2024-02-01"])
    frame = complete_months(monthly_values(raw_of({"A": pd.Series([1.0, 2.0, np.nan], index=days)})))
    assert months_of(frame) == []


def test_a_short_series_gives_nothing(raw_of: RawOf, random_prices: Prices) -> None:
    assert transform(raw_of({"A": random_prices("2024-01-01", "2024-06-30")})).count() == 0
    assert transform(raw_of({"A": random_prices("2024-01-01", "2024-07-31")})).count() == 1
