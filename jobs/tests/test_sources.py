"""The file and sample sources, and the checks that all sources share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from arch.data import crude

from oleoduto_jobs.etl.csvfile import parse_csv
from oleoduto_jobs.etl.observations import Series, SourceError
from oleoduto_jobs.etl.outcome import Status, judge
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
        ("", ["is empty", "`Date,Price`"]),
        ("date;price\n2024-01-01;1\n", ["line 1", "`date;price`", "`Date,Price`", "?date=date&value=price&sep=;", "decimal=,"]),
        ("Day,Value\n2024-01-01,1\n", ["line 1", "`Day,Value`", "file:PATH?date=Data&value=Valor"]),
        ("Date,Price\n2024-01-01,1_234\n", ["line 2", "`1_234`", "digits 0 to 9"]),
        ("Date,Price\n2024-01-01,\u0661\u0662\n", ["line 2", "digits 0 to 9"]),
        ("Date,Price\n2024-01-01,\uff11\n", ["line 2", "digits 0 to 9"]),
        ("Date,Price\n\u0662\u0660\u0662\u0664-01-01,1\n", ["line 2", "YYYY-MM-DD"]),
        ("Date,Price\n2024-01-01,.\n2024-01-02,75.9\n", ["line 2", "`.`", "?missing=."]),
        ('Date,Price\n2024-01-01,"1,5"\n', ["line 2", "`1,5`", "?decimal=,"]),
        ("Date,Price\n2024-01-01,80\nSource: EIA\n", ["line 3", "1 fields", "remove lines that are no data"]),
        ("2024-01-01,80\n", ["line 1", "`2024-01-01,80`"]),
        ("Date,Price\n", ["no observations", CODE]),
        ("Date,Price\n2024-01-01,\n2024-01-02,\n", ["2 dates", "not one price"]),
        ("Date,Price\n2024-01-01,80\n2024-01-02,80,1\n", ["line 3", "3 fields"]),
        ("Date,Price\n2024-01-01\n", ["line 2", "1 fields"]),
        ("Date,Price\n01/02/2024,80\n", ["line 2", "`01/02/2024`", "YYYY-MM-DD"]),
        ("Date,Price\n2024-02-30,80\n", ["line 2", "`2024-02-30`"]),
        ("Date,Price\n2024-01-01,eighty\n", ["line 2", "`eighty`"]),
        ("Date,Price\n2024-01-01,80\n2024-01-02,nan\n", ["line 3", "`nan`", "expected a number"]),
        ("Date,Price\n2024-01-01,inf\n", ["line 2", "`inf`"]),
        ("Date,Price\n2024-01-01,1e999\n", ["line 2", "`1e999`", "finite"]),
        ("Date,Price\n2024-01-01,80\n2024-01-02,81\n2024-01-01,80\n", ["line 4", "2024-01-01", "line 2"]),
        ('Date,Price\n2024-01-01,"80\n', ["line 2", "not CSV"]),
    ],
)
def test_broken_lines_are_named(text: str, words: list[str]) -> None:
    message = csv_error(text)
    for word in [*words, "prices.csv"]:
        assert word in message


def read(text: str, query: str, tmp_path: Path) -> list[tuple[str, float | None]]:
    path = tmp_path / "p?.csv"
    path.write_text(text, encoding="utf-8")
    return [(str(o.date), o.value) for o in fetch(f"file:{path}{query}", CODE).observations]


def test_files_of_fred_are_read_as_they_come(tmp_path: Path) -> None:
    expected = [("2024-01-01", None), ("2024-01-02", 75.9)]
    for header in ("observation_date,DCOIL", "DATE,DCOILBRENTEU"):
        assert read(f"{header}\n2024-01-01,.\n2024-01-02,75.9\n", "", tmp_path) == expected


def test_iso_dates_points_exponents_and_old_line_ends_are_read_as_they_are(tmp_path: Path) -> None:
    text = "Date,Price\r2024-01-01,+1.5e-7\r2024-01-02,.5\r2024-01-03,-3.\r2024-01-04,998\r"
    assert [v for _, v in read(text, "", tmp_path)] == [1.5e-7, 0.5, -3.0, 998.0]


def test_options_say_how_to_read_a_file(tmp_path: Path) -> None:
    text = "Região;Data;Preço\nSP;02/01/2024;1.234,56\nSP;03/01/2024;-\nSP;04/01/2024;12,5\n"
    query = "?date=Data&value=Pre%C3%A7o&sep=;&decimal=,&missing=-&format=%d/%m/%Y"
    assert read(text, query, tmp_path) == [("2024-01-02", 1234.56), ("2024-01-03", None), ("2024-01-04", 12.5)]
    assert read("a\tb\n2024-01,1\n".replace(",", "\t"), "?date=a&value=b&sep=tab&format=%Y-%m", tmp_path) == [
        ("2024-01-01", 1.0)
    ]
    assert read("Date,Price\n2024-01-01,.\n2024-01-02,1\n", "?missing=.", tmp_path) == [
        ("2024-01-01", None),
        ("2024-01-02", 1.0),
    ]


def test_a_thousands_point_in_the_wrong_place_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"line 2 .*`12\.34,5`; expected a number with a decimal `,`"):
        read("Date;Price\n2024-01-01;12.34,5\n", "?date=Date&value=Price&sep=;&decimal=,", tmp_path)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?colour=red", "`colour=red` in the source .* is no option: it may have `date=`, `value=`"),
        ("?date=a&date=b", "`date=b` .* each once"),
        ("?sep=;;", "`sep=;;` .* must be one sign, or `tab`"),
        ("?decimal=x", r"`decimal=x` .* must be `\.` or `,`"),
        ("?decimal=,", "`decimal=,` .* and `sep=` another sign"),
        ("?frequency=often", "`frequency=often` .* must be one of daily, weekly, monthly, quarterly, annual"),
        ("?format=%d", "`format=%d` .* must say year and month"),
        ("?date=Day&value=Price", "line 1 .* must have one column `Day`"),
    ],
)
def test_options_that_cannot_be_are_refused(query: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=words):
        read("Date,Price\n2024-01-01,1\n", query, tmp_path)


def test_a_file_can_have_a_unit_and_a_frequency(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("Date,Price\n2024-01-01,1\n2024-04-01,2\n", encoding="utf-8")
    source = f"file:{path}?unit=US$ per barrel&frequency=monthly"
    outcome = judge(Asker(source, CODE, lambda dataproc, code: None).respond()(CODE), known_unit="R$")
    assert (outcome.status, outcome.unit, outcome.frequency.frequency) == (Status.OK, "US$ per barrel", "quarterly")
    assert "its frequency is `monthly`, but its dates are 91 days apart" in str(outcome.message)
    assert judge(Asker("sample", CODE, lambda dataproc, code: None).respond()(CODE)).unit == "US$ per barrel"


def test_file_is_read_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(b"\xef\xbb\xbfDate,Price\n2024-01-01,80\n")
    assert fetch(f"file:{path}", CODE).observations[0].value == 80.0


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        fetch(f"file:{tmp_path / 'none.csv'}", CODE)
    with pytest.raises(SourceError, match="is a folder"):
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
