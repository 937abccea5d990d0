"""Tables and rules as a page of Markdown: ``python -m oleoduto_jobs.etl.document > docs/tables.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.schema import TABLES, Column, Table

HEAD = """\
# Tables and rules

Written by `PYTHONPATH=jobs/src .venv/bin/python -m oleoduto_jobs.etl.document > docs/tables.md` from
[schema.py](../jobs/src/oleoduto_jobs/schema.py) and [rules.py](../jobs/src/oleoduto_jobs/etl/quality/rules.py);
a test compares the two. Every table is a folder of the data bucket with a partition `dataproc=YYYYMMDD` per run date.

A rule of severity `fail` stops the pipeline if a row of the main series breaks it, or a row without a code. The same rule warns
for every other series.
"""


def page() -> str:
    """The whole page: columns of every table with type, unit, nullability and limits, then the rules."""
    rules = ([f"`{r.name}`", r.dataset, r.severity, r.description] for r in RULES)
    parts = [HEAD, *(_section(table) for table in TABLES)]
    parts.append("## Rules\n\n" + _grid(("rule", "dataset", "severity", "what holds for every row"), rules))
    return "\n".join(parts)


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    words = f"Key: {key}.\n\n" if key else ""
    return f"## {table.name}\n\n{words}" + _grid(
        ("column", "type", "unit", "null", "limits", "what"), map(_cells, table.columns)
    )


def _cells(column: Column) -> list[str]:
    nullable, limits = "may be" if column.nullable else "never", ", ".join(column.limits) or "-"
    return [f"`{column.name}`", column.type, column.unit or "-", nullable, limits, column.description]


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    print(page(), end="")
