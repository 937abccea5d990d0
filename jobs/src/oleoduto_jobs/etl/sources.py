"""Where a series comes from: ``ipeadata``, ``file:PATH`` or ``sample``.

``python -m oleoduto_jobs.etl.sources --check ipeadata --series CODE`` tells whether Ipeadata answers:
exit code 0 yes, 3 the network does not answer, 1 any other failure. It takes at most about 10 seconds.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import os
import sys
from collections.abc import Callable, Sequence

from oleoduto_jobs.errors import run_job
from oleoduto_jobs.etl.arguments import parse
from oleoduto_jobs.etl.ipeadata import DEFAULT_URL, QUICK, URL_VARIABLE, Ipeadata
from oleoduto_jobs.etl.observations import Observation, Series, SourceError, SourceUnreachable, series_of

CSV_HEADER = ["Date", "Price"]
UNREACHABLE_EXIT_CODE = 3

ReadText = Callable[[str], str]


def read_local_text(path: str) -> str:
    """Text of a file of this machine."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except FileNotFoundError as error:
        raise SourceError(f"the file {path} of `--source file:{path}` does not exist") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"the file {path} is not UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise SourceError(f"the file {path} cannot be read: {error.strerror}") from error


def fetch(source: str, code: str, ipeadata_url: str | None = None, read_text: ReadText = read_local_text) -> Series:
    """Return the series ``code`` from ``source``; ``read_text`` reads the path of a ``file:`` source."""
    if source == "ipeadata":
        return Ipeadata(base_url(ipeadata_url)).series(code)
    if source == "sample":
        return sample(code)
    if source.startswith("file:") and len(source) > len("file:"):
        path = source.removeprefix("file:")
        return parse_csv(code, path, read_text(path))
    raise SourceError(f"unknown source `{source}`; it must be `ipeadata`, `sample` or `file:PATH`")


def base_url(given: str | None) -> str:
    """The argument, else the environment variable IPEADATA_BASE_URL, else the public service."""
    return given or os.environ.get(URL_VARIABLE) or DEFAULT_URL


def parse_csv(code: str, path: str, text: str) -> Series:
    """Parse a CSV with the header ``Date,Price``: ISO dates, prices in the series' unit, blank for none.

    Every broken line is an error that names it by number.
    """
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SourceError(f"line {reader.line_num} of {path} is not CSV: {error}") from error
    if not rows or [field.strip() for field in rows[0][1]] != CSV_HEADER:
        found = ",".join(rows[0][1]) if rows else ""
        raise SourceError(f"line 1 of {path} is `{found}`; the header must be `{','.join(CSV_HEADER)}`")
    lines: dict[dt.date, int] = {}
    observations = []
    for number, row in rows[1:]:
        if not row:
            continue
        observation = _csv_observation(path, number, row)
        if observation.date in lines:
            first = lines[observation.date]
            raise SourceError(f"line {number} of {path} repeats the date {observation.date} of line {first}")
        lines[observation.date] = number
        observations.append(observation)
    return series_of(code, path, f"file {path}", observations)


def _csv_observation(path: str, number: int, row: Sequence[str]) -> Observation:
    where = f"line {number} of {path}"
    if len(row) != len(CSV_HEADER):
        raise SourceError(f"{where} has {len(row)} fields; expected 2 (`Date,Price`)")
    raw_date, raw_price = row[0].strip(), row[1].strip()
    try:
        date = dt.datetime.strptime(raw_date, "%Y-%m-%d").date()
    except ValueError as error:
        raise SourceError(f"{where} has the date `{raw_date}`; expected a calendar date as YYYY-MM-DD") from error
    if not raw_price:
        return Observation(date, raw_date, None)
    try:
        price = float(raw_price)
    except ValueError as error:
        raise SourceError(f"{where} has the price `{raw_price}`; expected a number or nothing") from error
    if not math.isfinite(price):
        raise SourceError(f"{where} has the price `{raw_price}`; expected a finite number or nothing")
    return Observation(date, raw_date, price)


def sample(code: str) -> Series:
    """Monthly mean Brent, 1987-05 to 2020-01, that the package ``arch`` carries (dated the 15th)."""
    try:
        from arch.data import crude
    except ImportError as error:
        raise SourceError(
            "the source `sample` needs the Python package `arch`, which is not installed here (it is not on "
            "Glue); install `oleoduto-jobs[sample]`, or use `ipeadata` or `file:PATH`"
        ) from error
    brent = crude.load()["Brent"]
    dates: list[dt.date] = [stamp.date() for stamp in brent.index]
    observations = [
        Observation(date, date.isoformat(), None if math.isnan(value) else float(value))
        for date, value in zip(dates, brent, strict=True)
    ]
    return series_of(code, "sample", "monthly mean Brent of the package arch", observations)


def check(argv: Sequence[str] | None = None) -> None:
    """The command: ask Ipeadata for the metadata of a series."""
    values = parse("sources", ("check", "series"), ("ipeadata-url",), argv)
    if values["check"] != "ipeadata":
        raise SourceError(f"`--check` is `{values['check']}`; only `ipeadata` can be checked")
    client = Ipeadata(base_url(values.get("ipeadata-url")), QUICK)
    print(f"ipeadata answers: {client.metadata(values['series']).describe()}")


def main() -> None:
    """Entry point of ``python -m oleoduto_jobs.etl.sources``."""
    try:
        run_job(check)
    except SystemExit as stop:
        if isinstance(stop.__cause__, SourceUnreachable):
            print(stop.code, file=sys.stderr)
            raise SystemExit(UNREACHABLE_EXIT_CODE) from stop.__cause__
        raise


if __name__ == "__main__":
    main()
