"""The query box: tables of the catalog over files of the bucket, and nothing else."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from local_support import BUCKET, Aws, Server
from test_ui_guard import send, session

from oleoduto_local.ui.query import LIMITS, named, run
from oleoduto_local.ui.tables import Table, files

FRAME = pd.DataFrame(
    {"code": ["A", "B"], "value": [1.5, None], "series_id": [2**60, 1], "day": pd.to_datetime(["2024-01-15", None])}
)


def ask(sql: str, *, seconds: float = 60, limits: dict[str, int] | None = None, tables: Any = ()) -> dict[str, Any]:
    return run({"sql": sql, "tables": list(tables), "limits": {**LIMITS, **(limits or {})}}, seconds)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A table of two files."""
    path = tmp_path_factory.mktemp("prices") / "x.parquet"
    FRAME.to_parquet(path)
    parts = [{"partition": {"dataproc": date}, "paths": [str(path)]} for date in ("20240115", "20240116")]
    return {"name": "prices", "columns": [], "parts": parts}


def test_rows_and_columns_of_a_table(prices: dict[str, Any]) -> None:
    found = ask("SELECT * FROM prices ORDER BY dataproc, code", tables=[prices])
    assert [name for name, _ in found["columns"]] == ["code", "value", "series_id", "day", "dataproc"]
    assert found["rows"][0] == ["A", 1.5, str(2**60), "2024-01-15 00:00:00", "20240115"], "JavaScript has no such number"
    assert found["rows"][3] == ["B", None, 1, None, "20240116"] and found["truncated"] is False
    assert ask("DESCRIBE prices", tables=[prices])["rows"][0][0] == "code"
    assert ask("FROM prices SELECT count(*)", tables=[prices])["rows"] == [[4]]


def test_a_table_without_files_is_empty() -> None:
    columns = [("code", "string"), ("value", "double"), ("n", "bigint"), ("other", "array<int>")]
    found = ask("SELECT * FROM raw", tables=[{"name": "raw", "columns": columns, "parts": []}])
    assert found["rows"] == [] and found["columns"] == [
        ["code", "VARCHAR"],
        ["value", "DOUBLE"],
        ["n", "BIGINT"],
        ["other", "VARCHAR"],
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO prices SELECT * FROM prices",
        "DELETE FROM prices",
        "DROP TABLE prices",
        "CREATE TABLE x AS SELECT 1",
        "COPY prices TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out.csv'",
        "ATTACH '{folder}/out.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "RESET lock_configuration",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE COPY prices TO '{folder}/out.csv'",
        "WITH x AS (SELECT 1) INSERT INTO prices SELECT * FROM prices",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY prices TO '{folder}/out.csv'",
        "SELECT * FROM read_text('{folder}/secret.txt')",
        "SELECT * FROM read_csv('{folder}/secret.txt')",
        "SELECT * FROM '{folder}/secret.txt'",
        "SELECT * FROM read_blob('{copy}')",
        "SELECT * FROM read_parquet('{copy}')",
        "SELECT * FROM sniff_csv('{folder}/secret.txt')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_text('https://example.com/')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
        "not SQL",
        "",
    ],
)
def test_only_tables_are_read(prices: dict[str, Any], tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    copy = prices["parts"][0]["paths"][0]
    before = Path(copy).read_bytes()
    found = ask(sql.format(folder=tmp_path, copy=copy), tables=[prices])
    assert found.get("problem") in ("sql", "reads-only", "statements"), found
    assert found["message"] and "the secret" not in json.dumps(found)
    assert os.listdir(tmp_path) == ["secret.txt"] and Path(copy).read_bytes() == before


def test_limits_of_rows_characters_time_and_memory() -> None:
    found = ask("SELECT range FROM range(1000000)")
    assert len(found["rows"]) == LIMITS["rows"] and found["truncated"] is True
    (cell,) = ask("SELECT repeat('x', 100000)")["rows"][0]
    assert len(cell) == LIMITS["characters"] + 1
    endless = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x"
    found = ask(endless, limits={"seconds": 1})
    assert (found["problem"], found["message"]) == ("slow", "the query took longer than 1 s")
    found = ask(endless, limits={"seconds": 30}, seconds=2)
    assert (found["problem"], found["message"]) == ("slow", "the query took longer than 2 s")
    found = ask("SELECT list(range) FROM range(100000000)", limits={"megabytes": 64})
    assert found["problem"] == "sql" and "Out of Memory" in found["message"]
    # The process may use no more of a processor, whatever DuckDB does.
    found = ask(endless, limits={"cpu_seconds": 1})
    assert found["problem"] == "ended" and "ended with -" in found["message"]


def test_values_that_json_has_not() -> None:
    values = "SELECT 'NaN'::DOUBLE, 'inf'::DOUBLE, true, 1.10::DECIMAL(5, 2), '\\x01'::BLOB, DATE '2024-01-15', [1, 2], NULL"
    assert ask(values)["rows"] == [["nan", "inf", True, "1.10", "01", "2024-01-15", "[1, 2]", None]]


def test_the_tables_that_a_query_needs() -> None:
    made = [Table(name, (), (), ()) for name in ("raw", "final", "final_2")]
    assert [table.name for table in named(made, 'SELECT * FROM "RAW" JOIN final_2 USING (code)')] == ["raw", "final_2"]


def test_the_files_that_athena_would_read() -> None:
    keys = ["raw/dataproc=20240115/a.parquet", "raw/dataproc=20240115/_hidden.parquet", "raw/dataproc=20240115/a.csv"]
    keys += [
        "raw/_staging/dataproc=20240115/b.parquet",
        "raw/c.parquet",
        "raw/other=1/d.parquet",
        "raw/dataproc=1/x=2/e.parquet",
    ]
    listed = [{"Key": key, "ETag": '"e"', "Size": 3} for key in keys]
    (found,) = files("b", "raw/", ("dataproc",), listed)
    assert (found.key, found.partition, found.size, found.etag) == (keys[0], {"dataproc": "20240115"}, 3, "e")


def test_the_catalog_and_the_bucket_together(server: Server, aws: Aws) -> None:
    file = io.BytesIO()
    FRAME.to_parquet(file)
    aws.put("prices/dataproc=20240115/part-0.parquet", file.getvalue())
    aws.put("prices/_staging/dataproc=20240116/part-0.parquet", b"not yet")
    aws.glue.create_database(DatabaseInput={"Name": "toy"})
    columns = [{"Name": "code", "Type": "string", "Comment": "a code"}, {"Name": "value", "Type": "double"}]
    described = {"Columns": columns, "Location": f"s3://{BUCKET}/prices/"}
    keys = [{"Name": "dataproc", "Type": "string"}]
    aws.glue.create_table(
        DatabaseName="toy", TableInput={"Name": "prices", "StorageDescriptor": described, "PartitionKeys": keys}
    )
    given = session(server)
    (listed,) = json.loads(send(server, "GET", "tables", X_Oleoduto_Session=given)[2])
    assert (listed["name"], listed["files"], listed["partitions"]) == ("prices", 1, ["20240115"])
    assert listed["columns"] == [["code", "string", "a code"], ["value", "double", ""], ["dataproc", "string", ""]]

    def query(sql: str) -> dict[str, Any]:
        status, _, text = send(server, "POST", "query", {"sql": sql}, X_Oleoduto_Session=given)
        assert status == 200, text
        found: dict[str, Any] = json.loads(text)
        return found

    assert query("SELECT code, dataproc FROM prices ORDER BY code")["rows"] == [["A", "20240115"], ["B", "20240115"]]
    # What a job writes anew is seen.
    FRAME.head(1).to_parquet(again := io.BytesIO())
    aws.put("prices/dataproc=20240115/part-0.parquet", again.getvalue())
    assert query("SELECT count(*) FROM prices")["rows"] == [[1]]
    endpoint = server.data / "endpoint.json"
    assert query(f"SELECT * FROM read_text('{endpoint}')")["problem"] == "sql"
    assert query("SELECT * FROM nothing")["problem"] == "sql"
    aws.glue.delete_table(DatabaseName="toy", Name="prices")
    aws.glue.delete_database(Name="toy")
