"""Files between this machine and a folder of the bucket."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from oleoduto_jobs.etl.files import Files


def test_a_file_goes_there_and_back_whatever_the_folders_are_called(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "o projeto d'água 100%"
    folder.mkdir()
    files, target = Files(spark), str(tmp_path / "bucket" / "table.parquet")
    for content in (b"first", b"second"):
        (folder / "sent").write_bytes(content)
        files.send(folder / "sent", target)
        files.fetch(target, folder / "fetched")
        assert (folder / "fetched").read_bytes() == content
