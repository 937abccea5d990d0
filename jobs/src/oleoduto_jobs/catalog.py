"""The tables in the words of the Glue catalog: ``python -m oleoduto_jobs.catalog > stacks/schema.json``."""

from __future__ import annotations

import json
from typing import Any

from oleoduto_jobs.dqdl import ruleset
from oleoduto_jobs.schema import TABLES, Column, Table


def catalog() -> dict[str, dict[str, Any]]:
    """``{table: {columns, partition_keys, ruleset}}``; a table without a key has no ruleset."""
    return {table.name: _entry(table) for table in TABLES}


def _entry(table: Table) -> dict[str, Any]:
    columns: dict[str, Any] = {"columns": _columns(table.columns), "partition_keys": _columns(table.partition_keys)}
    return {**columns, "ruleset": ruleset(table)} if table.key else columns


def _columns(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    return [{"name": c.name, "type": c.type, "comment": c.comment} for c in columns]


if __name__ == "__main__":
    print(json.dumps(catalog(), indent=2))
