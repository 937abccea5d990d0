"""The Glue jobs `etl` and `quality` on the real prices: what they leave, what readers ask, and how they stop."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl import steps
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.publish import partition_path
from oleoduto_jobs.etl.quality import job as quality
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.etl.storage import read_partition, write_partition
from oleoduto_jobs.schema import FINAL, FORECASTS, PREDICTIONS, TABLES, VERDICTS

CODE = "EIA366_PBRENT366"
DATE = "20240102"
DOCS = Path(__file__).parents[2] / "docs" / "etl.md"
FOLDERS = ("raw", "responses", "extract-report", "revisions", "interim", "final", "quality", "quarantine", "reports")


class Run:
    """One run date of both jobs over a folder."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.folder = folder
        self.source = source

    def uri(self, table: str) -> str:
        return f"file://{self.folder}/{table.replace('-', '_')}/"

    def argv(self, *more: str) -> list[str]:
        places = [word for name in FOLDERS for word in (f"--{name}-uri", self.uri(name))]
        return ["x.py", "--dataproc", DATE, "--series", CODE, "--source", f"file:{self.source}", *places, *more]

    def call(self, job: Callable[[], None], *more: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", self.argv(*more))
            job()

    def failure(self, job: Callable[[], None], *more: str) -> str:
        with pytest.raises(SystemExit) as caught:
            self.call(job, *more)
        return str(caught.value.code)

    def report(self) -> list[dict[str, object]]:
        text = (self.folder / "reports" / f"dataproc={DATE}" / "etl.json").read_text()
        found: list[dict[str, object]] = json.loads(text)["steps"]
        return found

    def database(self) -> duckdb.DuckDBPyConnection:
        """The tables as Athena sees them: columns of the files and the partition."""
        connection = duckdb.connect()
        for table in TABLES:
            files = f"{self.folder}/{table.name}/dataproc=*/*.parquet"
            if table not in (PREDICTIONS, VERDICTS, FORECASTS):  # These are the image's.
                read = f"read_parquet('{files}', hive_partitioning = true, hive_types = {{'dataproc': VARCHAR}})"
                connection.execute(f'CREATE VIEW "{table.name}" AS SELECT * FROM {read}')
        return connection


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, brent_file: Path, spark: SparkSession) -> Run:
    assert spark
    found = Run(tmp_path_factory.mktemp("etl"), brent_file)
    found.call(steps.main)
    found.call(quality.main)
    return found


def test_one_job_does_all_steps_and_tells_of_each(run: Run) -> None:
    assert [(step["name"], step["error"]) for step in run.report()] == [("extract", ""), ("transform", ""), ("load", "")]
    assert all(isinstance(step["seconds"], float) and step["seconds"] > 0 for step in run.report())


def test_every_rule_was_checked_and_only_known_days_are_remarkable(run: Run) -> None:
    found = run.database().execute("SELECT * FROM quality").df().set_index("rule")
    assert set(found.index) == {rule.name for rule in RULES}
    broken = found[found["failed_rows"] > 0]
    # The Gulf war, April 2020 three times, and nothing that stops the pipeline.
    assert broken["failed_rows"].to_dict() == {"raw_jump": 4}
    assert set(broken["severity"]) == {"warn"}
    assert {row["date"] for row in json.loads(broken["sample"].iloc[0])} >= {"1991-01-17", "2020-04-21"}
    assert (found["checked_rows"] > 0).all()


def test_rows_that_break_a_rule_are_in_quarantine(run: Run) -> None:
    rows = run.database().execute("SELECT * FROM quarantine").df()
    assert set(rows["rules"]) == {"raw_jump"}
    assert sorted(json.loads(row)["date"] for row in rows["row"])[0] == "1991-01-17"


def test_the_report_is_a_page_of_its_own(run: Run) -> None:
    page = (run.folder / "reports" / f"dataproc={DATE}" / "quality.html").read_text()
    assert CODE in page and "Source: a CSV file." in page and 'href="report.html"' in page
    assert "raw_jump" in page
    assert "2023-12-29" in page


def queries() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", DOCS.read_text(), re.S)


def test_the_queries_of_the_document_run(run: Run, spark: SparkSession) -> None:
    """By DuckDB and by Spark SQL: what both understand, Athena does."""
    with run.database() as database:
        for table in TABLES:
            if table not in (PREDICTIONS, VERDICTS, FORECASTS):  # These are the image's.
                spark.read.option("basePath", run.uri(table.name)).parquet(run.uri(table.name)).withColumnRenamed(
                    "dataproc", "_number"
                ).selectExpr("*", "string(_number) AS dataproc").createOrReplaceTempView(table.name)
        found = queries()
        assert len(found) >= 4
        for query in found:
            ours = database.execute(query).df()
            theirs = spark.sql(query.strip().rstrip(";")).toPandas()
            assert list(ours.columns) == list(theirs.columns)
            assert len(ours) == len(theirs)
            if "revisions" not in query and "severity = 'fail'" not in query:
                assert len(ours) > 0, query


def test_a_single_step_can_be_run_again(run: Run) -> None:
    before = pd.read_parquet(run.folder / "final" / f"dataproc={DATE}", partitioning=None)
    run.call(steps.main, "--steps", "load")
    assert [step["name"] for step in run.report()] == ["load"]
    pd.testing.assert_frame_equal(pd.read_parquet(run.folder / "final" / f"dataproc={DATE}", partitioning=None), before)


@pytest.mark.parametrize("text", ["load,extract", "extract,extract", "train", ""])
def test_steps_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(JobError, match="in this order, each once"):
        steps.chosen(text)


def test_a_failed_step_is_named_and_ends_the_job(tmp_path: Path, brent_file: Path, spark: SparkSession) -> None:
    assert spark
    short = tmp_path / "short.csv"
    short.write_text("".join(brent_file.read_text().splitlines(keepends=True)[:40]))
    run = Run(tmp_path, short)
    message = run.failure(steps.main)
    assert message.startswith("error: transform: nothing remains of series")
    assert [step["name"] for step in run.report()] == ["extract", "transform"]
    assert "nothing remains" in str(run.report()[1]["error"])


def test_a_broken_rule_stops_the_pipeline_after_everything_is_written(run: Run, tmp_path: Path, spark: SparkSession) -> None:
    # The tables of the run that all tests read, in a folder of their own.
    shutil.copytree(run.folder, tmp_path, dirs_exist_ok=True)
    broken = Run(tmp_path, run.source)
    final = read_partition(spark, FINAL, broken.uri("final"), DATE, "load").localCheckpoint()
    write_partition(Files(spark), final.union(final.limit(1)).coalesce(1), FINAL, broken.uri("final"), DATE)
    message = broken.failure(quality.main)
    assert message.startswith("error: 1 data-quality rule(s) failed, training would not be sound: final_unique: 2 of 435 rows")
    assert '"period_start": "1987-11-01"' in message
    with broken.database() as database:
        assert database.execute("SELECT failed_rows FROM quality WHERE rule = 'final_unique'").fetchall() == [(2,)]
        assert database.execute("SELECT count(*) FROM quarantine WHERE rules = 'final_unique'").fetchall() == [(2,)]
    page = (tmp_path / "reports" / f"dataproc={DATE}" / "quality.html").read_text()
    assert '<tr class="strong"><th scope="row">final_unique</th><td class="words">fails</td>' in page
    assert 'class="failing"' in page
    assert partition_path(broken.uri("reports"), DATE) in f"file://{tmp_path}/reports/dataproc={DATE}/quality.html"


def test_fewer_rows_than_the_run_before_stop_the_pipeline(run: Run, tmp_path: Path) -> None:
    half = tmp_path / "half.csv"
    lines = run.source.read_text().splitlines(keepends=True)
    half.write_text("".join(lines[: len(lines) // 2]))
    later = Run(tmp_path, half)
    first = Run(tmp_path, run.source)
    first.call(steps.main, "--dataproc", "20231230", "--steps", "extract")
    later.call(steps.main)
    message = later.failure(quality.main)
    assert "series_row_count" in message
    assert '"previous_rows": ' in message
