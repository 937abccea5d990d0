"""The rules of the schema in DQDL, the language of Glue Data Quality.

The quality job checks the same rules and more. With the ruleset beside the table, Glue's console and its scheduled
evaluations know them too.
"""

from __future__ import annotations

from oleoduto_jobs.schema import Column, Table


def ruleset(table: Table) -> str:
    """``Rules = [...]``: a table is complete, unique by run date and key, and within its limits."""
    key = [*(column.name for column in table.partition_keys), *table.key]
    rules = ["RowCount > 0", f"IsPrimaryKey {' '.join(_quoted(name) for name in key)}"]
    for column in table.columns:
        if not column.nullable:
            rules.append(f"IsComplete {_quoted(column.name)}")
        # A null matches no range; `IsComplete` says whether it is allowed.
        rules += [f"ColumnValues {_quoted(column.name)} {limit}{_where(column)}" for limit in column.limits]
    return "Rules = [\n" + ",\n".join(f"    {rule}" for rule in rules) + "\n]"


def _where(column: Column) -> str:
    return f' where "{column.name} is not null"' if column.nullable else ""


def _quoted(name: str) -> str:
    return f'"{name}"'
