"""Raw partitions in buckets: where the rows are, how they are read, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl import buckets
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import partition_path, targets
from oleoduto_jobs.etl.storage import read_partition, write_partition
from oleoduto_jobs.etl.transform import named_series, transform
from oleoduto_jobs.schema import INTERIM, RAW

DATE = "20240801"
BUCKETS = 3
CODES = [f"S{number}" for number in range(8)]

RawOf = Callable[[dict[str, pd.Series]], DataFrame]
Prices = Callable[..., pd.Series]


@pytest.fixture
def spread_raw(spark: SparkSession, raw_of: RawOf, random_prices: Prices, tmp_path: Path) -> str:
    """The folder of a raw table whose only partition is in three buckets."""
    raw = raw_of({code: random_prices("2022-06-01", "2024-07-31", seed) for seed, code in enumerate(CODES)})
    uri = f"file://{tmp_path}/it's raw/"
    write_partition(Files(spark), buckets.spread(raw, BUCKETS), RAW, uri, DATE, buckets=BUCKETS)
    return uri


def local(uri: str) -> Path:
    return Path(partition_path(uri, DATE).removeprefix("file://"))


def test_each_series_is_whole_in_the_file_of_its_bucket(spark: SparkSession, spread_raw: str) -> None:
    files = sorted(local(spread_raw).glob("*.parquet"))
    places = {code: path.name for path in files for code in pq.read_table(path, columns=["code"])["code"].to_pylist()}
    assert sorted(places) == CODES
    assert len(set(places.values())) > 1
    seen = [code for path in files for code in set(pq.read_table(path, columns=["code"])["code"].to_pylist())]
    assert len(seen) == len(CODES), "no series is in two files"
    for code, bucket in (
        spark.createDataFrame([(c,) for c in CODES], "code string")
        .select("code", F.pmod(F.hash(buckets.series_id(F.col("code"))), F.lit(BUCKETS)))
        .collect()
    ):
        assert places[code] == buckets.file_name(bucket, BUCKETS)


def test_spark_reads_buckets_without_a_shuffle_and_gives_the_same(spark: SparkSession, spread_raw: str) -> None:
    raw = read_partition(spark, RAW, spread_raw, DATE, "extract")
    named = named_series(spark.createDataFrame([(code, "US$") for code in CODES], "code string, unit string"))
    found = transform(raw, named=named, bucketed=True)
    plan = found._jdf.queryExecution().explainString(  # type: ignore[operator]
        spark._jvm.org.apache.spark.sql.execution.ExplainMode.fromString("simple")  # type: ignore[union-attr]
    )
    # The one exchange is that of the codes.
    assert plan.count("Exchange hashpartitioning") == 1
    assert "Bucketed: true" in plan
    plain = transform(spark.read.parquet(partition_path(spread_raw, DATE)))
    expected = plain.orderBy("code", "period_start").toPandas()
    assert len(expected) == len(CODES) * 20
    expected["unit"] = "US$"
    pd.testing.assert_frame_equal(found.orderBy("code", "period_start").toPandas(), expected, rtol=1e-12)
    assert [name for name, _ in found.dtypes] == INTERIM.column_names
    assert spark.sql("SHOW TABLES LIKE 'oleoduto_*'").collect() == [], "the table is gone"


def test_a_shared_catalog_gets_no_table(spark: SparkSession, spread_raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert buckets.can_read(spark)
    monkeypatch.setattr(buckets, "can_read", lambda _: False)
    monkeypatch.setattr(buckets, "read", lambda *_: pytest.fail("a table was made"))
    raw = read_partition(spark, RAW, spread_raw, DATE, "extract")
    assert raw.select("code").distinct().count() == len(CODES)


def test_a_series_in_another_bucket_is_refused_and_the_old_rows_stay(spark: SparkSession, spread_raw: str) -> None:
    before = sorted(path.name for path in local(spread_raw).glob("*.parquet"))
    # Copies, since the partition that is read is the one to be replaced.
    raw = spark.createDataFrame(read_partition(spark, RAW, spread_raw, DATE, "extract").toPandas().head(600), RAW_TYPES)
    with pytest.raises(JobError, match=r"holds series of bucket \d of 3"):
        write_partition(Files(spark), raw.repartition(BUCKETS), RAW, spread_raw, DATE, buckets=BUCKETS)
    assert sorted(path.name for path in local(spread_raw).glob("*.parquet")) == before


def test_two_files_of_a_task_are_refused_before_the_commit(spark: SparkSession, spread_raw: str) -> None:
    before = sorted(path.name for path in local(spread_raw).glob("*.parquet"))
    raw = spark.createDataFrame(read_partition(spark, RAW, spread_raw, DATE, "extract").toPandas(), RAW_TYPES)
    spark.conf.set("spark.sql.files.maxRecordsPerFile", "100")
    try:
        with pytest.raises(JobError, match="two files for part-of-00003_"):
            write_partition(Files(spark), buckets.spread(raw, BUCKETS), RAW, spread_raw, DATE, buckets=BUCKETS)
    finally:
        spark.conf.unset("spark.sql.files.maxRecordsPerFile")
    assert sorted(path.name for path in local(spread_raw).glob("*.parquet")) == before
    assert read_partition(spark, RAW, spread_raw, DATE, "extract").count() == raw.count()


RAW_TYPES = ", ".join(f"`{column.name}` {column.type}" for column in RAW.columns)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], 0),
        (["part-00000.parquet"], 0),
        (["part-of-00020_00003.parquet", "part-of-00020_00019.parquet", "_SUCCESS"], 20),
        (["part-of-00020_00003.parquet", "part-00000.parquet"], 0),
        (["part-of-00020_00003.parquet", "part-of-00010_00003.parquet"], 0),
    ],
)
def test_the_names_tell_the_buckets(names: list[str], expected: int) -> None:
    assert buckets.buckets_of(names) == expected


def test_places_of_written_files() -> None:
    written = ["part-00001-a.c000.zstd.parquet", "part-00003-a.c000.zstd.parquet"]
    assert targets(written, 4) == {
        "part-of-00004_00001.parquet": written[0],
        "part-of-00004_00003.parquet": written[1],
    }
    assert list(targets(written, 0)) == ["part-00000.parquet", "part-00001.parquet"]


def test_two_files_of_a_task_are_refused() -> None:
    with pytest.raises(JobError, match=r"two files for part-of-00004_00001\.parquet.*maxRecordsPerFile"):
        targets(["part-00001-a.c000.parquet", "part-00001-a.c001.parquet"], 4)


def test_a_strange_file_is_named() -> None:
    with pytest.raises(JobError, match=r"mine\.parquet is no name that Spark gives"):
        targets(["mine.parquet"], 4)
