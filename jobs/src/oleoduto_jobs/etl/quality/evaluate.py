"""Count what breaks each rule, with one aggregate per dataset, and find the rows if a rule is broken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from oleoduto_jobs.etl.quality.datasets import broken_rows
from oleoduto_jobs.etl.quality.rules import Dataset, Rule
from oleoduto_jobs.schema import Severity

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Finding:
    """What a rule found: rows checked and failed, those of the main series (or without a code) among the failed, and the
    first failed rows of each series as dictionaries, those of the main series first."""

    rule: Rule
    checked_rows: int
    failed_rows: int
    main_rows: int
    sample: tuple[Mapping[str, object], ...]

    @property
    def severity(self) -> Severity:
        """What the bad rows do: those of other series only warn."""
        return self.rule.severity if self.main_rows else "warn"

    @property
    def passed(self) -> bool:
        """Whether every row fulfils the rule."""
        return self.failed_rows == 0

    def describe(self) -> str:
        """One sentence: series, rule, count and the first row."""
        codes = dict.fromkeys(str(row.get("code") or "no code") for row in self.sample)
        named = ", ".join(codes) + (" and perhaps others" if len(codes) == SAMPLE_ROWS else "")
        first = f", first {json.dumps(self.sample[0], default=str)}" if self.sample else ""
        count = f"{self.failed_rows} of {self.checked_rows} rows"
        return f"{self.rule.name}: {count}, of {named} ({self.rule.description}){first}"


@dataclass(frozen=True)
class _Counts:
    """Rows of a dataset, and by rule those that break it: all, and those of the main series or without a code."""

    checked: int
    failed: Mapping[str, int]
    main: Mapping[str, int]


def evaluate(datasets: Mapping[Dataset, DataFrame], rules: Sequence[Rule], main: str) -> list[Finding]:
    """The findings of all rules, in their order. ``datasets`` has raw, months, final and series; of the raw rows
    only those of broken rules are read again. ``main`` is the code that must fulfil the rules of severity ``fail``."""
    findings = {}
    for name, frame in datasets.items():
        own = [rule for rule in rules if rule.dataset == name]
        found = _raw_counts(datasets["months"], own, main) if name == "raw" else _frame_counts(frame, own, main)
        for rule in own:
            rows = found.failed[rule.name]
            sample = _sample(frame, rule, main) if rows else ()
            findings[rule.name] = Finding(rule, found.checked, rows, found.main[rule.name], sample)
    return [findings[rule.name] for rule in rules]


def _of_main(main: str) -> Column:
    return F.col("code").isNull() | (F.col("code") == main)


def _frame_counts(frame: DataFrame, rules: Sequence[Rule], main: str) -> _Counts:
    counts = [F.count_if(F.expr(rule.bad)).alias(rule.name) for rule in rules]
    return _counts(frame, [F.count(F.lit(1)).alias("_rows"), *counts], rules, main)


def _raw_counts(by_month: DataFrame, rules: Sequence[Rule], main: str) -> _Counts:
    counts = [F.sum(broken_rows(rule)).alias(rule.name) for rule in rules]
    return _counts(by_month, [F.sum("raw_rows").alias("_rows"), *counts], rules, main)


def _counts(frame: DataFrame, aggregates: Sequence[Column], rules: Sequence[Rule], main: str) -> _Counts:
    rows = frame.groupBy(_of_main(main).alias("_main")).agg(*aggregates).collect()
    return _Counts(
        sum(row["_rows"] for row in rows),
        {rule.name: sum(row[rule.name] for row in rows) for rule in rules},
        {rule.name: sum(row[rule.name] for row in rows if row["_main"]) for rule in rules},
    )


def _shown(frame: DataFrame) -> list[str]:
    return [column for column in frame.columns if not column.startswith("_")]


def _sample(frame: DataFrame, rule: Rule, main: str) -> tuple[Mapping[str, object], ...]:
    """The first bad row of each series, then the second ones and so on, in the order of the columns."""
    shown = _shown(frame)
    place = F.row_number().over(Window.partitionBy("code").orderBy(*shown))
    ordered = frame.where(rule.bad).withColumn("_place", place).orderBy("_place", ~_of_main(main), "code")
    return tuple(row.asDict() for row in ordered.select(*shown).limit(SAMPLE_ROWS).collect())


def quarantined(datasets: Mapping[Dataset, DataFrame], findings: Sequence[Finding]) -> DataFrame | None:
    """Every row that breaks a rule: code, dataset, rules (comma-separated names), row (JSON); None where none does."""
    broken: dict[Dataset, list[Rule]] = {}
    for finding in findings:
        if not finding.passed:
            broken.setdefault(finding.rule.dataset, []).append(finding.rule)
    parts = [_broken(name, datasets[name], rules) for name, rules in broken.items()]
    return reduce(DataFrame.union, parts) if parts else None


def _broken(name: str, frame: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    names = F.concat_ws(",", *(F.when(F.expr(rule.bad), F.lit(rule.name)) for rule in rules))
    return (
        frame.withColumn("_rules", names)
        .where(F.col("_rules") != "")
        .select(
            F.coalesce("code", F.lit("")).alias("code"),
            F.lit(name).alias("dataset"),
            F.col("_rules").alias("rules"),
            F.to_json(F.struct(*_shown(frame)), {"ignoreNullFields": "false"}).alias("row"),
        )
    )
