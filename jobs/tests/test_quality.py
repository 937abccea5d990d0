"""The quality rules: a clean run fulfils them all, and each fault breaks the rule that is made for it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.buckets import series_id
from oleoduto_jobs.etl.load import load
from oleoduto_jobs.etl.quality import datasets
from oleoduto_jobs.etl.quality.evaluate import Finding, evaluate, quarantined
from oleoduto_jobs.etl.quality.gate import broken_rules, refuse
from oleoduto_jobs.etl.quality.report import SERIES_COLUMNS, Checked, page
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.etl.quality.tables import Connection, connect
from oleoduto_jobs.etl.transform import transform
from oleoduto_jobs.provenance import Provenance

MAIN, OTHER = "MAIN", "OTHER"
RUN_DATE = dt.date(2024, 8, 1)

Change = Callable[[str], str]
"""The statement that changes a table."""


class Tables:
    """Raw and final rows of two codes, and what a run before had, as a job finds them."""

    def __init__(self, raw: DataFrame, previous: dict[str, int], folder: Path) -> None:
        self.folder, self.previous = folder, previous
        raw.coalesce(1).write.parquet(str(folder / "raw_rows"))
        load(transform(raw)).coalesce(1).write.parquet(str(folder / "final_rows"))
        self._made = 0

    def rows(self) -> Connection:
        """A database with the tables of a run."""
        self._made += 1
        (folder := self.folder / str(self._made)).mkdir()
        connection = connect(folder)
        for name in ("raw_rows", "final_rows"):
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{self.folder}/{name}/*.parquet')")
        connection.execute("CREATE TABLE previous (code VARCHAR, rows INTEGER)")
        for row in self.previous.items():
            connection.execute("INSERT INTO previous VALUES ($1, $2)", row)
        return connection

    def datasets(self, raw: Change, final: Change, previous: Change) -> Connection:
        """As the job makes them."""
        connection = self.rows()
        for change, name in ((raw, "raw_rows"), (final, "final_rows"), (previous, "previous")):
            connection.execute(change(name))
        return datasets_of(connection, [MAIN, OTHER])


def datasets_of(connection: Connection, codes: list[str]) -> Connection:
    """What the job checks."""
    connection.execute("CREATE TABLE asked AS SELECT unnest($1::VARCHAR[]) AS code", [codes])
    datasets.make(connection, RULES, codes[0], RUN_DATE)
    return connection


def same(_name: str) -> str:
    return "SELECT 1"


@pytest.fixture(scope="module")
def tables(
    raw_of: Callable[..., DataFrame], random_prices: Callable[..., pd.Series], tmp_path_factory: pytest.TempPathFactory
) -> Tables:
    prices = {MAIN: random_prices("2023-01-02", "2024-07-31", 1), OTHER: random_prices("2023-01-02", "2024-07-31", 2)}
    return Tables(raw_of(prices), {code: len(series) for code, series in prices.items()}, tmp_path_factory.mktemp("tables"))


def broken(findings: list[Finding]) -> dict[str, int]:
    return {finding.rule.name: finding.failed_rows for finding in findings if not finding.passed}


def on(condition: str, column: str, value: str) -> Change:
    """Put ``value`` into a column of the rows that fulfil a condition."""
    return lambda name: f"UPDATE {name} SET {column} = {value} WHERE {condition}"


def twice(condition: str) -> Change:
    return lambda name: f"INSERT INTO {name} SELECT * FROM {name} WHERE {condition}"


def without(condition: str) -> Change:
    return lambda name: f"DELETE FROM {name} WHERE {condition}"


DAY = "code = 'MAIN' AND date = date'2024-05-15'"
MONTH = "code = 'MAIN' AND period_start = date'2024-05-01'"


def test_a_clean_run_fulfils_every_rule(tables: Tables) -> None:
    checked = tables.datasets(same, same, same)
    findings = evaluate(checked, RULES, MAIN)
    assert broken(findings) == {}
    assert {finding.rule.name for finding in findings} == {rule.name for rule in RULES}
    rows = {finding.rule.dataset: finding.checked_rows for finding in findings}
    assert rows == {"raw": sum(tables.previous.values()), "months": 38, "final": 26, "series": 2}
    assert quarantined(checked, findings) is None
    refuse(findings)


@dataclass(frozen=True)
class Fault:
    """What is done to the tables of a pair of codes, and the rows that break each rule then. ``MAIN`` and ``OTHER`` in a
    condition are the codes of the pair."""

    broken: dict[str, int]
    raw: Callable[[str, str], Change] = lambda _main, _other: same
    final: Callable[[str, str], Change] = lambda _main, _other: same
    previous: Callable[[str, str], Change] = lambda _main, _other: same
    only_reported: bool = False


def of_pair(make: Callable[..., Change], condition: str, *rest: str) -> Callable[[str, str], Change]:
    """A change whose condition names a pair's own codes."""
    return lambda main, other: make(condition.replace("MAIN", main).replace("OTHER", other), *rest)


OF_MAIN, OF_OTHER = "code = 'MAIN'", "code = 'OTHER'"
IN_MAY = "code = 'MAIN' AND year = 2024 AND month = 5"

FAULTS = {
    "a day without a code": Fault({"raw_code_complete": 1}, raw=of_pair(on, DAY, "code", "NULL")),
    "a date twice": Fault({"raw_unique": 1, "final_reconciled_days": 1}, raw=of_pair(twice, DAY)),
    "a date after the run": Fault(
        {"raw_not_after_run": 1, "raw_date_parts": 1}, raw=of_pair(on, DAY, "date", "date'2024-08-02'")
    ),
    "a changed price": Fault({"final_reconciled_mean": 1}, raw=of_pair(on, DAY, "value", "-1.0")),
    "not a number": Fault({"raw_value_finite": 1}, raw=of_pair(on, DAY, "value", "'NaN'::DOUBLE")),
    "infinite": Fault({"raw_value_finite": 1}, raw=of_pair(on, DAY, "value", "'Infinity'::DOUBLE")),
    "a number of another code": Fault({"raw_series_id": 1}, raw=of_pair(on, DAY, "series_id", "series_id + 1")),
    "a jump": Fault({"raw_jump": 1, "series_neighbours": 1}, raw=of_pair(on, DAY, "previous_value", "previous_value * 2")),
    "a month shifted by a time zone": Fault({"raw_date_parts": 1}, raw=of_pair(on, DAY, "date", "date'2024-06-01'")),
    "a final month twice": Fault({"final_unique": 2}, final=of_pair(twice, MONTH)),
    "a final month gone": Fault({"series_rows": 1}, final=of_pair(without, MONTH)),
    "the last final months gone": Fault(
        {"series_origin": 1}, final=of_pair(without, "code = 'MAIN' AND period_start >= date'2024-06-01'")
    ),
    "a month without a price": Fault({"series_no_gap": 1}, raw=of_pair(on, IN_MAY, "value", "NULL")),
    "a monthly series with two values": Fault(
        {"final_one_value": 13}, raw=of_pair(on, OF_MAIN, "per_year", "12"), only_reported=True
    ),
    "a final infinity": Fault({"final_last_value_finite": 1}, final=of_pair(on, MONTH, "last_value", "'Infinity'::DOUBLE")),
    "a final null": Fault({"final_lags": 1}, final=of_pair(on, MONTH, "lag_3", "NULL")),
    "a wrong mean": Fault({"final_reconciled_mean": 1}, final=of_pair(on, MONTH, "mean_value", "mean_value + 0.001")),
    "a wrong count": Fault({"final_reconciled_days": 1}, final=of_pair(on, MONTH, "value_count", "value_count - 1")),
    "an order that can't be": Fault({"final_order": 1}, final=of_pair(on, MONTH, "rolling_max_6", "0.5")),
    "a final month without raw rows": Fault({"final_reconciled_days": 1}, raw=of_pair(without, IN_MAY)),
    "no final rows": Fault({"series_present": 1}, final=of_pair(without, OF_MAIN)),
    "no final rows of another code": Fault({"series_present": 1}, final=of_pair(without, OF_OTHER), only_reported=True),
    "a tenth of the rows gone": Fault({"series_row_count": 1}, previous=of_pair(on, OF_MAIN, "rows", "rows + 60")),
    "a tenth of another's gone": Fault(
        {"series_row_count": 1}, previous=of_pair(on, OF_OTHER, "rows", "rows + 60"), only_reported=True
    ),
    "old prices": Fault({"series_fresh": 1}, raw=of_pair(without, "code = 'MAIN' AND date > date'2024-07-17'")),
    "mostly gaps": Fault({"series_completeness": 1}, raw=of_pair(on, "code = 'MAIN' AND day > 10", "value", "NULL")),
}


def pair(fault: str) -> tuple[str, str]:
    """The two codes of a fault."""
    number = list(FAULTS).index(fault)
    return f"MAIN{number:02}", f"OTHER{number:02}"


@dataclass(frozen=True)
class AllFaults:
    """The findings of one run over all faults, each in its own two series, and by code the rules that its rows break."""

    findings: list[Finding]
    rules_by_code: dict[str, Counter[str]]


@pytest.fixture(scope="module")
def all_faults(tables: Tables) -> AllFaults:
    """One run looks at all faults."""
    pairs = [(MAIN, OTHER), *(pair(fault) for fault in FAULTS)]
    connection = tables.rows()
    connection.execute("CREATE TABLE copies (old VARCHAR, code VARCHAR, series_id BIGINT)")
    connection.executemany(
        "INSERT INTO copies VALUES ($1, $2, $3)",
        [(old, new, datasets.code_id(new)) for names in pairs for old, new in zip((MAIN, OTHER), names, strict=True)],
    )
    for name, replaced in (("raw_rows", "code, series_id"), ("final_rows", "code"), ("previous", "code")):
        own = ", ".join(f"copies.{column} AS {column}" for column in replaced.split(", "))
        copied = f"SELECT copied.* REPLACE ({own}) FROM {name} AS copied JOIN copies ON copied.code = old"
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS {copied}")
    for fault, what in FAULTS.items():
        for name, change in (("raw_rows", what.raw), ("final_rows", what.final), ("previous", what.previous)):
            connection.execute(change(*pair(fault))(name))
    checked = datasets_of(connection, [code for names in pairs for code in names])
    findings = evaluate(checked, RULES, MAIN)
    query = quarantined(checked, findings)
    assert query is not None
    rules_by_code: dict[str, Counter[str]] = defaultdict(Counter)
    for code, rules, row in checked.execute(f"SELECT code, rules, row FROM ({query})").fetchall():
        rules_by_code[code].update(rules.split(","))
        assert (json.loads(row, parse_constant=pytest.fail)["code"] or "") == code
    return AllFaults(findings, rules_by_code)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_breaks_its_rule(all_faults: AllFaults, fault: str) -> None:
    of_main, of_other = (all_faults.rules_by_code[code] for code in pair(fault))
    if fault == "a day without a code":
        of_main = of_main + all_faults.rules_by_code[""]
    found = of_main + of_other
    assert FAULTS[fault].broken.items() <= found.items(), found
    findings = [Finding(rule, 1000, found[rule.name], of_main[rule.name], ()) for rule in RULES]
    must_stop = {rule.name for rule in RULES if of_main[rule.name] and rule.severity == "fail"}
    assert set(broken_rules(findings)) == must_stop
    assert bool(must_stop) is not FAULTS[fault].only_reported


def test_what_is_counted_is_what_is_quarantined(all_faults: AllFaults) -> None:
    """Of all faults together. Only the row without a code counts for the main series, which has no fault itself."""
    quarantined_rows: Counter[str] = sum(all_faults.rules_by_code.values(), Counter())
    assert broken(all_faults.findings) == quarantined_rows
    main_rows = {finding.rule.name: finding.main_rows for finding in all_faults.findings if finding.main_rows}
    assert main_rows == all_faults.rules_by_code[""]
    assert not all_faults.rules_by_code[MAIN] + all_faults.rules_by_code[OTHER]


def test_the_refusal_names_rule_count_and_sample(tables: Tables) -> None:
    findings = evaluate(tables.datasets(same, on(MONTH, "lag_3", "NULL"), same), RULES, MAIN)
    with pytest.raises(JobError) as caught:
        refuse(findings)
    message = str(caught.value)
    assert "1 data-quality rule(s) failed" in message
    assert "final_lags: 1 of 26 rows, of MAIN (a row has all six lags" in message
    assert '"period_start": "2024-05-01"' in message


OTHERS_FAULTS = {
    "raw": on("code = 'OTHER' AND date = date'2024-05-15'", "value", "'NaN'::DOUBLE"),
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


def test_negative_values_and_zeros_are_legal(raw_of: Callable[..., DataFrame], tmp_path: Path) -> None:
    """A rate in percent a month, and values of every size: what one double adds may not break a rule."""
    months = pd.date_range("2022-12-01", "2024-07-01", freq="MS")
    rates = {
        MAIN: pd.Series([0.5, -0.4, 0.0, 0.3, -0.1] * 4, index=months),
        OTHER: pd.Series([0.1 * 10.0**k for k in range(-14, 6)], index=months),
        "FLAT": pd.Series([0.1] * 20, index=months),
        "LARGE": pd.Series([1.2e15 + k for k in range(20)], index=months),
    }
    made = Tables(raw_of(rates), {}, tmp_path)
    found = broken(evaluate(made.datasets(same, same, same), RULES, MAIN))
    assert set(found) <= {"raw_jump", "series_fresh"}, found


def test_a_warning_stops_nothing_and_is_reported(tables: Tables) -> None:
    findings = evaluate(
        tables.datasets(without("date > date'2024-07-17'"), without("year = 2024 AND month = 7"), same), RULES, MAIN
    )
    assert broken(findings) == {"series_fresh": 2}
    refuse(findings)
    english, portuguese = page_of(findings, findings).split('<article lang="pt-BR">')
    assert "0 fail." in english and 'class="failing"' not in english, "nothing that is right looks like an alarm"
    for text, result in ((english, "warns"), (portuguese, "avisa")):
        broken_first = text.index(f'<th scope="row">series_fresh</th><td class="words">{result}</td>')
        assert broken_first < text.index('<th scope="row">raw_unique</th>')
        assert text.count("<details>") == 1 + 1, "samples, and the rules that hold"
        assert f'<th scope="row">{MAIN}</th>' in text and "{" not in text.partition("</nav>")[2]
    assert "na data da execução o valor mais recente" in portuguese and "na data" not in english


def page_of(findings: list[Finding], shown: list[Finding] | None = None) -> str:
    row: dict[str, object] = {"code": "<b>A&B</b>", **dict.fromkeys(SERIES_COLUMNS, None), "raw_rows": 7}
    known = Provenance("sample", "US$ per barrel", dt.date(2024, 7, 17), dt.date(2024, 8, 1), stale=bool(shown))
    return page(Checked(findings, [row], 3, known))


def test_the_report_is_whole_and_escapes_what_it_shows(tables: Tables) -> None:
    html = re.sub("</?time>", "", page_of(evaluate(tables.datasets(same, same, same), RULES, MAIN)))
    assert "&lt;b&gt;A&amp;B&lt;/b&gt;" in html
    assert "<script" not in html
    assert "http" not in html
    english, portuguese = html.split('<article lang="pt-BR">')
    assert "The first 1 of 3 series" in english and "As primeiras 1 de 3 séries" in portuguese
    assert f"{len(RULES)} of {len(RULES)} rules hold, for 3 series. 0 warn, 0 fail." in english
    assert "Data quality of the run of 2024-08-01" in english and "Qualidade dos dados da execução de 2024-08-01" in portuguese
    assert "Last observation: 2024-07-17. Run of 2024-08-01." in english and 'href="report.html"' in english
    assert "Sample data." in english and "Dados de amostra." in portuguese and "Stale data." not in english
    for rule in RULES:
        assert html.count(f'<th scope="row">{rule.name}</th>') == 2


def test_trading_days_are_counted_without_weekends_and_holidays() -> None:
    found = datasets.trading_days(dt.date(2024, 4, 2))
    # Good Friday and Easter Monday lie between 27 March and 2 April.
    assert [found[dt.date.fromisoformat(day)] for day in ("2024-03-27", "2024-04-01", "2024-04-02")] == [2, 1, 0]
    assert 600 < found[dt.date(2024, 4, 2) - datasets.OLDEST_AGE] == max(found.values()) < 715


@pytest.mark.parametrize(
    ("change", "age"),
    [
        (same, 1),
        # The run's own day, a later one, and none at all.
        (on("date = date'2024-07-31'", "date", "date'2024-08-01'"), 0),
        (on("date = date'2024-07-31'", "date", "date'2024-08-05'"), 0),
        (on("true", "value", "NULL"), None),
        (on("true", "date", "date'1950-01-01'"), max(datasets.trading_days(RUN_DATE).values())),
    ],
)
def test_the_age_of_a_series(tables: Tables, change: Change, age: int | None) -> None:
    found = tables.datasets(change, same, same).execute("SELECT DISTINCT age_trading_days FROM series").fetchall()
    assert found == [(age,)]


def test_missing_periods_are_counted_and_the_first_are_named(tables: Tables) -> None:
    gaps = without("code = 'MAIN' AND ((year = 2023 AND month IN (3, 5, 6, 7, 8, 9, 10)) OR (year = 2024 AND month = 7))")
    found = tables.datasets(gaps, same, same).execute("SELECT missing_periods, missing, age_periods FROM series ORDER BY code")
    assert found.fetchall() == [(7, "2023-03, 2023-05, 2023-06, 2023-07, 2023-08, 2023-09", 2), (0, "", 1)]


def test_the_number_of_a_code_is_that_of_spark(spark: SparkSession) -> None:
    codes = ["EIA366_PBRENT366", "A", "ÁÉÍ", "", "X" * 64]
    found = spark.createDataFrame([(code,) for code in codes], "code string").select(series_id(F.col("code"))).collect()
    assert [row[0] for row in found] == [datasets.code_id(code) for code in codes]


def test_a_condition_is_of_rows_that_it_can_be_said_of() -> None:
    """Prices without a logarithm, days that no month has: other rules tell of them, and none of this stops the query."""
    connection = duckdb.connect()
    pairs = [(0.0, 5.0), (-1.0, 5.0), (5.0, 0.0), (-5.0, -8.0), (5.0, None)]
    connection.execute("CREATE TABLE t (value DOUBLE, previous_value DOUBLE)")
    connection.executemany("INSERT INTO t VALUES ($1, $2)", pairs)
    jump = next(rule for rule in RULES if rule.name == "raw_jump")
    assert connection.execute(f"SELECT value FROM t WHERE {jump.bad}").fetchall() == [(-5.0,)]


def test_every_rule_has_its_own_name_and_reads(tables: Tables) -> None:
    names = [rule.name for rule in RULES]
    assert all(len(set(rule.descriptions)) == 2 and all(rule.descriptions) for rule in RULES)
    assert len(set(names)) == len(names)
    finding = Finding(RULES[0], 3, 1, 1, ({"code": None},))
    assert finding.describe().endswith(f"1 of 3 rows, of no code (`code` has a value), first {json.dumps({'code': None})}")
