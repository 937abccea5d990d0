"""The rules: what the rows of a run must fulfil.

A rule is a condition in SQL (of DuckDB) that holds for *bad* rows of a dataset of ``datasets.py``. Rules about single
columns come from the schema; the others are written here. Counting and the quarantine use the same condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oleoduto_jobs.schema import FINAL, FRESH_RULE, RAW, Column, Severity, Table

Dataset = Literal["raw", "months", "final", "series"]

MAX_DAILY_LOG_RETURN = 0.3
"""A day beyond it is looked at: Brent fell by 0.36 on 1991-01-17 and 0.64 on 2020-04-21."""

MAX_MISSING_SHARE = 0.5
"""Sources date holidays and weekends without a price; more than half of all days without one is not that."""

MAX_AGE_TRADING_DAYS = 10
"""Of a daily series: Ipeadata follows EIA, which publishes once a week."""

MAX_AGE_WEEKLY = 20
"""Trading days."""

MAX_AGE_PERIODS = {12: 3, 4: 2, 1: 2}
"""By ``per_year``: periods from the one of the newest value to the running one; statistics come weeks after their period."""

MIN_ROWS_OF_PREVIOUS = 0.9
"""A series grows; with a tenth of its rows gone the source answered with a part only."""

TOLERANCE = 1e-9
"""Relative to the size of the summands: what adding ten thousand doubles in another order may change."""


_LAG_NEEDED = {
    1: "true",
    **dict.fromkeys((2, 3, 4), "frequency <> 'annual'"),
    **dict.fromkeys((5, 6), "frequency = 'monthly'"),
}

_LARGEST_EXTREME = "greatest(abs(rolling_min_6), abs(rolling_max_6))"


@dataclass(frozen=True)
class Rule:
    """``bad`` is the condition of rows that do not fulfil the rule; ``descriptions`` say what good rows do, in the languages of
    the pages."""

    name: str
    dataset: Dataset
    descriptions: tuple[str, str]
    bad: str
    severity: Severity = "fail"
    """``fail`` stops the pipeline if a row of the main series is bad, or one without a code; a bad row of another series,
    and any of ``warn``, is reported: one bad series must not stop the rest."""

    @property
    def description(self) -> str:
        """What good rows do, as tables and messages say it."""
        return self.descriptions[0]


def described(name: str, text: str, place: int) -> str:
    """What the good rows of a rule do, in the language at ``place``; ``text``, as the table has it, if an older package wrote a
    rule that is gone."""
    known = next((rule for rule in RULES if rule.name == name), None)
    return text if known is None else known.descriptions[place]


def column_rules(dataset: Dataset, table: Table) -> list[Rule]:
    """What the schema says of single columns: completeness and range."""
    return [rule for column in table.columns for rule in _of_column(dataset, column)]


def _of_column(dataset: Dataset, column: Column) -> list[Rule]:
    rules = []
    if not column.nullable:
        text = (f"`{column.name}` has a value", f"`{column.name}` tem um valor")
        rules.append(Rule(f"{dataset}_{column.name}_complete", dataset, text, f"{column.name} IS NULL"))
    limits = [
        (column.at_least, "<", ("is at least", "é ao menos")),
        (column.at_most, ">", ("is at most", "é no máximo")),
    ]
    broken = [f"{column.name} {sign} {limit:g}" for limit, sign, _ in limits if limit is not None]
    english, portuguese = (
        [f"{words[place]} {limit:g}" for limit, _, words in limits if limit is not None] for place in range(2)
    )
    if broken:
        text = (f"`{column.name}` {' and '.join(english)}", f"`{column.name}` {' e '.join(portuguese)}")
        rules.append(Rule(f"{dataset}_{column.name}_range", dataset, text, " OR ".join(broken)))
    if column.type == "double":
        text = (f"`{column.name}` is a finite number", f"`{column.name}` é um número finito")
        bad = f"NOT isfinite({column.name})"
        rules.append(Rule(f"{dataset}_{column.name}_finite", dataset, text, bad))
    return rules


def _too_many_periods() -> str:
    cases = " ".join(f"WHEN {per_year} THEN age_periods > {limit}" for per_year, limit in MAX_AGE_PERIODS.items())
    return f"CASE per_year {cases} ELSE false END"


def _fresh_in_words() -> tuple[str, str]:
    months, quarters, years = MAX_AGE_PERIODS.values()
    return (
        f"on the run date the newest value is at most {MAX_AGE_TRADING_DAYS} trading days old, or {MAX_AGE_WEEKLY} of a weekly "
        f"series, or {months} months, {quarters} quarters or {years} years before the running one",
        f"na data da execução o valor mais recente tem no máximo {MAX_AGE_TRADING_DAYS} dias úteis, ou {MAX_AGE_WEEKLY} numa "
        f"série semanal, ou está a {months} meses, {quarters} trimestres ou {years} anos do período corrente",
    )


RULES: tuple[Rule, ...] = (
    *column_rules("raw", RAW),
    Rule(
        "raw_not_after_run",
        "raw",
        ("no date is after the run date", "nenhuma data é posterior à data da execução"),
        "date > _run_date",
    ),
    Rule(
        "raw_date_parts",
        "raw",
        ("`day`, `month` and `year` are those of `date`", "`day`, `month` e `year` são os de `date`"),
        "day <> dayofmonth(date) OR month <> month(date) OR year <> year(date)",
    ),
    Rule(
        "raw_series_id",
        "raw",
        ("`series_id` is the number of `code`", "`series_id` é o número de `code`"),
        "series_id <> _code_id",
    ),
    Rule(
        "raw_jump",
        "raw",
        (
            f"the log return from the price before is within +-{MAX_DAILY_LOG_RETURN:g}",
            f"o retorno logarítmico desde o preço anterior está dentro de +-{MAX_DAILY_LOG_RETURN:g}".replace(".", ","),
        ),
        # Only of a positive number there is a logarithm.
        f"CASE WHEN value / nullif(previous_value, 0) > 0 THEN abs(ln(value / previous_value)) > {MAX_DAILY_LOG_RETURN} END",
        "warn",
    ),
    Rule(
        "raw_unique",
        "months",
        ("a code has one row for each date", "um código tem uma linha por data"),
        "raw_rows > distinct_days",
    ),
    *column_rules("final", FINAL),
    Rule("final_unique", "final", ("a code has one row for each period", "um código tem uma linha por período"), "_copies > 1"),
    Rule(
        "final_lags",
        "final",
        (
            "a row has all six lags, of a quarterly series the first four, of an annual one the first",
            "uma linha tem as seis defasagens, de uma série trimestral as quatro primeiras, de uma anual a primeira",
        ),
        " OR ".join(f"(lag_{k} IS NULL AND {needed})" for k, needed in _LAG_NEEDED.items()),
    ),
    Rule(
        "final_one_value",
        "final",
        (
            "a period of a monthly, quarterly or annual series has one value",
            "um período de uma série mensal, trimestral ou anual tem um valor",
        ),
        "_per_year <= 12 AND value_count > 1",
        "warn",
    ),
    Rule(
        "final_order",
        "final",
        (
            "the lowest, mean and highest lag are in this order",
            "a menor, a média e a maior defasagem estão nesta ordem",
        ),
        f"greatest(rolling_min_6 - rolling_mean_6, rolling_mean_6 - rolling_max_6) > {TOLERANCE} * {_LARGEST_EXTREME}",
    ),
    Rule(
        "final_reconciled_days",
        "final",
        (
            "`value_count` is the number of raw values of the period",
            "`value_count` é o número de valores brutos do período",
        ),
        "value_count IS DISTINCT FROM _prices",
    ),
    Rule(
        "final_reconciled_mean",
        "final",
        (
            "`mean_value` is the mean of the raw values of the period",
            "`mean_value` é a média dos valores brutos do período",
        ),
        f"abs(mean_value - _price_sum / nullif(_prices, 0)) > {TOLERANCE} * _size_sum / nullif(_prices, 0)",
    ),
    Rule("series_present", "series", ("a code has final rows", "um código tem linhas finais"), "final_rows = 0"),
    Rule(
        "series_row_count",
        "series",
        (
            f"a code has at least {MIN_ROWS_OF_PREVIOUS:.0%} of the raw rows of the run before",
            f"um código tem ao menos {MIN_ROWS_OF_PREVIOUS:.0%} das linhas brutas da execução anterior",
        ),
        f"raw_rows < {MIN_ROWS_OF_PREVIOUS} * previous_rows",
    ),
    Rule(
        "series_neighbours",
        "series",
        (
            "the previous values and the newest one add up to the values",
            "os valores anteriores e o mais recente somam os valores",
        ),
        f"abs(previous_sum + newest_value - price_sum) > {TOLERANCE} * size_sum",
    ),
    Rule(
        "series_completeness",
        "series",
        (
            f"at most {MAX_MISSING_SHARE:.0%} of a code's dates have no price",
            f"no máximo {MAX_MISSING_SHARE:.0%} das datas de um código não têm preço",
        ),
        f"missing_rows > {MAX_MISSING_SHARE} * raw_rows",
        "warn",
    ),
    Rule(
        "series_rows",
        "series",
        (
            "every period with a value between a code's first and last final row has a final row",
            "todo período com valor entre a primeira e a última linha final de um código tem uma linha final",
        ),
        "lost_rows > 0",
    ),
    Rule(
        "series_origin",
        "series",
        (
            "the last final row is of the newest period with a value, or of the one before if that is not complete",
            "a última linha final é do período mais recente com valor, ou do anterior se esse não está completo",
        ),
        "rows_after > 1",
    ),
    Rule(
        "series_no_gap",
        "series",
        (
            "no period is missing between a code's first value and its newest date",
            "nenhum período falta entre o primeiro valor de um código e sua data mais recente",
        ),
        "missing_periods > 0",
        "warn",
    ),
    Rule(
        FRESH_RULE,
        "series",
        _fresh_in_words(),
        f"CASE WHEN per_year > 52 THEN age_trading_days > {MAX_AGE_TRADING_DAYS} "
        f"WHEN per_year > 12 THEN age_trading_days > {MAX_AGE_WEEKLY} ELSE {_too_many_periods()} END",
        "warn",
    ),
)
