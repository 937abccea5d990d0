"""Shared fixtures: one Spark session for all tests, small synthetic prices, the real Brent file."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import holidays
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from jobs.tests.java_names import keep_names
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from xdist.scheduler import LoadScopeScheduling

from oleoduto_jobs.etl import parsing
from oleoduto_jobs.etl.buckets import KEY, series_id
from oleoduto_jobs.etl.frequency import frequency_of
from oleoduto_jobs.etl.parsing import Judge
from oleoduto_jobs.etl.responses import Response
from oleoduto_jobs.etl.storage import spark_schema
from oleoduto_jobs.ml.data import Monthly, monthly_of
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import INTERIM, RAW, UNKNOWN_UNIT

CODE = "EIA366_PBRENT366"
PATIENCE = 600
"""Seconds for a process of the package: on a busy machine with cold caches its imports alone take minutes."""
PROVENANCE = Provenance("ipeadata", "US$ per barrel", dt.date(2012, 12, 31), dt.date(2013, 1, 10), stale=False)
"""Of the synthetic months."""
BRENT = Path(__file__).parents[3] / "shared" / "data" / "brent-daily.csv"


# `HYPOTHESIS_PROFILE=thorough` draws many more; each draw is a run of Spark.
COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
settings.register_profile("default", max_examples=6, **COMMON)
settings.register_profile("thorough", max_examples=60, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@functools.cache
def uses_spark(file: Path) -> bool:
    """Whether a file's tests need Spark, as its text says: who hands out the tests sees nothing else."""
    return re.search(r"\b(spark|brent_raw|raw_of): ", file.read_text(encoding="utf-8")) is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses Spark is slow."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            if not uses_spark(item.path):
                raise pytest.UsageError(f"{item.nodeid} uses Spark, but `uses_spark` of conftest.py does not see it")
            item.add_marker(pytest.mark.slow)


FOREIGN: list[str] = []
"""Hosts other than this machine that a test asked for: README says that nothing sends telemetry."""


def notice_foreign_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    """What Python's own sockets are used for; it sees threads of libraries as well, which swallow their errors."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name not in ("localhost", "None", "::1", "") and not name.startswith("127."):
        FOREIGN.append(name)


sys.addaudithook(notice_foreign_hosts)


@pytest.fixture(autouse=True)
def no_telemetry() -> Iterator[list[str]]:
    """No test speaks to another host, and so no library does on its own: the hosts that it asked for."""
    FOREIGN.clear()
    yield FOREIGN
    assert FOREIGN == [], f"asked for {FOREIGN}"


class OneSpark(LoadScopeScheduling):
    """Tests go to processes by file; all files with Spark share one, whose JVM is warm after the first.

    pytest-xdist 3.8 has marks for this, which pytest 9.2 passes over in silence.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "spark" if uses_spark(self.config.rootpath / file) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneSpark:
    """Hand out the tests of jobs so."""
    return OneSpark(config, log)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One session per process, with folders of its own."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # Spark's workers are processes of their own; pytest's own path is not theirs.
    tests = Path(__file__).parent
    os.environ["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in (tests.parent / "src", tests))
    session = (
        SparkSession.builder.master("local[1]")
        .appName("jobs tests")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .config("spark.python.daemon.module", "spark_daemon")
        # Many small queries: generated code, new plans in the middle of a query, the second compiler and parallel garbage
        # collection cost more than they save. The end-to-end tests run the same jobs with all of them.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .getOrCreate()
    )
    keep_names(session)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def brent_file() -> Path:
    """The real daily prices; in CI their absence is a failure, not a reason to skip."""
    if not BRENT.is_file():
        message = f"{BRENT} does not exist"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return BRENT


@pytest.fixture(scope="session")
def brent_raw(spark: SparkSession, brent_file: Path) -> DataFrame:
    """The raw table of the real prices, by extract's own parsing."""
    response = Response(CODE, "file", str(brent_file), "csv", values=brent_file.read_bytes())
    row = Judge({}, frozenset()).row("brent", response.to_bytes())
    return parsing.raw_of(spark.createDataFrame([row], parsing.OUTCOME))


@pytest.fixture(scope="session")
def package_env() -> dict[str, str]:
    """Environment of a process of its own that finds the package, as an installed one would."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src"), "PYTHONUNBUFFERED": "1"}


def daily_prices(start: str, end: str, seed: int = 0, level: float = 50.0) -> pd.Series:
    """A random walk of prices on business days."""
    days = pd.bdate_range(start, end)
    steps = np.random.default_rng(seed).normal(0.0, 0.02, len(days))
    return pd.Series(level * np.exp(np.cumsum(steps)), index=days)


@pytest.fixture(scope="session")
def random_prices() -> Callable[..., pd.Series]:
    return daily_prices


def momentum(by_period: dict[pd.Period, pd.Series], period: pd.Period, k: int) -> float:
    """Log of the newest price of a period over that of ``k`` earlier; NaN if a period between them has no price."""
    if any(period - i not in by_period for i in range(1, k + 1)):
        return float("nan")
    return float(np.log(by_period[period].iloc[-1] / by_period[period - k].iloc[-1]))


@functools.cache
def last_open_day(month: pd.Period) -> pd.Timestamp:
    """The last weekday of a month that is no English holiday."""
    english = holidays.country_holidays("GB", subdiv="ENG", years=month.year)
    days = [d for d in pd.bdate_range(month.start_time, month.end_time.normalize()) if d.date() not in english]
    return days[-1]


def usual_distance(daily: pd.Series) -> float:
    """Median of the days between two prices; 1 for a single price."""
    return float(daily.index.to_series().diff().dt.days.median()) if len(daily) > 1 else 1.0


def pandas_features(daily: pd.Series, code: str = CODE, as_of: dt.date | None = None) -> pd.DataFrame:
    """The transform written a second time, period by period in plain pandas and Python: the oracle."""
    daily = daily.dropna().sort_index()
    days = usual_distance(daily)
    letter, frequency, needed = (
        ("M", "monthly", 6) if days <= 45 else ("Q", "quarterly", 4) if days <= 135 else ("Y", "annual", 1)
    )
    by_period = {period: prices for period, prices in daily.groupby(daily.index.to_period(letter))}
    newest, oldest = max(by_period), min(by_period)
    returns = np.log(daily / daily.shift())
    means: dict[pd.Period, float] = {}
    for period, prices in by_period.items():
        if days > 10:
            complete = period < newest or as_of is None or period.end_time.date() < as_of
        else:
            complete = period < newest or prices.index[-1] >= last_open_day(period)
        if complete:
            means[period] = prices.mean()
    rows, known = [], sorted(means)
    for period, mean in means.items() if days <= 548 else ():
        if period - needed < oldest:
            continue
        lags: list[float | None] = []
        for k in range(1, 7):
            earlier = bisect.bisect_right(known, period - k)
            lags.append(means[known[earlier - 1]] if earlier else None)
        before = [lag for lag in lags if lag is not None]
        start = period.start_time.date()
        rows.append(
            {
                "code": code,
                "period_start": start,
                "frequency": frequency,
                "unit": UNKNOWN_UNIT,
                "mean_value": mean,
                "last_value": by_period[period].iloc[-1],
                "last_date": by_period[period].index[-1].date(),
                "value_count": len(by_period[period]),
                **{f"lag_{k}": value for k, value in enumerate(lags, start=1)},
                "filled_lags": sum(period - k not in means for k in range(1, len(before) + 1)),
                "rolling_mean_6": np.mean(before),
                "rolling_std_6": np.std(before, ddof=1) if len(before) > 1 else None,
                "rolling_min_6": min(before),
                "rolling_max_6": max(before),
                "quarter": (start.month + 2) // 3,
                "year": start.year,
                "month": start.month,
                **{f"momentum_{k}": momentum(by_period, period, k) for k in (1, 3, 6)},
                "realised_volatility": float(np.sqrt((returns[by_period[period].index] ** 2).sum())),
            }
        )
    return pd.DataFrame(rows, columns=INTERIM.column_names)


@pytest.fixture(scope="session")
def oracle() -> Callable[..., pd.DataFrame]:
    return pandas_features


@pytest.fixture(scope="session")
def raw_of(spark: SparkSession) -> Callable[[dict[str, pd.Series]], DataFrame]:
    """Raw table of ``{code: prices by day}``; NaN becomes null."""

    def make(series: dict[str, pd.Series]) -> DataFrame:
        rows = []
        for code, prices in series.items():
            ordered = prices.sort_index()
            per_year = frequency_of("", [d.date() for d in ordered.dropna().index]).per_year
            before = dict(zip(ordered.index, ordered.ffill().shift(), strict=True))
            for d, v in prices.items():
                values = (None if np.isnan(x) else float(x) for x in (v, before[d]))
                rows.append((code, d.date(), str(d.date()), d.day, d.month, d.year, *values, per_year))
        given = [field for field in spark_schema(RAW).fields if field.name != KEY]
        made = spark.createDataFrame(rows, StructType(given)).withColumn(KEY, series_id(F.col("code")))
        return made.select(*RAW.column_names)

    return make


@functools.cache
def synthetic_monthly(months: int = 150, seed: int = 1) -> Monthly:
    """``months`` rows of the final table, made by the oracle from a random walk."""
    start = dt.date(2000, 1, 3)
    end = (pd.Period("2000-01", "M") + months + 5).end_time.date()
    frame = pandas_features(daily_prices(str(start), str(end), seed))
    assert len(frame) == months
    return monthly_of(frame, CODE)


@pytest.fixture(scope="session")
def make_monthly() -> Callable[..., Monthly]:
    return synthetic_monthly


@pytest.fixture(scope="session")
def monthly() -> Monthly:
    return synthetic_monthly()
