"""Queries over the tables: copies of the files that a query needs, and the process that answers it."""

import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oleoduto_local.s3files import download_object
from oleoduto_local.ui.tables import File, Table

PROGRAM = Path(__file__).with_name("query_program.py")
LIMITS = {"rows": 500, "characters": 500, "seconds": 10, "cpu_seconds": 40, "megabytes": 1024}
# The copies of the tables of one query, in bytes.
LARGEST = 512 * 1024**2
# Reading the tables comes to the seconds of the query.
WHOLE_SECONDS = 60

Answer = dict[str, Any]


class Queries:
    """One query at a time, over copies in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def answer(self, s3: Any, tables: Sequence[Table], sql: str) -> Answer:
        """Columns and first rows, or a problem and its message."""
        used = named(tables, sql)
        size = sum(table.size for table in used)
        if size > LARGEST:
            names = ", ".join(table.name for table in used)
            return {"problem": "large", "message": f"the files of {names} have {size} bytes, more than {LARGEST}"}
        with self._lock:
            request = {"sql": sql, "tables": [self._copied(s3, table) for table in used], "limits": LIMITS}
            return run(request)

    def _copied(self, s3: Any, table: Table) -> dict[str, Any]:
        parts: dict[tuple[str, ...], dict[str, Any]] = {}
        for file in table.files:
            part = parts.setdefault(tuple(file.partition.values()), {"partition": dict(file.partition), "paths": []})
            part["paths"].append(str(self._copy(s3, file)))
        columns = [(column.name, column.type) for column in table.columns]
        return {"name": table.name, "columns": columns, "parts": list(parts.values())}

    def _copy(self, s3: Any, file: File) -> Path:
        """The copy of an object, by its content: another one has another name."""
        name = hashlib.sha256(f"{file.bucket}\n{file.key}\n{file.etag}".encode()).hexdigest()
        path = self._folder / f"{name}.parquet"
        if not path.exists():
            part = download_object(s3, f"s3://{file.bucket}/{file.key}", path.with_suffix(".part"), "the file of a table")
            part.replace(path)
        return path


def named(tables: Sequence[Table], sql: str) -> list[Table]:
    """The tables whose names a query contains; a name in a text or a comment is one table too many, which does no harm."""
    words = {word.lower() for word in re.findall(r"\w+", sql)}
    return [table for table in tables if table.name.lower() in words]


def run(request: dict[str, Any], seconds: float = WHOLE_SECONDS) -> Answer:
    """The answer of the process, however it ends."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            env={},
            cwd="/",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"problem": "slow", "message": f"the query took longer than {seconds} s"}
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        return {"problem": "ended", "message": f"the process of the query ended with {done.returncode}: {last}".rstrip(": ")}
    answer: Answer = json.loads(done.stdout)
    return answer
