"""A source in a bucket that is no series by its size is refused before any of it is read, as a file of this machine is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from oleoduto_jobs.etl.extract import reader
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.observations import MAX_BYTES, SourceError
from oleoduto_jobs.etl.sources import read_local_bytes


def bytes_read(spark: SparkSession) -> int:
    """What Hadoop's file systems have read in this process."""
    jvm: Any = spark.sparkContext._jvm
    return sum(int(one.getBytesRead()) for one in jvm.org.apache.hadoop.fs.FileSystem.getAllStatistics())


def test_its_size_is_asked_for_first(spark: SparkSession, tmp_path: Path) -> None:
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    small.write_bytes(b"Date,Price\n" * 1000)
    read, before = reader(Files(spark)), bytes_read(spark)
    with pytest.raises(SourceError, match="has 67 MB; one of a single series has at most 67 MB: keep only its dates") as remote:
        read(large.as_uri())
    assert bytes_read(spark) == before
    with pytest.raises(SourceError) as local:
        read_local_bytes(str(large))
    assert str(remote.value).replace("file://", "") == str(local.value)
    # The figure counts what is read.
    assert read(small.as_uri()) == small.read_bytes()
    assert bytes_read(spark) >= before + 11_000
    with pytest.raises(SourceError, match="does not exist"):
        read((tmp_path / "none.csv").as_uri())
