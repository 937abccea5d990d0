"""The schema module: what the catalogue and the jobs share."""

from __future__ import annotations

import json
import subprocess
import sys

from oleoduto_jobs.schema import EXTRACT_REPORT, FINAL, INTERIM, PREDICTIONS, RAW, REVISIONS, TABLES, catalogue

LAGS = [f"lag_{k}" for k in range(1, 7)]
ROLLING = ["rolling_mean_6", "rolling_std_6", "rolling_min_6", "rolling_max_6"]
MONTHLY = [
    *("code", "month_start", "mean_price_usd", "last_price_usd", "last_price_date", "trading_days"),
    *LAGS,
    *ROLLING,
    *("quarter", "year", "month"),
]


def types(table: str) -> list[tuple[str, str]]:
    return [(c["name"], c["type"]) for c in catalogue()[table]["columns"]]


def test_columns_of_every_table() -> None:
    assert RAW.column_names == ["code", "date", "raw_date", "day", "month", "year", "value"]
    assert INTERIM.column_names == MONTHLY
    assert FINAL.column_names == MONTHLY
    assert PREDICTIONS.column_names == [
        *("code", "origin", "horizon", "target_month", "point"),
        *("lower_80", "upper_80", "lower_95", "upper_95", "model", "training_job"),
    ]


def test_final_has_decimals_where_interim_has_doubles() -> None:
    assert [(n, "decimal(18,6)" if t == "double" else t) for n, t in types("interim")] == types("final")
    assert dict(types("final"))["lag_3"] == "decimal(18,6)"


def test_every_column_is_described_once_with_its_unit() -> None:
    for table in TABLES:
        assert len(set(table.column_names)) == len(table.columns)
        assert [key.name for key in table.partition_keys] == ["dataproc"]
        for column in table.columns:
            assert column.description
            assert column.comment.endswith(column.unit)
    comments = {c["name"]: c["comment"] for c in catalogue()["interim"]["columns"]}
    assert comments["mean_price_usd"] == "mean of the daily prices of the month, US$ per barrel"


def test_only_the_raw_value_may_be_null_in_the_data() -> None:
    nullable = [(t.name, c.name) for t in TABLES for c in t.columns if c.nullable and t not in (EXTRACT_REPORT, REVISIONS)]
    assert nullable == [("raw", "value")]
    assert [c.name for c in REVISIONS.columns if c.nullable] == ["previous_value", "value"]
    assert [c.name for c in EXTRACT_REPORT.columns if not c.nullable] == ["code", "status", "rows", "source"]


def test_prints_json_without_spark(package_env: dict[str, str]) -> None:
    program = "import sys, runpy; sys.modules['pyspark'] = None; runpy.run_module('oleoduto_jobs.schema', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=package_env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == catalogue()
