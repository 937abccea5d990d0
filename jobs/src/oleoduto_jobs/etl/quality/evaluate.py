"""Count what breaks each rule, with one aggregate per dataset, and find the rows if a rule is broken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oleoduto_jobs.etl.quality.datasets import broken_rows
from oleoduto_jobs.etl.quality.rules import Dataset, Rule
from oleoduto_jobs.etl.quality.tables import Connection
from oleoduto_jobs.schema import Severity

SAMPLE_ROWS = 5
DATASETS: tuple[Dataset, ...] = ("raw", "months", "final", "series")


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


def evaluate(connection: Connection, rules: Sequence[Rule], main: str) -> list[Finding]:
    """The findings of all rules, in their order, over the datasets that ``datasets.make`` made; of the raw rows only those of
    broken rules are read again. ``main`` is the code that must fulfil the rules of severity ``fail``."""
    findings = {}
    for name in DATASETS:
        own = [rule for rule in rules if rule.dataset == name]
        found = _raw_counts(connection, own, main) if name == "raw" else _counts_of(connection, name, own, main)
        for rule in own:
            rows = found.failed[rule.name]
            sample = _sample(connection, rule, main) if rows else ()
            findings[rule.name] = Finding(rule, found.checked, rows, found.main[rule.name], sample)
    return [findings[rule.name] for rule in rules]


_OF_MAIN = "(code IS NULL OR code = $main)"


def _counts_of(connection: Connection, dataset: Dataset, rules: Sequence[Rule], main: str) -> _Counts:
    counts = [f"count(*) FILTER (WHERE {rule.bad})" for rule in rules]
    return _counts(connection, dataset, ["count(*)", *counts], rules, main)


def _raw_counts(connection: Connection, rules: Sequence[Rule], main: str) -> _Counts:
    counts = [f"sum({broken_rows(rule)})::BIGINT" for rule in rules]
    return _counts(connection, "months", ["sum(raw_rows)::BIGINT", *counts], rules, main)


def _counts(connection: Connection, table: str, counts: Sequence[str], rules: Sequence[Rule], main: str) -> _Counts:
    """What ``counts`` has: the rows, and for each rule those that break it."""
    query = f"SELECT {_OF_MAIN}, {', '.join(counts)} FROM {table} GROUP BY ALL"
    rows = connection.execute(query, {"main": main}).fetchall()
    failed = {rule.name: place for place, rule in enumerate(rules, 2)}
    return _Counts(
        sum(row[1] for row in rows),
        {name: sum(row[place] for row in rows) for name, place in failed.items()},
        {name: sum(row[place] for row in rows if row[0]) for name, place in failed.items()},
    )


def shown_columns(connection: Connection, table: str) -> dict[str, str]:
    """The columns of a table that readers see, and their types."""
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    return {row[0]: row[1] for row in described if not row[0].startswith("_")}


def _sample(connection: Connection, rule: Rule, main: str) -> tuple[Mapping[str, object], ...]:
    """The first bad row of each series, then the second ones and so on, in the order of the columns."""
    names = list(shown_columns(connection, rule.dataset))
    shown = ", ".join(names)
    query = f"""
        SELECT {shown} FROM (
            SELECT *, row_number() OVER (PARTITION BY code ORDER BY {shown}) AS _place FROM {rule.dataset} WHERE {rule.bad}
        ) ORDER BY _place, NOT {_OF_MAIN}, code LIMIT {SAMPLE_ROWS}
    """
    rows = connection.execute(query, {"main": main}).fetchall()
    return tuple(dict(zip(names, row, strict=True)) for row in rows)


def quarantined(connection: Connection, findings: Sequence[Finding]) -> str | None:
    """The query of every row that breaks a rule: code, dataset, rules (comma-separated names), row (JSON); None where none
    does."""
    broken: dict[Dataset, list[Rule]] = {}
    for finding in findings:
        if not finding.passed:
            broken.setdefault(finding.rule.dataset, []).append(finding.rule)
    return " UNION ALL ".join(_broken(connection, name, rules) for name, rules in broken.items()) or None


def _broken(connection: Connection, dataset: Dataset, rules: Sequence[Rule]) -> str:
    names = ", ".join(f"CASE WHEN {rule.bad} THEN '{rule.name}' END" for rule in rules)
    row = ", ".join(f"'{name}', {_as_json(name, kind)}" for name, kind in shown_columns(connection, dataset).items())
    return (
        f"SELECT coalesce(code, '') AS code, '{dataset}' AS dataset, concat_ws(',', {names}) AS rules, "
        f"json_object({row}) AS row FROM {dataset} WHERE rules <> ''"
    )


def _as_json(name: str, kind: str) -> str:
    """A column as JSON, which has no word for infinity."""
    return name if kind != "DOUBLE" else f"CASE WHEN isfinite({name}) THEN to_json({name}) ELSE to_json({name}::VARCHAR) END"
