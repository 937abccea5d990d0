"""Values in a CSV file: the header ``Date,Price``, FRED's layout as it comes, or what the source's options say."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from oleoduto_jobs.etl.observations import Observation, Series, SourceError, series_of
from oleoduto_jobs.etl.options import CsvOptions
from oleoduto_jobs.reasons.reason import because

CSV_HEADER = ["Date", "Price"]
FRED_DATES = ("observation_date", "DATE")
"""First column of FRED's files; the second one has the name of their series, and `.` is a date without a value."""
FRED_MISSING = "."

_NUMBERS = {
    ".": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    # A point is allowed where it separates thousands.
    ",": re.compile(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]*)(,[0-9]*)?([eE][+-]?[0-9]+)?"),
}
"""By the decimal sign. Python's ``float`` takes more: ``1_234``, digits of other scripts, ``nan``."""


@dataclass(frozen=True)
class Layout:
    """Where dates and values are in a row, and which text means none besides a blank."""

    fields: tuple[str, ...]
    date: int
    value: int
    missing: str


def parse_csv(code: str, path: str, text: str, options: CsvOptions | None = None) -> Series:
    """Parse a CSV: dates and values in the series' unit, blank for none.

    Every broken line is an error that names it by number and says what to change.
    """
    given = options or CsvOptions()
    # Line ends of old Macs, too.
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    reader = csv.reader(lines, strict=True, delimiter=given.separator)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SourceError(because("line_no_csv", number=reader.line_num, path=path, error=error)) from error
    layout = _layout(path, rows[0][1] if rows else [], given)
    seen: dict[dt.date, int] = {}
    observations = []
    for number, row in rows[1:]:
        if not row:
            continue
        observation = _observation(Line(number, path), row, layout, given)
        if observation.date in seen:
            first = seen[observation.date]
            raise SourceError(because("line_repeats", number=number, path=path, day=observation.date, first=first))
        seen[observation.date] = number
        observations.append(observation)
    return series_of(code, path, f"file {path}", observations)


def _layout(path: str, header: Sequence[str], options: CsvOptions) -> Layout:
    if not header:
        raise SourceError(because("file_empty", path=path, header=",".join(CSV_HEADER)))
    fields = tuple(field.strip() for field in header)
    if options.date or options.value:
        names = (options.date or CSV_HEADER[0], options.value or CSV_HEADER[1])
        for name in names:
            if fields.count(name) != 1:
                found = options.separator.join(header)
                raise SourceError(because("header_of_options", path=path, found=found, name=name))
        date, value = (fields.index(name) for name in names)
        return Layout(fields, date, value, options.missing)
    if list(fields) == CSV_HEADER:
        return Layout(fields, 0, 1, options.missing)
    if len(fields) == 2 and fields[0] in FRED_DATES:
        return Layout(fields, 0, 1, options.missing or FRED_MISSING)
    raise SourceError(_other_header(path, header, options))


def _other_header(path: str, header: Sequence[str], options: CsvOptions) -> str:
    found = options.separator.join(header)
    other = next((sign for sign in (";", "\t", "|") if sign in found and sign != options.separator), None)
    if other is not None:
        fields = [field.strip() for field in found.split(other)]
        word = "tab" if other == "\t" else other
        advice = because("name_separator", date=fields[0], value=fields[1], separator=word)
    else:
        advice = because("name_columns")
    return because("header", path=path, found=found, header=",".join(CSV_HEADER), advice=advice)


@dataclass(frozen=True)
class Line:
    """Where a row is."""

    number: int
    path: str

    def fails(self, kind: str, **values: object) -> SourceError:
        """The failure of this line."""
        return SourceError(because(kind, number=self.number, path=self.path, **values))


def _observation(where: Line, row: Sequence[str], layout: Layout, options: CsvOptions) -> Observation:
    if len(row) != len(layout.fields):
        expected = options.separator.join(layout.fields)
        comma = len(row) == len(layout.fields) + 1 and options.separator == ","
        kind = "line_comma" if comma else "line_fields"
        raise where.fails(kind, count=len(row), all=len(layout.fields), header=expected)
    raw_date, raw_value = row[layout.date].strip(), row[layout.value].strip()
    date = _date(where, raw_date, options)
    if not raw_value or raw_value == layout.missing:
        return Observation(date, raw_date, None)
    return Observation(date, raw_date, _number(where, raw_value, options))


def _date(where: Line, text: str, options: CsvOptions) -> dt.date:
    try:
        # `strptime` takes digits of any script.
        return dt.datetime.strptime(text if text.isascii() else "", options.format).date()
    except ValueError as error:
        kind = "line_date" if options.format_given else "line_date_form"
        expected = options.format.replace("%Y", "YYYY").replace("%m", "MM").replace("%d", "DD")
        raise where.fails(kind, text=text, form=expected) from error


def _number(where: Line, text: str, options: CsvOptions) -> float:
    if _NUMBERS[options.decimal].fullmatch(text) is None or not re.search("[0-9]", text):
        if options.decimal == "." and _NUMBERS[","].fullmatch(text) and "," in text:
            advice = because("decimal_comma")
        elif not re.search(r"\d", text):
            advice = because("name_missing", text=text)
        else:
            advice = because("plain_digits")
        raise where.fails("line_price", text=text, sign=options.decimal, advice=advice)
    plain = text if options.decimal == "." else text.replace(".", "").replace(",", ".")
    value = float(plain)
    if not math.isfinite(value):
        raise where.fails("line_not_finite", text=text)
    return value
