"""The three jobs as Glue runs them: arguments in, one partition out."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl import extract, load, transform
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.session import SHUFFLE_PARTITIONS, spark_session
from oleoduto_jobs.etl.storage import partition_path, read_partition, spark_schema, write_partition
from oleoduto_jobs.schema import EXTRACT_REPORT, FINAL, INTERIM, RAW

CODE = "EIA366_PBRENT366"
SCRIPTS = Path(__file__).parents[1] / "scripts"

Prices = Callable[..., pd.Series]


class Pipeline:
    """The jobs' command lines over one folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def uri(self, table: str) -> str:
        return f"file://{self.folder}/{table}/"

    def source(self, prices: pd.Series) -> str:
        path = self.folder / "prices.csv"
        lines = [f"{day:%Y-%m-%d},{price!r}" for day, price in prices.items()]
        path.write_text("\n".join(["Date,Price", *lines]) + "\n", encoding="utf-8")
        return f"file:{path}"

    def run(self, main: Callable[[], None], *arguments: str, dataproc: str = "20240801", series: str = CODE) -> None:
        glue = ["script.py", "--JOB_NAME", "x", "--enable-metrics", "true"]
        argv = [*glue, "--dataproc", dataproc, "--series", series, *arguments]
        self._monkeypatch.setattr(sys, "argv", argv)
        main()

    def extract(self, source: str, **options: str) -> None:
        self.run(extract.main, "--source", source, "--raw-uri", self.uri("raw"), **options)

    def transform(self, **options: str) -> None:
        self.run(transform.main, "--raw-uri", self.uri("raw"), "--interim-uri", self.uri("interim"), **options)

    def load(self, **options: str) -> None:
        self.run(load.main, "--interim-uri", self.uri("interim"), "--final-uri", self.uri("final"), **options)

    def rows(self, table: str, dataproc: str = "20240801") -> pd.DataFrame:
        return pq.read_table(self.folder / table / f"dataproc={dataproc}", partitioning=None).to_pandas()


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> Pipeline:
    assert spark
    return Pipeline(tmp_path, monkeypatch)


def failure(job: Callable[[], None]) -> str:
    with pytest.raises(SystemExit) as caught:
        job()
    assert isinstance(caught.value.code, str)
    assert caught.value.code.startswith("error: ")
    return caught.value.code


def test_from_prices_to_the_final_table(
    pipeline: Pipeline,
    random_prices: Prices,
    oracle: Callable[..., pd.DataFrame],
    capsys: pytest.CaptureFixture[str],
) -> None:
    prices = random_prices("2023-01-02", "2024-07-31")
    pipeline.extract(pipeline.source(prices))
    pipeline.transform()
    pipeline.load()
    out = capsys.readouterr().out
    assert f"extract: {CODE}: ok, {len(prices)} rows, 2023-01-02 to 2024-07-31: file {pipeline.folder}/prices.csv" in out
    assert "transform: 13 complete periods of 1 series, 2023-07 to 2024-07" in out

    raw = pipeline.rows("raw")
    assert list(raw.columns) == RAW.column_names
    assert raw["value"].tolist() == prices.tolist()
    assert (raw["date"].iloc[0], raw["raw_date"].iloc[0]) == (dt.date(2023, 1, 2), "2023-01-02")
    assert (raw["day"].iloc[0], raw["month"].iloc[0], raw["year"].iloc[0]) == (2, 1, 2023)

    final = pipeline.rows("final")
    expected = oracle(prices)
    assert list(final.columns) == FINAL.column_names
    assert len(list((pipeline.folder / "final" / "dataproc=20240801").glob("*.parquet"))) == 1
    for column in FINAL.columns:
        found = final[column.name].tolist()
        if column.type == "double":
            assert found == pytest.approx(expected[column.name].tolist(), rel=1e-12)
        else:
            assert found == expected[column.name].tolist()


def test_a_second_run_gives_the_same_and_other_dates_stay(pipeline: Pipeline, random_prices: Prices) -> None:
    old, new = random_prices("2023-01-02", "2024-06-28"), random_prices("2023-01-02", "2024-07-31", seed=3)
    pipeline.extract(pipeline.source(old), dataproc="20240701")
    before = pipeline.rows("raw", "20240701")
    for _ in range(2):
        pipeline.extract(pipeline.source(new))
        assert pipeline.rows("raw")["value"].tolist() == new.tolist()
        assert len(list((pipeline.folder / "raw" / "dataproc=20240801").glob("*.parquet"))) == 1
    pd.testing.assert_frame_equal(pipeline.rows("raw", "20240701"), before)
    assert sorted(p.name for p in (pipeline.folder / "raw").glob("dataproc=*")) == ["dataproc=20240701", "dataproc=20240801"]
    assert not list((pipeline.folder / "raw" / "_staging").iterdir())


def test_several_series_go_through_all_jobs(pipeline: Pipeline, random_prices: Prices) -> None:
    for seed, code in enumerate(("A", "B", "C")):
        prices = random_prices("2023-01-02", "2024-07-31", seed=seed)
        (pipeline.folder / "prices.csv").unlink(missing_ok=True)
        pipeline.source(prices)
        (pipeline.folder / "prices.csv").rename(pipeline.folder / f"{code}.csv")
    pipeline.extract(f"file:{pipeline.folder}/{{code}}.csv", series="A,B,C")
    pipeline.transform(series="A,B,C")
    pipeline.load(series="A,B,C")
    for table in ("interim", "final"):
        assert pipeline.rows(table).groupby("code").size().to_dict() == {"A": 13, "B": 13, "C": 13}


def many_series(pipeline: Pipeline, random_prices: Prices, monkeypatch: pytest.MonkeyPatch) -> str:
    """Extract twelve series into files that hold few rows; returns their codes as the jobs take them."""
    codes = [CODE, *(f"S{seed}" for seed in range(11))]
    for seed, code in enumerate(codes):
        pipeline.source(random_prices("2023-01-02", "2024-07-31", seed=seed))
        (pipeline.folder / "prices.csv").rename(pipeline.folder / f"{code}.csv")
    monkeypatch.setattr(extract, "ROWS_PER_FILE", 1300)
    pipeline.extract(f"file:{pipeline.folder}/{{code}}.csv", series=",".join(codes))
    return ",".join(codes)


def test_many_series_are_in_buckets_and_give_the_same(
    pipeline: Pipeline, random_prices: Prices, oracle: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = many_series(pipeline, random_prices, monkeypatch)
    names = [path.name for path in (pipeline.folder / "raw" / "dataproc=20240801").glob("*.parquet")]
    assert len(names) > 1
    assert all(name.startswith("part-of-00004_") for name in names)
    pipeline.transform(series=codes)
    pipeline.load(series=codes)
    expected = pd.concat(
        oracle(random_prices("2023-01-02", "2024-07-31", seed=seed), code) for seed, code in enumerate(codes.split(","))
    )
    found = pipeline.rows("interim")
    assert len(found) == 12 * 13
    keys = ["code", "period_start"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys).reset_index(drop=True),
        expected.sort_values(keys).reset_index(drop=True),
        check_dtype=False,
        rtol=1e-12,
    )


def test_a_series_that_the_report_does_not_name_is_a_failure(
    pipeline: Pipeline, spark: SparkSession, random_prices: Prices, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = many_series(pipeline, random_prices, monkeypatch)
    report = read_partition(spark, EXTRACT_REPORT, pipeline.uri("extract_report"), "20240801", "extract")
    kept = report.where("code <> 'S3'").localCheckpoint()
    write_partition(Files(spark), kept.coalesce(1), EXTRACT_REPORT, pipeline.uri("extract_report"), "20240801")
    message = failure(lambda: pipeline.transform(series=codes))
    assert "13 rows of 20240801 are of series that the report of its extract does not name" in message
    assert "run `extract` for this date again" in message
    assert not list((pipeline.folder / "interim").glob("dataproc=*"))


def test_raw_rows_of_an_earlier_version_are_still_compared(
    pipeline: Pipeline, spark: SparkSession, random_prices: Prices
) -> None:
    prices = random_prices("2023-01-02", "2024-07-31")
    pipeline.extract(pipeline.source(prices), dataproc="20240730")
    old = pipeline.folder / "raw" / "dataproc=20240730"
    without = pipeline.rows("raw", "20240730").drop(columns="series_id")
    for path in old.iterdir():
        path.unlink()
    without.to_parquet(old / "part-00000.parquet", index=False)
    revised = prices.copy()
    revised.iloc[5] += 1
    pipeline.extract(pipeline.source(revised))
    assert pipeline.rows("revisions")["kind"].tolist() == ["revised"]
    message = failure(lambda: pipeline.transform(dataproc="20240730"))
    assert "missing: series_id bigint" in message
    assert "run `extract` for this date again" in message


def test_a_missing_input_says_which_job_to_run(pipeline: Pipeline) -> None:
    message = failure(pipeline.transform)
    assert "no raw data" in message
    assert "dataproc=20240801" in message
    assert "`extract`" in message
    assert "`transform`" in failure(pipeline.load)


def test_nothing_left_is_a_failure_and_writes_nothing(pipeline: Pipeline, random_prices: Prices) -> None:
    pipeline.extract(pipeline.source(random_prices("2024-01-01", "2024-05-31")))
    message = failure(pipeline.transform)
    assert "nothing remains" in message
    assert "110 raw rows" in message
    assert not list((pipeline.folder / "interim").glob("dataproc=*"))


def test_another_series_in_the_partition_is_not_taken_for_ours(pipeline: Pipeline, spark: SparkSession) -> None:
    empty: DataFrame = spark.createDataFrame([], spark_schema(INTERIM))
    write_partition(Files(spark), empty, INTERIM, pipeline.uri("interim"), "20240801")
    assert f"no rows of series {CODE}" in failure(pipeline.load)


def test_other_columns_than_the_schema_are_named(pipeline: Pipeline, spark: SparkSession) -> None:
    path = partition_path(pipeline.uri("raw"), "20240801")
    spark.range(3).selectExpr("'x' as code", "id as value").write.parquet(path)
    message = failure(pipeline.transform)
    assert "value double" in message
    assert "value bigint" in message


def interim_row(price: float) -> tuple[object, ...]:
    day = dt.date(2024, 1, 1)
    lags = [1.2345675] * 6
    return (CODE, day, "monthly", "US$", price, 2.0, day, 20, *lags, 0, 1.0, 0.0, 1.0, 1.0, 1, 2024, 1, 0.1, 0.1, 0.1, 0.2)


def test_load_changes_no_number(pipeline: Pipeline, spark: SparkSession) -> None:
    values = [1e-15, 6.6e-15, 1.5e-6, 75.1234565, 1e13, 1e15]
    frame = spark.createDataFrame([interim_row(value) for value in values], spark_schema(INTERIM))
    write_partition(Files(spark), frame, INTERIM, pipeline.uri("interim"), "20240801")
    pipeline.load()
    assert pipeline.rows("final")["mean_value"].tolist() == values


def test_a_missing_value_is_a_failure(pipeline: Pipeline, spark: SparkSession) -> None:
    frame = spark.createDataFrame([interim_row(1.0)], spark_schema(INTERIM)).withColumn(
        "mean_value", F.lit(None).cast("double")
    )
    write_partition(Files(spark), frame, INTERIM, pipeline.uri("interim"), "20240801")
    message = failure(pipeline.load)
    assert f"series {CODE} lacks values in the interim data of 20240801: mean_value (1 rows); run `transform`" in message
    assert not list((pipeline.folder / "final").glob("dataproc=*"))


def test_final_data_of_an_earlier_version_are_refused_by_name(pipeline: Pipeline, spark: SparkSession) -> None:
    path = partition_path(pipeline.uri("final"), "20240801")
    spark.sql("SELECT 'A' AS code, CAST(1 AS decimal(18,6)) AS mean_price_usd").write.parquet(path)
    with pytest.raises(JobError) as caught:
        read_partition(spark, FINAL, pipeline.uri("final"), "20240801", "load")
    message = str(caught.value)
    assert "mean_value double" in message
    assert "unexpected: mean_price_usd decimal(18,6)" in message
    assert "run `load` for this date again" in message


def test_a_source_file_may_be_read_by_spark(pipeline: Pipeline, random_prices: Prices) -> None:
    prices = random_prices("2024-01-01", "2024-01-31")
    path = pipeline.source(prices).removeprefix("file:")
    pipeline.extract(f"file:file://{path}")
    assert pipeline.rows("raw")["value"].tolist() == prices.tolist()
    message = failure(lambda: pipeline.extract(f"file:file://{path}.none"))
    assert "prices.csv.none" in message
    assert "\n" not in message


def test_the_session_keeps_what_the_environment_set(spark: SparkSession) -> None:
    assert spark_session("x").conf.get(SHUFFLE_PARTITIONS) == "1"


def test_a_script_alone_fails_with_one_line_and_code_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPTS / "etl.py", "--series", CODE],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SCRIPTS.parent / "src")},
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: bad arguments of etl: ")


@pytest.mark.parametrize(("job", "module"), [("etl", "etl.steps"), ("quality", "etl.quality.job")])
def test_every_script_calls_its_job(job: str, module: str) -> None:
    text = (SCRIPTS / f"{job}.py").read_text(encoding="utf-8")
    assert text == f"from oleoduto_jobs.{module} import main\n\nmain()\n"
