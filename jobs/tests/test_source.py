"""The backtest's prices straight from a source, with its options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml import source
from oleoduto_jobs.ml.source import monthly_from


class Shared:
    """The tests' Spark, which a backtest must not stop."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    def __getattr__(self, name: str) -> Any:
        return getattr(self.spark, name)

    def stop(self) -> None:
        pass


@pytest.fixture
def shared(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "spark_session", lambda name: Shared(spark))


def test_a_backtest_reads_a_file_by_its_options(shared: None, tmp_path: Path) -> None:
    days = pd.date_range("2015-01-01", periods=30, freq="MS")
    rows = [f"{day:%d/%m/%Y};{'n/d' if place == 3 else f'1.{100 + place},5'}" for place, day in enumerate(days)]
    path = tmp_path / "preços.csv"
    path.write_text("\n".join(["Data;Preço", *rows, ""]), encoding="utf-8")
    words = "date=Data&value=Preço&sep=;&decimal=,&missing=n/d&format=%d/%m/%Y&unit=R$ a saca&frequency=monthly"
    found = monthly_from(f"file:{path}?{words}", "SOJA")
    assert (found.code, found.unit, found.frequency, found.origin) == ("SOJA", "R$ a saca", "monthly", "2017-06")
    assert found.mean[-1] == pytest.approx(1129.5)
    one = tmp_path / "SOJA.csv"
    path.rename(one)
    assert monthly_from(f"file:{tmp_path}/{{code}}.csv?{words}", "SOJA").sha256() == found.sha256()
    with pytest.raises(JobError, match=r"series SOJA of `--source .*`: .*column"):
        monthly_from(f"file:{one}?sep=;", "SOJA")
