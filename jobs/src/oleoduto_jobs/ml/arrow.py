"""The tables of the schema as Arrow's types, for files without Spark."""

from __future__ import annotations

import pyarrow as pa

from oleoduto_jobs.schema import Table

_TYPES = {"string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "double": pa.float64(), "date": pa.date32()}


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of ``table`` inside its files."""
    return pa.schema([pa.field(c.name, _TYPES[c.type], nullable=c.nullable) for c in table.columns])
