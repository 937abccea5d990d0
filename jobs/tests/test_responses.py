"""Kept responses, Hadoop's files, and what earlier reports say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.gather import gather
from oleoduto_jobs.etl.history import Known, known_codes
from oleoduto_jobs.etl.observations import SourceError, SourceUnreachable
from oleoduto_jobs.etl.responses import Response, from_bytes, parse_response
from oleoduto_jobs.etl.sources import Update
from oleoduto_jobs.etl.storage import spark_schema, write_partition
from oleoduto_jobs.etl.waiting import TookTooLong, within
from oleoduto_jobs.schema import EXTRACT_REPORT

WHOLE = Response("A", "ipeadata", "http://x", "odata", b"\xef\xbb\xbf{}", b"\xff\x00", "20240801", "oh")


def test_a_response_is_read_as_it_was_written() -> None:
    assert from_bytes("A.json", WHOLE.to_bytes()) == WHOLE
    empty = Response("A", "file", "p.csv", "csv")
    assert from_bytes("A.json", empty.to_bytes()) == empty


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(version=2), "version 2; this program reads version 1"),
        (lambda d: d.pop("values"), "not a whole response (KeyError"),
        (lambda d: d["values"].update(base64="!"), "not a whole response"),
        (lambda d: d["values"].update(base64="AAAA"), "was changed after it was written"),
        (lambda d: d.update(metadata=[]), "not a whole response (TypeError"),
    ],
)
def test_a_response_that_is_not_whole_is_named(change: Callable[[dict[str, object]], object], words: str) -> None:
    document = json.loads(WHOLE.to_bytes())
    change(document)
    with pytest.raises(SourceError) as caught:
        from_bytes("A.json", json.dumps(document).encode())
    assert "A.json" in str(caught.value)
    assert words in str(caught.value)


def test_a_response_without_bodies_is_no_series() -> None:
    with pytest.raises(SourceError, match="holds no values"):
        parse_response(Response("A", "ipeadata", "x", "odata"))
    with pytest.raises(SourceError, match="holds no metadata"):
        parse_response(Response("A", "ipeadata", "x", "odata", values=b"{}"))


def test_files_are_written_read_and_listed(spark: SparkSession, tmp_path: Path) -> None:
    files = Files(spark)
    path = f"file://{tmp_path}/a/dataproc=20240801/x.json"
    assert files.read(path) is None
    assert files.run_dates(f"file://{tmp_path}/a/") == []
    for content in (b"\x00\xff" * 70000, b""):
        files.write(path, content)
        assert files.read(path) == content
    for name in ("dataproc=20240729", "dataproc=2024", "_temporary"):
        (tmp_path / "a" / name).mkdir()
    (tmp_path / "a" / "dataproc=20240730").write_text("a file")
    assert files.run_dates(f"file://{tmp_path}/a/") == ["20240729", "20240801"]


def test_what_cannot_be_reached_is_named(spark: SparkSession, tmp_path: Path) -> None:
    files = Files(spark)
    (tmp_path / "f").write_text("x")
    with pytest.raises(JobError, match=r"f/x cannot be written: "):
        files.write(f"file://{tmp_path}/f/x", b"x")
    for call in (files.read, files.run_dates):
        with pytest.raises(JobError, match=r"^nofs://x/y cannot be (read|listed): .*nofs"):
            call("nofs://x/y")


def test_the_newest_report_of_each_code_counts(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/report/"
    assert known_codes(spark, Files(spark), uri, "20240801") == {}

    def write(dataproc: str, *rows: tuple[str, str, str | None, str | None]) -> None:
        sources = {"US$ per barrel": "sample"}
        whole = [
            (code, status, 1, None, None, unit, None, updated, None, sources.get(str(unit), "ipeadata"), "m")
            for code, status, unit, updated in rows
        ]
        write_partition(Files(spark), spark.createDataFrame(whole, spark_schema(EXTRACT_REPORT)), EXTRACT_REPORT, uri, dataproc)

    write("20240729", ("A", "ok", "US$", "t1"), ("B", "ok", "R$", "t1"), ("C", "failed", None, None))
    # The sample's words for the unit are not the service's.
    write("20240730", ("A", "reused", "US$", "t2"), ("B", "ok", "US$ per barrel", None))
    write("20240731", ("A", "failed", "US$", None))
    write("20240801", ("A", "ok", "EUR", "t3"))
    write("20240802", ("A", "ok", "JPY", "t4"))
    assert known_codes(spark, Files(spark), uri, "20240801") == {
        "A": Known("EUR", Update("20240730", "t2")),
        "B": Known("R$", Update("20240729", "t1")),
        "C": Known(None, None),
    }


def test_a_failure_to_keep_ends_everything() -> None:
    asked: list[str] = []

    def respond(code: str) -> Response:
        asked.append(code)
        return Response(code, "file", "x", "csv")

    def keep(response: Response) -> None:
        raise JobError("the disk is full")

    with pytest.raises(JobError, match="disk is full"):
        gather([f"C{n}" for n in range(1000)], "file:x", respond, keep, 2)
    assert len(asked) < 1000


def test_one_code_that_answers_ends_an_outage() -> None:
    kept: list[Response] = []

    def respond(code: str) -> Response:
        if code.endswith("5"):
            return Response(code, "ipeadata", "x", "odata")
        raise SourceUnreachable("nobody there")

    gather([f"C{n}" for n in range(60)], "ipeadata", respond, kept.append, 1)
    assert len(kept) == 60
    assert not [response for response in kept if "not asked" in str(response.error)]


def test_waiting_ends_with_the_call_or_with_the_time() -> None:
    assert within(60.0, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(60.0, lambda: 1 // 0)
    with pytest.raises(TookTooLong):
        within(-1.0, lambda: __import__("time").sleep(0.2))
