"""The check of a source before anything starts: it refuses in one sentence what would fail later."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl import check
from oleoduto_jobs.etl.observations import MAX_BYTES
from oleoduto_jobs.etl.responses import Response, parse_response

CODE = "EIA366_PBRENT366"


def checked(source: str, code: str = CODE, *more: str) -> None:
    check.check(["--source", source, "--series", code, *more])


def prices(frequency: str, count: int) -> str:
    days = pd.date_range("2015-01-01", periods=count, freq=frequency)
    return "Date,Price\n" + "".join(f"{day:%Y-%m-%d},{60 + place % 7}\n" for place, day in enumerate(days))


def test_what_will_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(prices("B", 400), encoding="utf-8")
    checked(f"file:{path}")
    checked("sample")
    assert capsys.readouterr().out == f"file:{path} has file {path}\nsample has monthly mean Brent of the package arch\n"


@pytest.mark.parametrize(
    ("start", "frequency", "least", "word"),
    [("MS", "monthly", 14, "months"), ("QS", "quarterly", 12, "quarters"), ("YS", "annual", 9, "years")],
)
def test_the_shortest_series_is_named(tmp_path: Path, start: str, frequency: str, least: int, word: str) -> None:
    path = tmp_path / "short.csv"
    path.write_text(prices(start, least), encoding="utf-8")
    checked(f"file:{path}", "SHORT")
    early = (f"file:{path}?frequency={frequency}", "SHORT", "--run-date", "2015-01-02")
    with pytest.raises(JobError, match=f"values of 1 {word.removesuffix('s')};"):
        checked(*early)
    path.write_text(prices(start, least - 1), encoding="utf-8")
    with pytest.raises(JobError, match=rf"series SHORT .*short.csv` has values of {least - 1} {word}; .* at least {least}: "):
        checked(f"file:{path}", "SHORT")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"Date,Price\n2024-01-01,1\n"), ["gzip", "gunzip"]),
        (b"PK\x03\x04rest", ["spreadsheet", "export"]),
        (b"PAR1rest", ["Parquet", "export"]),
        ("Date,Price\n".encode("utf-16"), ["UTF-16", "iconv -f UTF-16"]),
        ("Data,Preço\n".encode("latin-1"), ["not UTF-8", "iconv -f ISO-8859-1"]),
    ],
    ids=["gzip", "xlsx", "parquet", "utf-16", "latin-1"],
)
def test_a_file_of_something_else_is_named(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    with pytest.raises(JobError) as caught:
        checked(f"file:{path}")
    assert all(word in str(caught.value) for word in [*words, str(path)]), caught.value


def test_a_file_that_is_no_series_by_its_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    with path.open("wb") as file:
        file.truncate(203_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(JobError, match="has 203 MB; one of a single series has at most 67 MB: keep only"):
            checked(f"file:{path}")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    # The same limit for what was stored, or comes from another place.
    stored = Response("A", "file", "s3://bucket/prices.csv", "csv", values=bytes(MAX_BYTES + 1))
    with pytest.raises(JobError, match="67 MB: keep only"):
        parse_response(stored)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("file:/no/such.csv", ["/no/such.csv", "does not exist"]),
        ("file:/tmp", ["/tmp", "is a folder"]),
        ("smaple", ["`smaple`", "`sample`"]),
    ],
)
def test_a_source_that_is_not_there_is_named(source: str, words: list[str]) -> None:
    with pytest.raises(JobError) as caught:
        checked(source)
    assert all(word in str(caught.value) for word in words), caught.value


def test_the_sample_is_brent_and_nothing_else() -> None:
    with pytest.raises(JobError, match=r"the sample holds Brent crude \(EIA366_PBRENT366\), not BM12_ERC12"):
        checked("sample", "BM12_ERC12")


def test_a_frequency_that_is_unknown_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("Date,Price\n1990-01-01,1\n1995-01-01,2\n2000-01-01,3\n", encoding="utf-8")
    with pytest.raises(JobError, match="days apart"):
        checked(f"file:{path}")


def test_a_run_date_that_is_none_is_refused() -> None:
    with pytest.raises(JobError, match="`31/12/2023`"):
        checked("sample", CODE, "--run-date", "31/12/2023")
