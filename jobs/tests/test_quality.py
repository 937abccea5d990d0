"""The quality rules: a clean run fulfils them all, and each fault breaks the rule that is made for it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.load import load
from oleoduto_jobs.etl.quality import datasets
from oleoduto_jobs.etl.quality.evaluate import Finding, evaluate, quarantined
from oleoduto_jobs.etl.quality.gate import broken_rules, refuse
from oleoduto_jobs.etl.quality.report import SERIES_COLUMNS, page
from oleoduto_jobs.etl.quality.rules import RULES, Dataset
from oleoduto_jobs.etl.transform import transform

MAIN, OTHER = "MAIN", "OTHER"
RUN_DATE = dt.date(2024, 8, 1)

Change = Callable[[DataFrame], DataFrame]


class Tables:
    """Raw and final rows of two codes, and what a run before had."""

    def __init__(self, raw: DataFrame, previous: DataFrame) -> None:
        self.raw = raw
        self.final = load(transform(raw))
        self.previous = previous
        self._persisted: tuple[DataFrame, ...] = ()

    def datasets(self, raw: Change, final: Change, previous: Change) -> dict[Dataset, DataFrame]:
        """As the job makes them; those of the call before are forgotten."""
        for frame in self._persisted:
            frame.unpersist()
        changed = datasets.dated(raw(self.raw), RUN_DATE)
        kept = final(self.final)
        by_month = datasets.months(changed, [rule for rule in RULES if rule.dataset == "raw"]).persist()
        by_code = datasets.series(by_month, kept, previous(self.previous), [MAIN, OTHER], RUN_DATE).persist()
        self._persisted = (by_month, by_code)
        return {"raw": changed, "months": by_month, "final": datasets.checked_final(kept, by_month), "series": by_code}


def same(frame: DataFrame) -> DataFrame:
    return frame


@pytest.fixture(scope="module")
def tables(spark: SparkSession, raw_of: Callable[..., DataFrame], random_prices: Callable[..., pd.Series]) -> Tables:
    prices = {MAIN: random_prices("2023-01-02", "2024-07-31", 1), OTHER: random_prices("2023-01-02", "2024-07-31", 2)}
    previous = spark.createDataFrame([(code, len(series)) for code, series in prices.items()], "code string, rows int")
    found = Tables(raw_of(prices).cache(), previous)
    found.final = found.final.cache()
    return found


def broken(findings: list[Finding]) -> dict[str, int]:
    return {finding.rule.name: finding.failed_rows for finding in findings if not finding.passed}


def on(condition: str, column: str, value: str) -> Change:
    """Put ``value`` into a column of the rows that fulfil a condition."""
    return lambda frame: frame.withColumn(column, F.when(F.expr(condition), F.expr(value)).otherwise(F.col(column)))


def twice(condition: str) -> Change:
    return lambda frame: frame.union(frame.where(condition))


def without(condition: str) -> Change:
    return lambda frame: frame.where(f"NOT ({condition})")


DAY = "code = 'MAIN' AND date = date'2024-05-15'"
MONTH = "code = 'MAIN' AND period_start = date'2024-05-01'"


def test_a_clean_run_fulfils_every_rule(tables: Tables) -> None:
    checked = tables.datasets(same, same, same)
    findings = evaluate(checked, RULES, MAIN)
    assert broken(findings) == {}
    assert {finding.rule.name for finding in findings} == {rule.name for rule in RULES}
    rows = {finding.rule.dataset: finding.checked_rows for finding in findings}
    assert rows == {"raw": tables.raw.count(), "months": 38, "final": 26, "series": 2}
    assert quarantined(checked, findings) is None
    refuse(findings)


FAULTS: dict[str, tuple[Change, Change, Change, dict[str, int]]] = {
    "a day without a code": (on(DAY, "code", "NULL"), same, same, {"raw_code_complete": 1}),
    "a date twice": (twice(DAY), same, same, {"raw_unique": 1, "final_reconciled_days": 1}),
    "a date after the run": (on(DAY, "date", "date'2024-08-02'"), same, same, {"raw_not_after_run": 1, "raw_date_parts": 1}),
    "a changed price": (on(DAY, "value", "-1.0"), same, same, {"final_reconciled_mean": 1}),
    "not a number": (on(DAY, "value", "double('NaN')"), same, same, {"raw_value_finite": 1}),
    "infinite": (on(DAY, "value", "double('Infinity')"), same, same, {"raw_value_finite": 1}),
    "a number of another code": (on(DAY, "series_id", "series_id + 1"), same, same, {"raw_series_id": 1}),
    "a jump": (on(DAY, "previous_value", "previous_value * 2"), same, same, {"raw_jump": 1, "series_neighbours": 1}),
    "a month shifted by a time zone": (on(DAY, "date", "date'2024-06-01'"), same, same, {"raw_date_parts": 1}),
    "a final month twice": (same, twice(MONTH), same, {"final_unique": 2}),
    "a final month gone": (same, without(MONTH), same, {"series_rows": 1}),
    "the last final months gone": (
        same,
        without("code = 'MAIN' AND period_start >= date'2024-06-01'"),
        same,
        {"series_origin": 1},
    ),
    "a month without a price": (
        on("code = 'MAIN' AND year = 2024 AND month = 5", "value", "NULL"),
        same,
        same,
        {"series_no_gap": 1},
    ),
    "a monthly series with two values": (on("code = 'MAIN'", "per_year", "12"), same, same, {"final_one_value": 13}),
    "a final infinity": (same, on(MONTH, "last_value", "double('Infinity')"), same, {"final_last_value_finite": 1}),
    "a final null": (same, on(MONTH, "lag_3", "NULL"), same, {"final_lags": 1}),
    "a wrong mean": (same, on(MONTH, "mean_value", "mean_value + 0.001"), same, {"final_reconciled_mean": 1}),
    "a wrong count": (same, on(MONTH, "value_count", "value_count - 1"), same, {"final_reconciled_days": 1}),
    "an order that can't be": (same, on(MONTH, "rolling_max_6", "0.5"), same, {"final_order": 1}),
    "a final month without raw rows": (
        without("code = 'MAIN' AND year = 2024 AND month = 5"),
        same,
        same,
        {"final_reconciled_days": 1},
    ),
    "no final rows": (same, without("code = 'MAIN'"), same, {"series_present": 1}),
    "no final rows of another code": (same, without("code = 'OTHER'"), same, {"series_present": 1}),
    "a tenth of the rows gone": (same, same, on("code = 'MAIN'", "rows", "rows + 60"), {"series_row_count": 1}),
    "a tenth of another's gone": (same, same, on("code = 'OTHER'", "rows", "rows + 60"), {"series_row_count": 1}),
    "old prices": (without("date > date'2024-07-17'"), same, same, {"series_fresh": 2}),
    "mostly gaps": (on("code = 'MAIN' AND day > 10", "value", "NULL"), same, same, {"series_completeness": 1}),
}


ONLY_REPORTED = ("a monthly series with two values", "no final rows of another code", "a tenth of another's gone")


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_breaks_its_rule(tables: Tables, fault: str) -> None:
    raw, final, previous, expected = FAULTS[fault]
    checked = tables.datasets(raw, final, previous)
    findings = evaluate(checked, RULES, MAIN)
    found = broken(findings)
    assert expected.items() <= found.items(), found
    rows = quarantined(checked, findings)
    assert rows is not None
    names = {name for row in rows.collect() for name in row["rules"].split(",")}
    assert names == set(found)
    must_stop = {f.rule.name for f in findings if f.main_rows and f.rule.severity == "fail"}
    assert set(broken_rules(findings)) == must_stop
    assert bool(must_stop) is (fault not in ONLY_REPORTED)


def test_the_refusal_names_rule_count_and_sample(tables: Tables) -> None:
    findings = evaluate(tables.datasets(same, on(MONTH, "lag_3", "NULL"), same), RULES, MAIN)
    with pytest.raises(JobError) as caught:
        refuse(findings)
    message = str(caught.value)
    assert "1 data-quality rule(s) failed" in message
    assert "final_lags: 1 of 26 rows, of MAIN (a row has all six lags" in message
    assert '"period_start": "2024-05-01"' in message


OTHERS_FAULTS = {
    "raw": on("code = 'OTHER' AND date = date'2024-05-15'", "value", "double('NaN')"),
    "final": on("code = 'OTHER' AND period_start = date'2024-05-01'", "last_value", "NULL"),
}


def test_a_bad_row_of_another_series_only_warns_and_names_series_rule_and_row(tables: Tables) -> None:
    findings = evaluate(tables.datasets(OTHERS_FAULTS["raw"], OTHERS_FAULTS["final"], same), RULES, MAIN)
    refuse(findings)
    found = {finding.rule.name: finding for finding in findings if not finding.passed}
    assert {"raw_value_finite", "final_last_value_complete"} <= set(found)
    assert {finding.severity for finding in found.values()} == {"warn"}
    sentence = found["final_last_value_complete"].describe()
    assert sentence.startswith("final_last_value_complete: 1 of 26 rows, of OTHER (`last_value` has a value), first {")
    assert '"period_start": "2024-05-01"' in sentence
    with pytest.raises(JobError, match="raw_value_finite: 1 of "):
        refuse(evaluate(tables.datasets(OTHERS_FAULTS["raw"], OTHERS_FAULTS["final"], same), RULES, OTHER))


def test_one_bad_row_is_shown_once_for_all_its_rules() -> None:
    row: dict[str, object] = {"code": MAIN, "period_start": "2024-05-01"}
    named = [rule for rule in RULES if rule.name.startswith("final_rolling_")][:3]
    with pytest.raises(JobError) as caught:
        refuse([Finding(rule, 26, 1, 1, (row,)) for rule in named])
    message = str(caught.value)
    assert message.count("2024-05-01") == 1
    assert f"the same row breaks {named[1].name}, {named[2].name}" in message


def test_negative_values_and_zeros_are_legal(raw_of: Callable[..., DataFrame], spark: SparkSession) -> None:
    """A rate in percent a month, and values of every size: what one double adds may not break a rule."""
    months = pd.date_range("2022-12-01", "2024-07-01", freq="MS")
    rates = {
        MAIN: pd.Series([0.5, -0.4, 0.0, 0.3, -0.1] * 4, index=months),
        OTHER: pd.Series([0.1 * 10.0**k for k in range(-14, 6)], index=months),
        "FLAT": pd.Series([0.1] * 20, index=months),
        "LARGE": pd.Series([1.2e15 + k for k in range(20)], index=months),
    }
    previous = spark.createDataFrame([], "code string, rows int")
    made = Tables(raw_of(rates), previous)
    found = broken(evaluate(made.datasets(same, same, same), RULES, MAIN))
    assert set(found) <= {"raw_jump", "series_fresh"}, found


def test_a_warning_stops_nothing_and_is_reported(tables: Tables) -> None:
    findings = evaluate(
        tables.datasets(without("date > date'2024-07-17'"), without("year = 2024 AND month = 7"), same), RULES, MAIN
    )
    assert broken(findings) == {"series_fresh": 2}
    refuse(findings)
    html = page_of(findings)
    assert '<td class="warn">warn</td>' in html
    assert "series_fresh" in html


def page_of(findings: list[Finding]) -> str:
    row: dict[str, object] = {"code": "<b>A&B</b>", **dict.fromkeys(SERIES_COLUMNS, None), "raw_rows": 7}
    return page(findings, "20240801", [row], 3)


def test_the_report_is_whole_and_escapes_what_it_shows(tables: Tables) -> None:
    html = page_of(evaluate(tables.datasets(same, same, same), RULES, MAIN))
    assert "&lt;b&gt;A&amp;B&lt;/b&gt;" in html
    assert "<script" not in html
    assert "http" not in html
    assert "the first 1 of 3" in html
    assert html.count('<td class="ok">ok</td>') == len(RULES)


def test_trading_days_are_counted_without_weekends_and_holidays(spark: SparkSession) -> None:
    dates = ["2024-03-27", "2024-04-01", "2024-04-02", "2024-04-03", "1950-01-01", None]
    rows = [(None if text is None else dt.date.fromisoformat(text),) for text in dates]
    frame = spark.createDataFrame(rows, "d date")
    found = [row[0] for row in frame.select(datasets.trading_days_between(F.col("d"), dt.date(2024, 4, 2))).collect()]
    # Good Friday and Easter Monday lie between 27 March and 2 April.
    assert found[:4] == [2, 1, 0, 0]
    assert 600 < found[4] < 715
    assert found[5] is None


def test_every_rule_has_its_own_name_and_reads(tables: Tables) -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    finding = Finding(RULES[0], 3, 1, 1, ({"code": None},))
    assert finding.describe().endswith(f"1 of 3 rows, of no code (`code` has a value), first {json.dumps({'code': None})}")
