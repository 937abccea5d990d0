"""Count what breaks each rule, with one aggregate per dataset, and find the rows if a rule is broken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.etl.quality.datasets import broken_rows
from oleoduto_jobs.etl.quality.rules import Dataset, Rule

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Finding:
    """What a rule found: rows checked and failed, and some of the failed ones as dictionaries."""

    rule: Rule
    checked_rows: int
    failed_rows: int
    sample: tuple[Mapping[str, object], ...]

    @property
    def passed(self) -> bool:
        """Whether every row fulfils the rule."""
        return self.failed_rows == 0

    def describe(self) -> str:
        """One line: rule, count and sample."""
        shown = f", such as {json.dumps(self.sample[:2], default=str)}" if self.sample else ""
        return f"{self.rule.name}: {self.failed_rows} of {self.checked_rows} rows ({self.rule.description}){shown}"


def evaluate(datasets: Mapping[Dataset, DataFrame], rules: Sequence[Rule]) -> list[Finding]:
    """The findings of all rules, in their order. ``datasets`` has raw, months, final and series; of the raw rows
    only those of broken rules are read again."""
    findings = {}
    for name, frame in datasets.items():
        own = [rule for rule in rules if rule.dataset == name]
        checked, failed = _raw_counts(datasets["months"], own) if name == "raw" else _counts(frame, own)
        for rule in own:
            rows = failed[rule.name]
            findings[rule.name] = Finding(rule, checked, rows, _sample(frame, rule) if rows else ())
    return [findings[rule.name] for rule in rules]


def _counts(frame: DataFrame, rules: Sequence[Rule]) -> tuple[int, dict[str, int]]:
    counts = [F.count_if(F.expr(rule.bad)).alias(rule.name) for rule in rules]
    [row] = frame.agg(F.count(F.lit(1)).alias("_rows"), *counts).collect()
    return row["_rows"], {rule.name: row[rule.name] for rule in rules}


def _raw_counts(by_month: DataFrame, rules: Sequence[Rule]) -> tuple[int, dict[str, int]]:
    counts = [F.coalesce(F.sum(broken_rows(rule)), F.lit(0)).alias(rule.name) for rule in rules]
    [row] = by_month.agg(F.coalesce(F.sum("raw_rows"), F.lit(0)).alias("_rows"), *counts).collect()
    return row["_rows"], {rule.name: row[rule.name] for rule in rules}


def _shown(frame: DataFrame) -> list[str]:
    return [column for column in frame.columns if not column.startswith("_")]


def _sample(frame: DataFrame, rule: Rule) -> tuple[Mapping[str, object], ...]:
    return tuple(row.asDict() for row in frame.where(rule.bad).select(*_shown(frame)).limit(SAMPLE_ROWS).collect())


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
