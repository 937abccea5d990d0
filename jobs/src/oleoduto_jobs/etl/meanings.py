"""The comments of the columns in Portuguese, for the page of the local AWS, which finds the English ones in the catalog:
``python -m oleoduto_jobs.etl.meanings > local/src/oleoduto_local/ui/static/meanings.js``."""

from __future__ import annotations

import json
from dataclasses import replace

from oleoduto_jobs.etl.document_words import DESCRIPTIONS, UNITS
from oleoduto_jobs.schema import TABLES, Column

HEAD = """\
// The meanings of the columns in Brazilian Portuguese, by the comments of the catalog. Written by
// `PYTHONPATH=jobs/src .venv/bin/python -m oleoduto_jobs.etl.meanings`; a test compares them with the schema.
"""


def meanings() -> dict[str, str]:
    """The comment of every column of the catalog, and its translation."""
    return {column.comment: _translated(column) for table in TABLES for column in (*table.columns, *table.partition_keys)}


def script() -> str:
    """The translations as a module of JavaScript."""
    return f"{HEAD}export const MEANINGS = {json.dumps(meanings(), ensure_ascii=False, indent=2)};\n"


def _translated(column: Column) -> str:
    return replace(column, description=DESCRIPTIONS[column.description], unit=UNITS[column.unit]).comment


if __name__ == "__main__":
    print(script(), end="")
