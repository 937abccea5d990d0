"""A partition is replaced as a whole, wherever a job dies."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from oleoduto_jobs.errors import JobError, ReplacedError
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import commit, commit_path, finish, partition_path, staging_path, unreplaced
from oleoduto_jobs.etl.storage import read_partition, spark_schema, write_partition
from oleoduto_jobs.recovery import REPLACED
from oleoduto_jobs.schema import REVISIONS

DATE = "20240801"


class Killed(Exception):
    """The job dies here."""


class MortalFiles(Files):
    """Dies before its ``last``-th change of the file system; the ones before are done."""

    def __init__(self, spark: SparkSession, last: int) -> None:
        super().__init__(spark)
        self.left = last

    def _live(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def write(self, path: str, content: bytes) -> None:
        self._live()
        super().write(path, content)

    def replace(self, source: str, path: str) -> None:
        self._live()
        super().replace(source, path)

    def delete(self, path: str) -> None:
        self._live()
        super().delete(path)


def rows_of(spark: SparkSession, value: float, parts: int) -> DataFrame:
    rows = [(f"S{k}", dt.date(2024, 1, 1), "added", None, value, "20240701") for k in range(6)]
    return spark.createDataFrame(rows, spark_schema(REVISIONS)).repartition(parts)


def values(spark: SparkSession, uri: str) -> set[float]:
    rows = read_partition(spark, REVISIONS, uri, DATE, "extract").select("value").collect()
    assert len(rows) == 6
    return {row["value"] for row in rows}


@pytest.mark.parametrize(("before", "after"), [(1, 1), (3, 2), (2, 3)])
def test_readers_find_all_old_or_all_new_rows_wherever_a_job_dies(
    spark: SparkSession, tmp_path: Path, before: int, after: int
) -> None:
    uri, old = f"file://{tmp_path}/revisions/", tmp_path / "old"
    write_partition(Files(spark), rows_of(spark, 1.0, before), REVISIONS, f"file://{old}/", DATE)
    fresh = rows_of(spark, 2.0, after).cache()
    outcomes = []
    for last in range(20):
        shutil.rmtree(tmp_path / "revisions", ignore_errors=True)
        shutil.copytree(old, tmp_path / "revisions")
        mortal = MortalFiles(spark, last)
        try:
            write_partition(mortal, fresh, REVISIONS, uri, DATE)
        except Killed:
            found = values(spark, uri)
            assert found in ({1.0}, {2.0})
            outcomes.append(found)
            assert not Files(spark).names(staging_path(uri, DATE)) or found == {1.0}
        else:
            assert values(spark, uri) == {2.0}
            break
    # Before the commit the old rows, from it on the new ones; every place was met, and the last write lived.
    assert outcomes == [{1.0}] + [{2.0}] * (len(outcomes) - 1)
    assert len(outcomes) >= 1 + after + 2
    assert sorted(p.name for p in (tmp_path / "revisions" / f"dataproc={DATE}").glob("*.parquet")) == [
        f"part-{number:05d}.parquet" for number in range(after)
    ]


def test_a_refused_check_leaves_the_old_rows(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/revisions/"
    files = Files(spark)
    write_partition(files, rows_of(spark, 1.0, 1), REVISIONS, uri, DATE)

    def refuse(written: DataFrame) -> None:
        assert {row["value"] for row in written.collect()} == {2.0}
        raise JobError("no")

    with pytest.raises(JobError, match="no"):
        write_partition(files, rows_of(spark, 2.0, 1), REVISIONS, uri, DATE, check=refuse)
    assert values(spark, uri) == {1.0}


def test_nothing_to_publish_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="nothing to publish"):
        commit(Files(spark), f"file://{tmp_path}/t", DATE)


def test_a_lost_file_is_named(spark: SparkSession, tmp_path: Path) -> None:
    uri, files = f"file://{tmp_path}/t", Files(spark)
    files.write(commit_path(uri, DATE), b'{"files": ["a.parquet"]}')
    with pytest.raises(JobError, match=r"lacks part-00000\.parquet.*delete it and run again"):
        finish(files, uri, DATE)
    assert not files.names(partition_path(uri, DATE))


def test_a_file_that_cannot_be_moved_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="none cannot be moved to"):
        Files(spark).replace(f"file://{tmp_path}/none", f"file://{tmp_path}/x/y")


class RacedFiles(Files):
    """Another process that found the same commit is a moment faster."""

    def replace(self, source: str, path: str) -> None:
        super().replace(source, path)
        super().replace(source, path)


def test_two_processes_may_finish_one_commit(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/t"
    write_partition(RacedFiles(spark), rows_of(spark, 1.0, 2), REVISIONS, uri, DATE)
    assert values(spark, uri) == {1.0}


def test_rows_that_are_replaced_while_they_are_read_fail_the_reader(spark: SparkSession, tmp_path: Path) -> None:
    uri, files = f"file://{tmp_path}/t", Files(spark)
    write_partition(files, rows_of(spark, 1.0, 1), REVISIONS, uri, DATE)
    frame = read_partition(spark, REVISIONS, uri, DATE, "extract")
    with pytest.raises(ReplacedError, match="another execution of this date"), unreplaced(files, DATE, uri):
        assert frame.count() == 6
        write_partition(files, rows_of(spark, 2.0, 2), REVISIONS, uri, DATE)
    with pytest.raises(ReplacedError, match="another execution of this date") as caught, unreplaced(files, DATE, uri):
        write_partition(files, rows_of(spark, 3.0, 1), REVISIONS, uri, DATE)
        read_gone(frame)
    assert caught.value.__cause__ is not None, "what the reader met"
    assert REPLACED in str(caught.value), "by which the state machine knows it"


def read_gone(frame: DataFrame) -> None:
    """Any failure of a reader."""
    raise KeyError(frame.columns[0])


def test_a_reader_that_fails_by_itself_fails_with_its_own_reason(spark: SparkSession, tmp_path: Path) -> None:
    uri, files = f"file://{tmp_path}/t", Files(spark)
    write_partition(files, rows_of(spark, 1.0, 1), REVISIONS, uri, DATE)
    with pytest.raises(KeyError), unreplaced(files, DATE, uri):
        read_gone(read_partition(spark, REVISIONS, uri, DATE, "extract"))
