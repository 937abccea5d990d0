"""The tables of a run in DuckDB: partitions are copied to this machine and looked at in one process.

Spark plans and compiles each of a few wide queries for seconds, DuckDB for milliseconds; the rows of a hundred thousand series
are few enough for one machine, which reads them in a stream and keeps what it groups in a file (`bench/quality.py`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import SUFFIX, finish, partition_path, replacing
from oleoduto_jobs.etl.storage import check_columns, no_data
from oleoduto_jobs.schema import Table

MEMORY = "4GB"
"""At most; more is kept in files. The machine has a Spark besides."""

_TYPES = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE", "date": "DATE"}
"""Types of DuckDB by the schema's words."""

Connection = duckdb.DuckDBPyConnection


def connect(folder: Path) -> Connection:
    """A database in a folder of its own. Without a value comes first, as in Spark; nothing is loaded from elsewhere."""
    return duckdb.connect(
        str(folder / "quality.duckdb"),
        config={
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spilled"),
            "preserve_insertion_order": False,
            "default_null_order": "nulls_first",
            "autoinstall_known_extensions": False,
        },
    )


def ddl(table: Table) -> str:
    """The columns of a table for ``CREATE TABLE``."""
    return ", ".join(f'"{column.name}" {_TYPES[column.type]}' for column in table.columns)


class Tables:
    """Reads partitions into a database, and writes partitions from it."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._files, self._folder = files, folder
        self.connection = connect(folder)

    def read(self, name: str, table: Table, uri: str, dataproc: str, written_by: str) -> None:
        """Make the view ``name`` of a partition; its columns and types must be the schema's."""
        path = partition_path(uri, dataproc)
        finish(self._files, uri, dataproc)
        parts = [part for part in self._files.names(path) if part.endswith(SUFFIX)]
        if not parts:
            raise no_data(table, path, "PATH_NOT_FOUND", written_by)
        folder = self._folder / name
        folder.mkdir()
        for part in parts:
            self._files.fetch(path + part, folder / part)
        listed = ", ".join(_quoted(str(folder / part)) for part in parts)
        try:
            self.connection.execute(
                f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{listed}], hive_partitioning = false)'
            )
        except duckdb.Error as error:
            raise no_data(table, path, str(error).splitlines()[0], written_by) from error
        check_columns(table, path, self._dtypes(name), written_by)

    def write(self, table: Table, uri: str, dataproc: str, query: str) -> str:
        """Replace a partition with the rows of a query as one file, and return its path (see ``publish``)."""
        file = self._folder / f"{table.name}{SUFFIX}"
        columns = ", ".join(f'CAST("{column.name}" AS {_TYPES[column.type]}) AS "{column.name}"' for column in table.columns)
        self.connection.execute(
            f"COPY (SELECT {columns} FROM ({query})) TO {_quoted(str(file))} (FORMAT parquet, COMPRESSION zstd)"
        )
        with replacing(self._files, uri, dataproc) as staging:
            # An earlier attempt may have left files.
            self._files.delete(staging)
            self._files.send(file, staging + file.name)
        return partition_path(uri, dataproc)

    def write_rows(self, table: Table, uri: str, dataproc: str, rows: Sequence[tuple[object, ...]]) -> str:
        """The same of rows with the table's columns."""
        self.connection.execute(f'CREATE TEMP TABLE "{table.name}" ({ddl(table)})')
        if rows:
            self.connection.executemany(f'INSERT INTO "{table.name}" VALUES ({", ".join("?" for _ in table.columns)})', rows)
        return self.write(table, uri, dataproc, f'SELECT * FROM "{table.name}"')

    def _dtypes(self, name: str) -> list[tuple[str, str]]:
        words = {kind: word for word, kind in _TYPES.items()}
        described = self.connection.execute(f'DESCRIBE "{name}"').fetchall()
        return [(str(row[0]), words.get(row[1], str(row[1]).lower())) for row in described]


@contextmanager
def tables(files: Files) -> Iterator[Tables]:
    """Tables in a folder that is gone afterwards. Raises ``JobError`` for what DuckDB cannot do, as on a full disk."""
    folder = Path(tempfile.mkdtemp(prefix="oleoduto-quality-"))
    try:
        made = Tables(files, folder)
        with made.connection:
            yield made
    except duckdb.Error as error:
        raise JobError(f"the tables cannot be checked: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
