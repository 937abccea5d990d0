"""The schema module: what the catalog and the jobs share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from oleoduto_jobs.catalog import catalog
from oleoduto_jobs.dqdl import ruleset
from oleoduto_jobs.etl.document import PAGES, page
from oleoduto_jobs.etl.document_words import DESCRIPTIONS, UNITS
from oleoduto_jobs.etl.meanings import meanings, script
from oleoduto_jobs.schema import FINAL, INTERIM, PREDICTIONS, RAW, SERIES_UNIT, TABLES

LAGS = [f"lag_{k}" for k in range(1, 7)]
ROLLING = ["rolling_mean_6", "rolling_std_6", "rolling_min_6", "rolling_max_6"]
MONTHLY = [
    *("code", "period_start", "frequency", "unit", "mean_value", "last_value", "last_date", "value_count"),
    *LAGS,
    "filled_lags",
    *ROLLING,
    *("quarter", "year", "month"),
    *("momentum_1", "momentum_3", "momentum_6", "realised_volatility"),
]


def types(table: str) -> list[tuple[str, str]]:
    return [(c["name"], c["type"]) for c in catalog()[table]["columns"]]


def test_columns_of_every_table() -> None:
    assert RAW.column_names == [
        "code",
        "date",
        "raw_date",
        "day",
        "month",
        "year",
        "value",
        "previous_value",
        "series_id",
        "per_year",
    ]
    assert INTERIM.column_names == MONTHLY
    assert FINAL.column_names == MONTHLY
    assert PREDICTIONS.column_names == [
        *("code", "origin", "horizon", "target_start", "point"),
        *("lower_80", "upper_80", "lower_95", "upper_95", "model", "model_version", "training_job"),
        *("frequency", "unit"),
    ]


def test_values_are_doubles_in_the_unit_of_the_series() -> None:
    assert types("interim") == types("final")
    in_unit = {column.name for column in FINAL.columns if column.unit == SERIES_UNIT}
    assert in_unit == {"mean_value", "last_value", *LAGS, *ROLLING}
    assert {dict(types("final"))[name] for name in in_unit} == {"double"}


def test_no_column_names_a_currency() -> None:
    words = [word for table in TABLES for c in table.columns for word in (c.name, c.comment)]
    assert not [word for word in words if "usd" in word.lower() or "US$" in word]


def test_every_column_is_described_once_with_its_unit() -> None:
    for table in TABLES:
        assert len(set(table.column_names)) == len(table.columns)
        assert [key.name for key in table.partition_keys] == ["dataproc"]
        for column in table.columns:
            assert column.description
            assert column.comment.endswith(column.unit)
    comments = {c["name"]: c["comment"] for c in catalog()["interim"]["columns"]}
    assert comments["mean_value"] == "mean of the values of the period, in the unit of the series"


def test_only_these_may_be_null() -> None:
    nullable = {table.name: [c.name for c in table.columns if c.nullable] for table in TABLES}
    optional = [*LAGS, "rolling_std_6", "momentum_1", "momentum_3", "momentum_6", "realised_volatility"]
    measures = ["mase", "mase_choice", "mase_combination", "smape"]
    outcomes = ["origins", "ratio", "mase", "inside_80", "inside_95"]
    assert nullable == {
        **{"raw": ["value", "previous_value"], "interim": optional, "final": optional, "predictions": []},
        "verdicts": [
            "why",
            "model",
            "choice",
            "origin",
            *measures,
            *(f"realised_{name}" for name in outcomes),
            "frequency",
            "unit",
        ],
        "forecasts": ["lower_80", "upper_80", "lower_95", "upper_95"],
        "extract_report": ["first_date", "last_date", "unit", "frequency", "updated", "reused_from", "message"],
        "revisions": ["previous_value", "value"],
        **{"quality": ["sample"], "quarantine": []},
    }


def test_the_document_of_the_tables_is_of_this_schema() -> None:
    for name, language in PAGES.items():
        found = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
        assert found == page(language), "write it again: PYTHONPATH=jobs/src python -m oleoduto_jobs.etl.document docs"


def test_every_description_is_translated_and_no_other() -> None:
    columns = [column for table in TABLES for column in (*table.columns, *table.partition_keys)]
    assert set(DESCRIPTIONS) == {column.description for column in columns}
    assert set(UNITS) == {column.unit for column in columns}


def test_the_page_of_the_local_aws_has_every_comment_in_portuguese() -> None:
    comments = [c["comment"] for entry in catalog().values() for c in (*entry["columns"], *entry["partition_keys"])]
    assert set(meanings()) == set(comments) and all(meanings().values())
    assert meanings()["mean of the values of the period, in the unit of the series"] == (
        "média dos valores do período, na unidade da série"
    )
    file = Path(__file__).parents[2] / "local/src/oleoduto_local/ui/static/meanings.js"
    assert file.read_text(encoding="utf-8") == script(), (
        f"write it again: PYTHONPATH=jobs/src python -m oleoduto_jobs.etl.meanings > {file}"
    )


def test_a_ruleset_says_what_the_schema_says() -> None:
    assert {table.name for table in TABLES if "ruleset" in catalog()[table.name]} == {"raw", "final"}
    rules = ruleset(FINAL).splitlines()
    assert rules[:3] == ["Rules = [", "    RowCount > 0,", '    IsPrimaryKey "dataproc" "code" "period_start",']
    assert not [rule for rule in rules if "mean_value" in rule and "ColumnValues" in rule], "negatives and zeros are legal"
    assert '    ColumnValues "quarter" <= 4,' in rules
    assert '    ColumnValues "realised_volatility" >= 0 where "realised_volatility is not null"' in rules
    complete = [rule for rule in rules if rule.startswith("    IsComplete")]
    assert len(complete) == sum(not column.nullable for column in FINAL.columns)


def test_prints_json_without_spark(package_env: dict[str, str]) -> None:
    program = "import sys, runpy; sys.modules['pyspark'] = None; runpy.run_module('oleoduto_jobs.catalog', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=package_env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == catalog()
