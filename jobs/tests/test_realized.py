"""What became of earlier forecasts of many series, by hand-made numbers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from jobs.tests.test_many import final, seasonal

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.container import earlier
from oleoduto_jobs.ml.container.cloudwatch import figures_of_many
from oleoduto_jobs.ml.data import STEPS
from oleoduto_jobs.ml.many.buckets import read_earlier, spread_earlier
from oleoduto_jobs.ml.many.realized import FEWEST_SERIES, RUN, WINDOW_ORIGINS, Realized, realized, together

H = 3


def forecasts(table: pd.DataFrame, origin: int, off: float, run: int = 20200101, half: float = 5.0) -> pd.DataFrame:
    """A run's forecasts of the series of a final table from its row ``origin``, each ``off`` above what came."""
    frequency = str(table["frequency"].iloc[0])
    start = pd.Timestamp(table["period_start"].iloc[origin])
    values = table["mean_value"].to_numpy()
    given = [values[origin + h] if origin + h < len(values) else 0.0 for h in range(1, H + 1)]
    rows = pd.DataFrame({"horizon": range(1, H + 1), "point": np.array(given) + off}).assign(
        code=table["code"].iloc[0], origin=start.date(), frequency=frequency
    )
    for level, width in ((80, half), (95, 2.0 * half)):
        rows[f"lower_{level}"], rows[f"upper_{level}"] = rows["point"] - width, rows["point"] + width
    return rows.assign(**{RUN: run})


def growing(years: int, season: int = 12, step: float = 10.0) -> Floats:
    """Every year ``step`` above the year before: the seasonal naive errs by ``step`` for each year ahead."""
    return 100.0 + step * np.repeat(np.arange(years), season).astype(np.float64)


@pytest.mark.parametrize("frequency", ["monthly", "quarterly", "annual"])
def test_errors_are_over_those_of_the_seasonal_naive(frequency: str) -> None:
    season = 12 // STEPS[frequency]
    table = final("A", growing(9, season), frequency=frequency)
    found = realized(table, forecasts(table, 4 * season, 2.0))["A"]
    # Ahead by h periods the naive is as many years old as the season needs.
    usual = np.array([10.0 * -(-h // season) if season > 1 else 10.0 * h for h in range(1, H + 1)])
    assert found.origins == 1
    assert found.ratio == pytest.approx(4.0 / np.mean(usual**2))
    assert found.mase == pytest.approx(0.2)
    assert found.coverage == {80: 1.0, 95: 1.0}


def test_forecasts_whose_period_has_no_value_yet_judge_nothing() -> None:
    table = final("A", growing(5))
    assert realized(table, forecasts(table, len(table) - 1, 2.0)) == {}
    # One month has come, and it is outside the 80 % interval.
    found = realized(table, forecasts(table, len(table) - 2, 8.0))["A"]
    assert found.coverage == {80: 0.0, 95: 1.0} and found.ratio == pytest.approx(0.64)
    gap = table.drop(index=[49])
    judged = realized(gap, forecasts(table, 48, 2.0))["A"]
    assert judged.mase == pytest.approx(0.2)


def test_the_newest_run_of_an_origin_counts_and_the_newest_origins() -> None:
    table = final("A", growing(9))
    twice = pd.concat([forecasts(table, 60, 3.0, 20200115), forecasts(table, 60, 9.0, 20200110)])
    assert realized(table, twice)["A"].mase == pytest.approx(0.3)
    old = [forecasts(table, 30 + place, 9.0, 20190101 + place) for place in range(20)]
    new = [forecasts(table, 60 + place, 1.0, 20200101 + place) for place in range(WINDOW_ORIGINS)]
    found = realized(table, pd.concat([*new, *old]))["A"]
    assert found.origins == WINDOW_ORIGINS and found.mase == pytest.approx(0.1)


def test_what_cannot_be_divided_is_unknown() -> None:
    constant = final("A", np.full(60, 3.0))
    found = realized(constant, forecasts(constant, 40, 0.0))["A"]
    assert found.ratio is None and found.mase is None and found.coverage == {80: 1.0, 95: 1.0}
    table = final("A", growing(9))
    bare = forecasts(table, 60, 1.0).assign(lower_80=np.nan, upper_80=np.nan)
    assert realized(table, bare)["A"].coverage == {80: None, 95: 1.0}
    # A series that was quarterly then is another one now.
    assert realized(table, forecasts(table, 60, 1.0).assign(frequency="quarterly")) == {}


@pytest.mark.parametrize("scale", [1e-200, 1e-12, 1.0, 1e12, 1e200])
def test_no_figure_depends_on_the_unit(scale: float) -> None:
    values = seasonal(90)
    one, table = final("A", values), final("A", values * scale)
    ahead = forecasts(one, 60, 2.0)
    scaled = ahead.assign(**{name: ahead[name] * scale for name in ahead if name == "point" or "er_" in name})
    ours, theirs = realized(table, scaled)["A"], realized(one, ahead)["A"]
    assert ours.ratio == pytest.approx(theirs.ratio) and ours.mase == pytest.approx(theirs.mase)


def test_all_together_need_enough_series_with_enough_origins() -> None:
    def series(ratio: float | None, origins: int = 3) -> Realized:
        return Realized(origins, ratio, ratio, {80: 0.8, 95: 1.0})

    few = {str(place): series(2.0) for place in range(FEWEST_SERIES - 1)}
    assert together({**few, "YOUNG": series(2.0, 2), "FLAT": series(None)}).median_ratio is None
    many = {**few, **{f"B{place}": series(0.5) for place in range(FEWEST_SERIES + 1)}}
    found = together(many)
    assert (found.judged, found.median_ratio, found.median_mase) == (2 * FEWEST_SERIES, 0.5, 0.5)
    assert found.worse == pytest.approx((FEWEST_SERIES - 1) / (2 * FEWEST_SERIES))
    assert found.coverage == {80: pytest.approx(0.8), 95: pytest.approx(1.0)}
    named = {figure.name.value: figure.value for figure in figures_of_many(found)}
    assert named["MspeToLimit"] == 0.5 and named["SeriesWorse"] == pytest.approx(100 * found.worse or 0.0)
    assert [figure.name.value for figure in figures_of_many(together(few))] == ["SeriesJudged"]


def test_one_run_a_month_is_fetched_and_none_of_later_dates() -> None:
    runs = ["20191231", "20200102", "20200131", "20200201", "20200215", "20200216"]
    keys = [f"forecasts/dataproc={run}/{name}.parquet" for run in runs for name in ("a", "b")]
    found = earlier.chosen([*keys, "forecasts/dataproc=20200110/_SUCCESS", "forecasts/x.parquet"], "20200216")
    assert found == [key for key in keys if key[19:27] in ("20191231", "20200131", "20200215")]
    months = [f"forecasts/dataproc={year}{month:02d}01/a.parquet" for year in range(2010, 2020) for month in range(1, 13)]
    assert earlier.chosen(months, "20200101") == months[-earlier.RUNS :]


class Store:
    """A client of S3 over objects in memory."""

    def __init__(self, objects: dict[str, bytes], refusal: str | None = None) -> None:
        self.objects, self.refusal = objects, refusal

    def get_paginator(self, name: str) -> Store:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "ListObjectsV2")
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}, {}]

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self.objects[key])


def packed(table: pd.DataFrame) -> bytes:
    """As a parquet file."""
    file = io.BytesIO()
    table.drop(columns=RUN).to_parquet(file)
    return file.getvalue()


def test_fetched_forecasts_are_spread_with_their_run(tmp_path: Path) -> None:
    table = final("A", growing(9))
    runs = {20200110: 9.0, 20200215: 3.0}
    objects = {f"forecasts/dataproc={run}/f.parquet": packed(forecasts(table, 60, off, run)) for run, off in runs.items()}
    files = earlier.fetch(Store(objects), "data", "20200301", tmp_path / "fetched")
    [place] = spread_earlier(files, tmp_path / "spread", 1)
    found = read_earlier(place)
    assert found.groupby(RUN).size().to_dict() == dict.fromkeys(runs, H)
    assert realized(table, found)["A"].mase == pytest.approx(0.3)
    assert spread_earlier([], tmp_path / "none", 1) == []


def test_forecasts_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"earlier forecasts in s3://data/forecasts/ cannot be read: .*AccessDenied"):
        earlier.fetch(Store({}, "AccessDenied"), "data", "20200301", tmp_path)
    key = "forecasts/dataproc=20200110/f.parquet"
    table = final("A", growing(9))
    lacking = packed(forecasts(table, 60, 1.0).drop(columns="frequency"))
    files = earlier.fetch(Store({key: lacking}), "data", "20200301", tmp_path)
    assert pq.read_schema(files[0]).names[0] == "horizon"
    with pytest.raises(JobError, match=r"dataproc=20200110 lack the columns frequency; delete this partition"):
        spread_earlier(files, tmp_path / "spread", 1)
    files[0].write_text("no parquet")
    with pytest.raises(JobError, match=r"f\.parquet cannot be read"):
        spread_earlier(files, tmp_path / "spread", 1)
