"""The transform on Spark against the pandas oracle, and its rules one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.etl.transform import earlier_periods, is_complete, period_values, progress, transform, with_features

RawOf = Callable[[dict[str, pd.Series]], DataFrame]
Oracle = Callable[..., pd.DataFrame]
Prices = Callable[..., pd.Series]


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True), check_dtype=False, rtol=1e-12)


def complete_months(monthly: DataFrame, as_of: dt.date | None = None) -> DataFrame:
    complete = monthly.withColumns(progress()).where(is_complete(as_of))
    return complete.withColumn("period_start", F.make_date("year", "month", F.lit(1)))


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


def test_a_missing_month_hides_no_month_after_it(raw_of: RawOf, random_prices: Prices) -> None:
    prices = random_prices("2020-01-01", "2021-12-31")
    gap = prices[prices.index.to_period("M") != pd.Period("2020-09", "M")]
    rows = transform(raw_of({"A": gap})).orderBy("period_start").collect()
    wanted = [*("2020-07", "2020-08"), *(f"2020-{m}" for m in (10, 11, 12)), *(f"2021-{m:02d}" for m in range(1, 13))]
    assert [f"{row.period_start:%Y-%m}" for row in rows] == wanted
    assert [row.filled_lags for row in rows] == [0, 0, *[1] * 6, *[0] * 9]


def test_a_lag_is_of_exactly_k_months_earlier_or_the_newest_before(raw_of: RawOf) -> None:
    """Month m has the price m, and March is missing."""
    days = pd.to_datetime([f"2024-{m:02d}-15" for m in (1, 2, 4, 5, 6, 7, 8, 9, 10)])
    monthly = period_values(raw_of({"A": pd.Series(days.month.astype(float), index=days)}))
    found = {row.month: row for row in with_features(monthly.withColumns(earlier_periods())).collect()}
    assert sorted(found) == [7, 8, 9, 10]
    row = found[10]
    assert [row[f"lag_{k}"] for k in range(1, 7)] == [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
    assert (row.rolling_mean_6, row.rolling_min_6, row.rolling_max_6) == (6.5, 4.0, 9.0)
    assert row.momentum_3 == pytest.approx(np.log(10 / 7))
    row = found[8]
    assert [row[f"lag_{k}"] for k in range(1, 7)] == [7.0, 6.0, 5.0, 4.0, 2.0, 2.0]
    assert (row.filled_lags, row.momentum_6) == (1, None)
    assert row.rolling_mean_6 == pytest.approx(26 / 6)


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
    row = period_values(raw_of({"A": pd.Series([12.0, 11.0, np.nan], index=days)})).head()
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
    frame = complete_months(period_values(raw_of({"A": pd.Series(1.0, index=days)})))
    assert (newest[:7] in months_of(frame)) is complete


def test_the_running_month_of_a_monthly_series_waits_until_it_has_ended(raw_of: RawOf) -> None:
    months = pd.to_datetime(["2020-11-01", "2020-12-01", "2021-01-01", "2021-02-01"])
    raw = raw_of({"M": pd.Series([0.8, 0.96, 0.78, 0.09], index=months)})
    for as_of, newest in (("2021-02-20", "2021-01"), ("2021-02-28", "2021-01"), ("2021-03-01", "2021-02")):
        assert months_of(complete_months(period_values(raw), dt.date.fromisoformat(as_of)))[-1] == newest


def test_one_more_date_does_not_make_a_monthly_series_daily(raw_of: RawOf) -> None:
    days = pd.to_datetime(["2023-09-15", "2023-10-15", "2023-11-15", "2023-12-14", "2023-12-15", "2024-01-15"])
    rows = complete_months(period_values(raw_of({"D": pd.Series(1.0, index=days), "S": pd.Series(1.0, index=days[-1:])})))
    kept = {code: sorted(f"{r.period_start:%Y-%m}" for r in rows.collect() if r.code == code) for code in "DS"}
    assert kept == {"D": ["2023-09", "2023-10", "2023-11", "2023-12", "2024-01"], "S": []}


def test_quarters_and_years_have_rows_of_their_own(raw_of: RawOf) -> None:
    quarters = pd.Series(np.arange(12.0) - 3, index=pd.date_range("2021-01-01", periods=12, freq="QS"))
    years = pd.Series(np.arange(4.0), index=pd.date_range("2020-01-01", periods=4, freq="YS"))
    decades = pd.Series(1.0, index=pd.to_datetime(["1990-01-01", "2000-01-01", "2010-01-01"]))
    raw = raw_of({"Q": quarters, "Y": years, "X": decades})
    rows = transform(raw, dt.date(2023, 12, 31)).orderBy("code", "period_start").collect()
    found = {code: [row for row in rows if row.code == code] for code in "QYX"}
    assert found["X"] == []
    q, y = found["Q"], found["Y"]
    assert [f"{row.period_start}" for row in q] == [f"202{n // 4 + 1}-{n % 4 * 3 + 1:02d}-01" for n in range(4, 11)]
    assert {row.frequency for row in q} == {"quarterly"} and {row.frequency for row in y} == {"annual"}
    assert (q[0].mean_value, q[0].last_date, q[0].quarter, q[0].month) == (1.0, dt.date(2022, 1, 1), 1, 1)
    assert [q[0][f"lag_{k}"] for k in range(1, 7)] == [0.0, -1.0, -2.0, -3.0, None, None]
    assert (q[0].rolling_mean_6, q[0].rolling_min_6, q[0].rolling_max_6, q[0].filled_lags) == (-1.5, -3.0, 0.0, 0)
    assert [f"{row.period_start}" for row in y] == ["2021-01-01", "2022-01-01"]
    assert (y[0].lag_1, y[0].lag_2, y[0].rolling_mean_6, y[0].rolling_std_6) == (0.0, None, 0.0, None)
    assert y[1].rolling_std_6 == pytest.approx(np.sqrt(0.5))
    assert [f"{row.period_start}" for row in transform(raw, dt.date(2024, 1, 1)).where("code = 'Q'").collect()][
        -1
    ] == "2023-10-01"


def test_a_day_without_a_price_does_not_complete_a_month(raw_of: RawOf) -> None:
    days = pd.to_datetime(["2024-01-10", "2024-01-11", "2024-02-01"])
    frame = complete_months(period_values(raw_of({"A": pd.Series([1.0, 2.0, np.nan], index=days)})))
    assert months_of(frame) == []


def test_a_short_series_gives_nothing(raw_of: RawOf, random_prices: Prices) -> None:
    assert transform(raw_of({"A": random_prices("2024-01-01", "2024-06-30")})).count() == 0
    assert transform(raw_of({"A": random_prices("2024-01-01", "2024-07-31")})).count() == 1
