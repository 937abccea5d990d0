"""Runs the rules with Great Expectations on Spark, and collects the rows that break them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.quality.rules import Rule

SAMPLE_ROWS = 5

GX_SEVERITY = {"fail": "critical", "warn": "warning"}


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


def evaluate(datasets: Mapping[str, DataFrame], rules: Sequence[Rule]) -> list[Finding]:
    """The findings of all rules, in their order; ``datasets`` are cached by the caller, each is read several times."""
    findings: dict[str, Finding] = {}
    context = _context()
    for name, frame in datasets.items():
        own = [rule for rule in rules if rule.dataset == name]
        rows = frame.count()
        for rule, failed in zip(own, _counts(context, name, frame, own), strict=True):
            findings[rule.name] = Finding(rule, rows, failed, _sample(frame, rule) if failed else ())
    return [findings[rule.name] for rule in rules]


def quarantined(datasets: Mapping[str, DataFrame], rules: Sequence[Rule]) -> DataFrame:
    """Every row that breaks a rule: code, dataset, rules (comma-separated names), row (JSON without helper columns)."""
    parts = [_broken(name, frame, [rule for rule in rules if rule.dataset == name]) for name, frame in datasets.items()]
    return reduce(DataFrame.union, parts)


def _broken(name: str, frame: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    broken = F.concat_ws(",", *(F.when(F.expr(rule.bad), F.lit(rule.name)) for rule in rules))
    own = [column for column in frame.columns if not column.startswith("_")]
    return (
        frame.withColumn("_rules", broken)
        .where(F.col("_rules") != "")
        .select(
            F.coalesce("code", F.lit("")).alias("code"),
            F.lit(name).alias("dataset"),
            F.col("_rules").alias("rules"),
            F.to_json(F.struct(*own), {"ignoreNullFields": "false"}).alias("row"),
        )
    )


def _sample(frame: DataFrame, rule: Rule) -> tuple[Mapping[str, object], ...]:
    own = [column for column in frame.columns if not column.startswith("_")]
    return tuple(row.asDict() for row in frame.where(rule.bad).select(*own).limit(SAMPLE_ROWS).collect())


def _context() -> Any:
    # Before the import: Great Expectations would report its use to its makers.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _counts(context: Any, name: str, frame: DataFrame, rules: Sequence[Rule]) -> list[int]:
    """How many rows break each rule."""
    import great_expectations as gx
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
    from great_expectations.expectations.metadata_types import FailureSeverity

    source = context.data_sources.add_or_update_spark(name)
    batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("run")
    suite = gx.ExpectationSuite(
        name,
        expectations=[
            UnexpectedRowsExpectation(
                unexpected_rows_query=f"SELECT 1 FROM {{batch}} WHERE {rule.bad}",
                description=rule.description,
                severity=FailureSeverity(GX_SEVERITY[rule.severity]),
                meta={"rule": rule.name},
            )
            for rule in rules
        ],
    )
    definition = gx.ValidationDefinition(name=name, data=batch, suite=context.suites.add_or_update(suite))
    result = context.validation_definitions.add_or_update(definition).run(batch_parameters={"dataframe": frame})
    found: dict[str, int] = {}
    for outcome in result.results:
        rule = outcome.expectation_config.meta["rule"]
        count = outcome.result.get("observed_value")
        if not isinstance(count, int):
            raise JobError(f"the rule {rule} of {name} could not be checked: {json.dumps(outcome.exception_info, default=str)}")
        found[rule] = count
    return [found[rule.name] for rule in rules]
