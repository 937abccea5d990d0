"""One query, in a process of its own: `python -I query_program.py` reads a request and writes an answer, both JSON.

The process has nothing of the server: neither its keys nor its environment. It copies the tables into DuckDB's memory. DuckDB
may then open nothing any more, and only then does it see the query.
"""

import json
import resource
import sys
import threading
from typing import Any

import duckdb

# Hive's words for the types of a table without files.
TYPES = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
READING = ("StatementType.SELECT", "StatementType.EXPLAIN")
# JavaScript has no greater whole numbers.
GREATEST = 2**53


class QueryError(Exception):
    """Why a query has no answer; `problem` is a word that the page translates."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def copy(connection: duckdb.DuckDBPyConnection, table: dict[str, Any]) -> None:
    """A table from copies of its files, or empty as the catalog declares it."""
    selects = []
    for part in table["parts"]:
        paths = ", ".join(text(path) for path in part["paths"])
        keys = "".join(f", {text(value)} AS {quoted(name)}" for name, value in part["partition"].items())
        selects.append(f"SELECT *{keys} FROM read_parquet([{paths}], union_by_name = true, hive_partitioning = false)")
    if selects:
        connection.execute(f"CREATE TABLE {quoted(table['name'])} AS {' UNION ALL BY NAME '.join(selects)}")
        return
    columns = ", ".join(f"{quoted(name)} {TYPES.get(kind, 'VARCHAR')}" for name, kind in table["columns"])
    connection.execute(f"CREATE TABLE {quoted(table['name'])} ({columns})")


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Take from DuckDB the file system, the network and its own settings."""
    for setting in (
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "temp_directory = ''",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    # Whatever DuckDB has overlooked: no file of this process may have a byte.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def check(sql: str) -> None:
    """Refuse anything but one statement that reads."""
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError("statements", f"one statement is expected, these are {len(statements)}")
    if str(statements[0].type) not in READING:
        raise QueryError("reads-only", f"only SELECT is allowed, this is {str(statements[0].type).rpartition('.')[2]}")


def shown(value: Any, longest: int) -> Any:
    """A value as the page shows it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < GREATEST:
        return value
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return value
    said = value.hex() if isinstance(value, bytes) else str(value)
    return said if len(said) <= longest else said[:longest] + "…"


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The first rows of a query over tables."""
    limits = request["limits"]
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{int(limits['megabytes'])}MB'; SET threads = 1; SET temp_directory = ''")
    for table in request["tables"]:
        copy(connection, table)
    lock(connection)
    check(request["sql"])
    timer = threading.Timer(limits["seconds"], connection.interrupt)
    timer.start()
    try:
        result = connection.execute(request["sql"])
        rows = result.fetchmany(limits["rows"] + 1)
    except duckdb.InterruptException as error:
        raise QueryError("slow", f"the query took longer than {limits['seconds']} s") from error
    finally:
        timer.cancel()
    return {
        "columns": [[column[0], str(column[1])] for column in result.description or ()],
        "rows": [[shown(value, limits["characters"]) for value in row] for row in rows[: limits["rows"]]],
        "truncated": len(rows) > limits["rows"],
    }


def main() -> None:
    """Answer the request on standard input; what a user can mend is part of the answer."""
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (request["limits"]["cpu_seconds"],) * 2)
    try:
        said = answer(request)
    except QueryError as error:
        said = {"problem": error.problem, "message": str(error)}
    except duckdb.Error as error:
        said = {"problem": "sql", "message": str(error)}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
