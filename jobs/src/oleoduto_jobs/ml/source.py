"""The monthly prices of a series straight from its source, by the steps of the pipeline."""

from __future__ import annotations

import datetime as dt
import os
import sys

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.load import load
from oleoduto_jobs.etl.outcome import LOADED, judge
from oleoduto_jobs.etl.parsing import OUTCOME, raw_of, row_of
from oleoduto_jobs.etl.rows import frame_of
from oleoduto_jobs.etl.session import spark_session
from oleoduto_jobs.etl.sources import Asker, base_url
from oleoduto_jobs.etl.transform import transform
from oleoduto_jobs.ml.data import Monthly, monthly_of
from oleoduto_jobs.schema import UNKNOWN_UNIT


def monthly_from(source: str, code: str) -> Monthly:
    """Extract, transform and load the series, on a Spark of this process."""
    asker = Asker(source, code, lambda dataproc, code: None, base=base_url(None))
    today = dt.date.today()
    outcome = judge(asker.respond()(code), as_of=today)
    if outcome.status not in LOADED:
        raise JobError(f"series {code} of `--source {source}`: {outcome.message}")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = spark_session("backtest")
    try:
        raw = raw_of(frame_of(spark, [row_of(outcome)], OUTCOME))
        final = load(transform(raw, today)).toPandas()
        return monthly_of(final.assign(unit=outcome.unit or UNKNOWN_UNIT), code)
    finally:
        spark.stop()
