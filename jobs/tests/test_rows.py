"""Rows of the driver as a DataFrame: the same values, and no Python worker."""

from __future__ import annotations

import datetime as dt

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from oleoduto_jobs.etl.parsing import OUTCOME
from oleoduto_jobs.etl.rows import frame_of

DAYS = [
    (dt.date(1582, 10, 4), '4 de outubro \u00e0s 10h \U0001f600 "aspas" \\ \n', 0.1 + 0.2, None),
    (dt.date(1850, 2, 28), "", 5e-324, -0.0),
    (dt.date(2024, 2, 29), "$.a", 1.7976931348623157e308, 1e15 / 3),
]
ROW = ("A_B12", "ok", "file", None, "daily", "2024-03-01", None, None, 365, DAYS)


def by_name(row: tuple[object, ...]) -> dict[str, object]:
    names = ("code", "status", "source", "unit", "frequency", "updated", "reused_from", "message", "per_year", "observations")
    return dict(zip(names, row, strict=True))


def test_each_value_arrives_as_it_is(spark: SparkSession) -> None:
    said = by_name(ROW)
    rows = [tuple(said[name] for name in OUTCOME.names), tuple({**said, "observations": []}[name] for name in OUTCOME.names)]
    frame = frame_of(spark, rows, OUTCOME)
    assert [(name, kind) for name, kind in frame.dtypes] == spark.createDataFrame([], OUTCOME).dtypes
    full, empty = (row.asDict(recursive=True) for row in frame.collect())
    full["observations"] = [tuple(day.values()) for day in full["observations"]]
    assert full == said
    assert empty == {**said, "observations": []}


def test_no_rows_have_the_columns(spark: SparkSession) -> None:
    frame = frame_of(spark, [], OUTCOME)
    assert (frame.columns, frame.collect()) == (OUTCOME.names, [])


def test_a_value_of_another_type_fails(spark: SparkSession) -> None:
    schema = T.StructType([T.StructField("year", T.IntegerType())])
    with pytest.raises(Py4JJavaError, match="CANNOT_PARSE_JSON_FIELD"):
        frame_of(spark, [("many",)], schema).collect()
    with pytest.raises(ValueError, match="JSON"):
        frame_of(spark, [(float("nan"),)], T.StructType([T.StructField("value", T.DoubleType())]))


def test_no_python_worker_is_needed(spark: SparkSession) -> None:
    plan = frame_of(spark, [(1,)], T.StructType([T.StructField("year", T.IntegerType())]))._jdf.queryExecution().toString()
    assert "LocalTableScan" in plan and "RDD" not in plan
