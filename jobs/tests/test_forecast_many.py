"""``forecast-many`` under the container contract: tables, page, checkpoints, and what stops nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from jobs.tests.test_many import final, seasonal
from jobs.tests.test_realized import forecasts, packed

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.ml.commands import main
from oleoduto_jobs.ml.container import many, processes
from oleoduto_jobs.ml.container.kept import PREFIX, KeptObjects
from oleoduto_jobs.ml.many import buckets, kept
from oleoduto_jobs.ml.many.forecast import forecast_many
from oleoduto_jobs.ml.many.publish import provenance_in
from oleoduto_jobs.ml.many.verdict import Wanted, verdicts
from oleoduto_jobs.schema import EXTRACT_REPORT, FORECASTS, VERDICTS

H = 6
MAIN = "MONTHLY"
WORDS = ["forecast-many", "--series", MAIN, "--dataproc", "20170815", "--max-data-age", "12"]


def mixed() -> list[pd.DataFrame]:
    """Seventeen series of every kind that reaches the final table."""
    rng = np.random.default_rng(1)
    return [
        final(MAIN, seasonal(90)),
        final("STALE", seasonal(90), start="2000-01"),
        final("NEGATIVE", seasonal(90) - 50.0),
        final("RATE", rng.normal(0.4, 0.3, 90)),
        final("CONSTANT", np.full(90, 3.0)),
        final("SHORT", seasonal(15), start="2016-04"),
        final("ONE", np.array([4.0]), start="2017-06"),
        final("QUARTERLY", seasonal(40, 4), start="2007-07", frequency="quarterly"),
        final("ANNUAL", seasonal(20, 12), start="1998-01", frequency="annual"),
        final("GAP", seasonal(90)).drop(index=[50, 51]),
        final("TINY", 1e-9 * seasonal(90, seed=3)),
        final("HUGE", 1e12 * seasonal(90, seed=4)),
        final("BROKEN", np.where(np.arange(90) == 40, np.nan, seasonal(90))),
        *(final(f"WALK_{place}", seasonal(90, seed=10 + place)) for place in range(4)),
    ]


NOT_LOADED = {
    "TEXTS": ("failed", None, "series TEXTS has texts instead of numbers"),
    "NOTHING": ("empty", None, "no observation"),
    "DECADES": ("ok", None, "Decenal: the final table has no such rows"),
    "FIVE": ("ok", "monthly", "Five months"),
}


class Job:
    """One ``/opt/ml`` of the job."""

    def __init__(self, base: Path, tables: list[pd.DataFrame]) -> None:
        self.base = base
        inputs = base / "processing" / "input"
        for name in ("final", "extract_report"):
            (inputs / name).mkdir(parents=True)
        # Two files, and a series in both: Spark may split them anywhere.
        table = pd.concat(tables, ignore_index=True)
        table["period_start"] = table["period_start"].dt.date
        half = len(table) // 2
        for place, part in enumerate((table[half:], table[:half])):
            pq.write_table(pa.Table.from_pandas(part, preserve_index=False), inputs / "final" / f"part-{place:05d}.parquet")
        pq.write_table(self.report(table), inputs / "extract_report" / "part-00000.parquet")

    @staticmethod
    def report(table: pd.DataFrame) -> pa.Table:
        empty = dict.fromkeys(EXTRACT_REPORT.column_names)
        loaded = [{"code": code, "status": "ok", "frequency": "monthly", "message": "fine"} for code in table["code"].unique()]
        others = [
            {"code": code, "status": status, "frequency": frequency, "message": message}
            for code, (status, frequency, message) in NOT_LOADED.items()
        ]
        rows = [{**empty, "rows": 5, "source": "file", **one} for one in (*loaded, *others)]
        return pa.Table.from_pylist(rows, schema=arrow_schema(EXTRACT_REPORT))

    def run(self, *more: str) -> tuple[int, str, str]:
        with (
            mock.patch.dict(os.environ, {"SAGEMAKER_BASE_DIR": str(self.base)}),
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            code = main([*WORDS, *more])
        return code, out.getvalue(), err.getvalue()

    def output(self, name: str) -> Path:
        return self.base / "processing" / "output" / name

    def table(self, name: str) -> pd.DataFrame:
        return pq.read_table(self.output(name) / f"{name}.parquet").to_pandas()

    def page(self) -> str:
        return (self.output("report") / "series.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A finished run."""
    made = Job(tmp_path_factory.mktemp("many") / "ml", mixed())
    code, out, err = made.run()
    assert code == 0, err
    assert "forecast-many: TEXTS: failed: not loaded (failed): series TEXTS has texts instead of numbers" in out
    return made


def test_every_series_of_the_run_has_a_verdict(job: Job) -> None:
    found = job.table("verdicts").set_index("code")
    statuses = {str(code): str(status) for code, status in found["status"].items()}
    assert statuses == {
        **dict.fromkeys([MAIN, "NEGATIVE", "RATE", "QUARTERLY", "ANNUAL", "GAP", "TINY", "HUGE"], "ok"),
        **{f"WALK_{place}": "ok" for place in range(4)},
        **{"CONSTANT": "constant", "STALE": "stale"},
        **dict.fromkeys(["SHORT", "ONE", "FIVE"], "short"),
        **dict.fromkeys(["BROKEN", "TEXTS", "NOTHING", "DECADES"], "failed"),
    }
    assert found.loc["NOTHING", "why"] == "not loaded (empty): no observation"
    assert found.loc["DECADES", "why"].startswith("its frequency has no forecasts: Decenal")
    assert found.loc["FIVE", "why"] == "5 values; a forecast needs a complete month and 6 month(s) before it"
    assert found.loc["QUARTERLY", "frequency"] == "quarterly" and found.loc["TEXTS", "frequency"] is None
    assert found.loc[MAIN, "origin"] == dt.date(2017, 6, 1) and found.loc[MAIN, "unit"] == "R$"
    about = json.loads((job.output("report") / "series.json").read_text())
    for table in ("verdicts", "forecasts"):
        with pq.ParquetFile(job.output(table) / f"{table}.parquet") as file:
            data = provenance_in(file)
        assert data is not None and data.document() == about["data"]
    assert about["statuses"] == {
        "ok": 12,
        "constant": 1,
        "short": 3,
        "stale": 1,
        "failed": 4,
    }


def test_the_forecasts_are_those_of_the_whole_table(job: Job) -> None:
    """Buckets, files and processes change nothing."""
    table = job.table("forecasts")
    wanted = forecast_many(pd.concat(mixed()), Wanted(H, 2017 * 12 + 7, 12)).set_index("code")
    for code, rows in table.groupby("code"):
        ordered = rows.sort_values("horizon")
        assert ordered["horizon"].tolist() == list(range(1, H + 1))
        for name in ("point", "lower_80", "upper_80", "lower_95", "upper_95"):
            np.testing.assert_allclose(
                ordered[name].dropna(), wanted.loc[str(code), name], rtol=1e-12, err_msg=f"{code} {name}"
            )
    assert set(table["code"]) == {code for code, points in wanted["point"].items() if points}
    quarters = table[table["code"] == "QUARTERLY"].sort_values("horizon")["target_start"].tolist()
    assert quarters[:3] == [dt.date(2017, 7, 1), dt.date(2017, 10, 1), dt.date(2018, 1, 1)]
    assert table[table["code"] == "ONE"]["lower_80"].isna().all()


def test_the_files_have_the_columns_of_the_schema(job: Job) -> None:
    for table in (VERDICTS, FORECASTS):
        assert pq.read_schema(job.output(table.name) / f"{table.name}.parquet").equals(arrow_schema(table))
        assert [path.name for path in job.output(table.name).iterdir()] == [f"{table.name}.parquet"]


def test_buckets_and_processes_change_no_byte(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(processes, "SERIES_PER_PROCESS", 10)
    monkeypatch.setattr(buckets, "PER_BUCKET", 7)
    other = Job(tmp_path / "ml", mixed())
    code, out, err = other.run()
    assert code == 0 and "3 of 3 buckets" in out, out + err
    for name in ("verdicts", "forecasts"):
        keys = ["code", *(["horizon"] if name == "forecasts" else [])]
        ours, theirs = (one.table(name).sort_values(keys, ignore_index=True) for one in (job, other))
        # Pooled over the buckets; only the order of the sums differs.
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-12)


class FakeS3:
    """Objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body

    def get_paginator(self, name: str) -> FakeS3:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}]

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self.objects[key])


def test_a_bucket_that_is_there_is_not_computed_again(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = FakeS3()
    monkeypatch.setattr("boto3.client", lambda name, region_name: s3)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(buckets, "PER_BUCKET", 7)
    given = ["--bucket", "data", "--region", "sa-east-1"]
    first = Job(tmp_path / "first", mixed())
    assert "3 of 3 buckets forecast" in first.run(*given)[1]
    names = [f"{PREFIX}{number:05d}-of-00003.json.gz" for number in range(3)]
    assert sorted(s3.objects) == names
    # One is cut short, one has other values, one is as it was.
    s3.objects[names[0]] = s3.objects[names[0]][:-20]
    changed = mixed()
    of_second = next(place for place, one in enumerate(changed) if buckets.bucket_of(one["code"].iloc[0], 3) == 1)
    changed[of_second]["mean_value"] *= 2.0
    again = Job(tmp_path / "again", changed)
    code, out, err = again.run(*given)
    assert code == 0, err
    assert "2 of 3 buckets forecast, the others were there" in out
    assert "00000-of-00003.json.gz is unusable" in out
    whole = Job(tmp_path / "whole", mixed())
    whole.run(*given)
    pd.testing.assert_frame_equal(whole.table("forecasts"), first.table("forecasts"))


def test_a_checkpoint_that_cannot_be_read_fails_with_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Refusing(FakeS3):
        def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

        def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    store = KeptObjects(Refusing(), "data")
    with pytest.raises(JobError, match=r"s3://data/checkpoints/forecast-many/a cannot be read: .*AccessDenied"):
        store.fetch(["a"], tmp_path)
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(JobError, match="cannot be written"):
        store.keep(tmp_path / "a")


def test_a_file_of_verdicts_gives_them_back(tmp_path: Path) -> None:
    table = pd.concat(mixed())
    found = list(verdicts(table, Wanted(H)))
    path = tmp_path / "a.json.gz"
    kept.write(path, "key", found)
    assert kept.has(path, "key") and not kept.has(path, "other") and not kept.has(tmp_path / "b", "key")
    before = path.read_bytes()
    kept.write(path, "key", kept.read(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda inputs: [file.unlink() for file in (inputs / "final").iterdir()], "no parquet file in .*final"),
        (
            lambda inputs: (inputs / "final" / "part-00000.parquet").write_text("no parquet"),
            r"part-00000\.parquet cannot be read",
        ),
        (lambda inputs: (inputs / "extract_report" / "part-00000.parquet").unlink(), "no parquet file in .*extract_report"),
        (
            lambda inputs: pq.write_table(pa.table({"code": ["A"]}), inputs / "final" / "part-00000.parquet"),
            "lacks the columns period_start, frequency, unit, mean_value; run `load` again",
        ),
    ],
)
def test_bad_inputs_are_named(tmp_path: Path, spoil: Callable[[Path], object], message: str) -> None:
    import re

    bad = Job(tmp_path / "ml", [final("A", seasonal(30))])
    spoil(bad.base / "processing" / "input")
    code, _, err = bad.run()
    assert code == 1 and re.search(message, err), err
    assert re.search(message, (bad.base / "output" / "message").read_text())


def test_a_process_that_is_killed_is_named(tmp_path: Path) -> None:
    gone = [many.Bucket(tmp_path, tmp_path / "none", tmp_path / "models", tmp_path / "a", Wanted(H)) for _ in range(2)]
    with pytest.raises(JobError, match=r"memory runs out: choose a larger `sizes.forecast_instance`"):
        list(many.judged(gone, Broken()))


class Broken(Executor):
    """A pool whose processes were killed."""

    def submit(self, *_given: Any, **_named: Any) -> Any:
        made: Future[bool] = Future()
        made.set_exception(BrokenProcessPool("gone"))
        return made


def test_earlier_forecasts_of_all_series_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of three earlier months, of series of which half were forecast badly, reach the table, the report and the alarm."""
    s3, put = FakeS3(), []
    monkeypatch.setattr("boto3.client", lambda name, region_name: s3)
    monkeypatch.setattr(many, "publish", lambda target, figures: put.append((target, figures)))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    # Annual ones, which are forecast fast.
    tables = [final(f"S{place:02d}", seasonal(26, seed=place), "1991-01", "annual") for place in range(40)]
    for origin, run in ((20, "20120131"), (21, "20130131"), (22, "20140131")):
        # Of the second half, forecasts that are far off.
        rows = pd.concat([forecasts(table, origin, 0.5 if place < 20 else 200.0) for place, table in enumerate(tables)])
        s3.objects[f"forecasts/dataproc={run}/forecasts.parquet"] = packed(rows)
    made = Job(tmp_path / "ml", tables)
    given = ["--bucket", "data", "--region", "sa-east-1", "--metrics", "Oleoduto", "--pipeline", "p"]
    code, out, err = made.run(*given)
    assert code == 0, err
    found = made.table("verdicts").set_index("code")
    assert set(found["realised_origins"].dropna()) == {3} and found["realised_origins"].isna().sum() == len(NOT_LOADED)
    good, bad = found.loc["S00":"S19"], found.loc["S20":"S39"]
    assert (good["realised_ratio"] < 1.0).all() and (bad["realised_ratio"] > 1.0).all()
    assert (bad["realised_inside_95"] == 0.0).all() and (good["realised_inside_95"] == 1.0).all()
    past = json.loads((made.output("report") / "series.json").read_text())["realised"]
    assert past["judged"] == 40 and past["worse"] == 0.5
    [(target, figures)] = put
    values = {figure.name.value: figure.value for figure in figures}
    assert (target.namespace, target.pipeline, target.series, target.region) == ("Oleoduto", "p", MAIN, "sa-east-1")
    assert values["SeriesJudged"] == 40.0 and values["MspeToLimit"] == past["median_ratio"] > 0.0
    assert "earlier forecasts: " in out


def test_options_that_go_together(job: Job) -> None:
    code, _, err = job.run("--bucket", "data")
    assert code == 1 and "`--bucket` and `--region` go together" in err
    code, _, err = job.run("--metrics", "Oleoduto", "--bucket", "data", "--region", "sa-east-1")
    assert code == 1 and "bad arguments of forecast-many: `--metrics`, `--pipeline` and `--region` go together" in err
    code, _, err = job.run("--horizons", "7")
    assert code == 1 and "--horizons" in err


def test_rows_that_wait_for_their_bucket_are_bounded_over_all_buckets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would fill the memory of a run with many buckets: each is written in pieces."""
    rows, count = 20_000, 4
    codes = [f"S{place % 40}" for place in range(rows)]
    about = {"period_start": [dt.date(2000, 1, 1)] * rows, "frequency": ["monthly"] * rows, "unit": ["u"] * rows}
    (tmp_path / "final").mkdir()
    table = pa.table({"code": codes, **about, "mean_value": np.arange(rows, dtype=np.float64)})
    pq.write_table(table, tmp_path / "final/a.parquet")
    monkeypatch.setattr(buckets, "ROWS_AT_ONCE", 500)
    monkeypatch.setattr(buckets, "ROWS_WAITING", 4_000)
    places = buckets.spread(tmp_path / "final", tmp_path / "buckets", count)
    files = [file for place in places for file in place.iterdir()]
    read = [pa.ipc.open_file(file) for file in files]
    pieces = [one.get_batch(place).num_rows for one in read for place in range(one.num_record_batches)]
    assert sum(pieces) == rows and len(places) == count
    assert max(pieces) < 2_000 < rows / count, pieces
