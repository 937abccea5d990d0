"""The file and sample sources, and the checks that all sources share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from arch.data import crude

from oleoduto_jobs.etl.csvfile import parse_csv
from oleoduto_jobs.etl.observations import Series, SourceError
from oleoduto_jobs.etl.responses import parse_response
from oleoduto_jobs.etl.sources import Asker, base_url

CODE = "EIA366_PBRENT366"


def fetch(source: str, code: str) -> Series:
    return parse_response(Asker(source, code, lambda dataproc, code: None).respond()(code))[0]


def csv_error(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        parse_csv(CODE, "prices.csv", text)
    return str(caught.value)


def test_csv_is_ordered_and_blank_prices_are_null() -> None:
    series = parse_csv(CODE, "p.csv", "Date,Price\r\n2024-01-03,80.5\r\n2024-01-02, \r\n\r\n2024-01-01,79\r\n")
    assert [(o.date, o.raw_date, o.value) for o in series.observations] == [
        (dt.date(2024, 1, 1), "2024-01-01", 79.0),
        (dt.date(2024, 1, 2), "2024-01-02", None),
        (dt.date(2024, 1, 3), "2024-01-03", 80.5),
    ]


def test_negative_prices_are_prices() -> None:
    assert parse_csv(CODE, "p.csv", "Date,Price\n2020-04-20,-36.98\n").observations[0].value == -36.98


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["line 1", "`Date,Price`"]),
        ("date;price\n2024-01-01;1\n", ["line 1", "`date;price`", "`Date,Price`"]),
        ("2024-01-01,80\n", ["line 1", "`2024-01-01,80`"]),
        ("Date,Price\n", ["no observations", CODE]),
        ("Date,Price\n2024-01-01,\n2024-01-02,\n", ["2 dates", "not one price"]),
        ("Date,Price\n2024-01-01,80\n2024-01-02,80,1\n", ["line 3", "3 fields"]),
        ("Date,Price\n2024-01-01\n", ["line 2", "1 fields"]),
        ("Date,Price\n01/02/2024,80\n", ["line 2", "`01/02/2024`", "YYYY-MM-DD"]),
        ("Date,Price\n2024-02-30,80\n", ["line 2", "`2024-02-30`"]),
        ("Date,Price\n2024-01-01,eighty\n", ["line 2", "`eighty`"]),
        ("Date,Price\n2024-01-01,80\n2024-01-02,nan\n", ["line 3", "`nan`", "finite"]),
        ("Date,Price\n2024-01-01,inf\n", ["line 2", "`inf`"]),
        ("Date,Price\n2024-01-01,80\n2024-01-02,81\n2024-01-01,80\n", ["line 4", "2024-01-01", "line 2"]),
        ('Date,Price\n2024-01-01,"80\n', ["line 2", "not CSV"]),
    ],
)
def test_broken_lines_are_named(text: str, words: list[str]) -> None:
    message = csv_error(text)
    for word in [*words, "prices.csv"]:
        assert word in message


def test_file_is_read_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(b"\xef\xbb\xbfDate,Price\n2024-01-01,80\n")
    assert fetch(f"file:{path}", CODE).observations[0].value == 80.0


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        fetch(f"file:{tmp_path / 'none.csv'}", CODE)
    with pytest.raises(SourceError, match="cannot be read"):
        fetch(f"file:{tmp_path}", CODE)
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"Date,Pre\xe7o\n")
    with pytest.raises(SourceError, match="not UTF-8"):
        fetch(f"file:{latin}", CODE)


@pytest.mark.parametrize("source", ["ftp", "file:", "", "Ipeadata"])
def test_unknown_sources_are_named(source: str) -> None:
    with pytest.raises(SourceError, match=f"unknown source `{source}`"):
        fetch(source, CODE)


def test_sample_is_the_monthly_series_of_arch() -> None:
    observations = fetch("sample", CODE).observations
    assert len(observations) == 393
    assert (observations[0].date, observations[0].value) == (dt.date(1987, 5, 15), 18.58)
    assert observations[-1].date == dt.date(2020, 1, 15)
    assert len({(o.date.year, o.date.month) for o in observations}) == 393


def test_sample_has_the_values_that_arch_carries() -> None:
    """A second copy of the published series, which only tests need."""
    brent = crude.load()["Brent"]
    assert [(o.date, o.value) for o in fetch("sample", CODE).observations] == [
        (stamp.date(), float(value)) for stamp, value in brent.items()
    ]


def test_the_address_comes_from_argument_environment_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IPEADATA_BASE_URL", raising=False)
    assert base_url(None) is None, "the public service, by https if possible"
    monkeypatch.setenv("IPEADATA_BASE_URL", "http://127.0.0.1:1/x")
    assert base_url(None) == "http://127.0.0.1:1/x"
    assert base_url("http://127.0.0.1:2/y") == "http://127.0.0.1:2/y"
