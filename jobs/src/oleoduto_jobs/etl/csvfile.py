"""Prices in a CSV file with the header ``Date,Price``."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Sequence

from oleoduto_jobs.etl.observations import Observation, Series, SourceError, series_of

CSV_HEADER = ["Date", "Price"]


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
