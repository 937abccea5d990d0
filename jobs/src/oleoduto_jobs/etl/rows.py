"""Rows of the driver as a DataFrame, without Python workers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T


def frame_of(spark: SparkSession, rows: Sequence[Sequence[object]], schema: T.StructType) -> DataFrame:
    """The rows, whose values are in the order of ``schema``; structs inside them are sequences too.

    PySpark's ``createDataFrame`` imports pandas and sends even one row through Python workers, whose start takes longer
    than all else that a run of one series asks of Spark here. So the rows go to the JVM as JSON. Numbers arrive as they
    are: Python writes the shortest text that means the same double. Values must be finite.
    """
    texts = [json.dumps(_plain(row, schema), allow_nan=False) for row in rows]
    # PySpark has no public way to a dataset of texts; those of `spark.read.json` come from Python workers again.
    jvm: Any = spark.sparkContext._jvm
    dataset = spark._jsparkSession.createDataset(texts, jvm.org.apache.spark.sql.Encoders.STRING())
    # What is not of the schema fails; by default it would become null.
    parsed = F.from_json("value", schema, {"mode": "FAILFAST"}).alias("row")
    return DataFrame(dataset.toDF(), spark).select(parsed).select("row.*")


def _plain(value: Any, kind: T.DataType) -> Any:
    if value is None:
        return None
    if isinstance(kind, T.StructType):
        return {field.name: _plain(inner, field.dataType) for field, inner in zip(kind, value, strict=True)}
    if isinstance(kind, T.ArrayType):
        return [_plain(inner, kind.elementType) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else value
