"""Options of a source: ``file:PATH?date=Data&value=Valor&sep=;&decimal=,`` and ``ipeadata?territory=Estados/35``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from oleoduto_jobs.etl.frequency import KNOWN, is_frequency_word
from oleoduto_jobs.etl.observations import SourceError

CSV_KEYS = ("date", "value", "sep", "decimal", "missing", "format", "unit", "frequency")
ISO_DATES = "%Y-%m-%d"
_SEPARATORS = {"tab": "\t", "": ","}


@dataclass(frozen=True)
class CsvOptions:
    """How to read a file; empty texts are defaults."""

    date: str = ""
    """Name of the column of dates."""
    value: str = ""
    """Name of the column of values."""
    separator: str = ","
    decimal: str = "."
    missing: str = ""
    """Text that means that a date has no value, besides a blank."""
    format: str = ISO_DATES
    """Form of the dates, as ``strptime`` has it."""
    unit: str = ""
    frequency: str = ""

    @property
    def format_given(self) -> bool:
        """Whether dates are in another form than the default."""
        return self.format != ISO_DATES


def split_options(text: str, keys: Sequence[str]) -> tuple[str, dict[str, str]]:
    """``PATH?date=Data&sep=;`` -> ``PATH`` and its options; a path may hold a `?` that no ``key=`` follows."""
    path, mark, query = text.rpartition("?")
    key = query.partition("=")[0]
    if not mark or "=" not in query or "/" in key:
        return text, {}
    options: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if name not in keys or not equals or name in options:
            allowed = ", ".join(f"`{one}=`" for one in keys)
            raise SourceError(
                f"`{part}` in the source `{text}` is no option: it may have {allowed}, each once, with `&` between"
            )
        options[name] = unquote(value)
    return path, options


def csv_options(origin: str) -> tuple[str, CsvOptions]:
    """Path and options of the source ``file:ORIGIN``."""
    path, given = split_options(origin, CSV_KEYS)
    separator = _SEPARATORS.get(given.get("sep", ""), given.get("sep", ","))
    if len(separator) != 1 or separator in '"\r\n':
        raise SourceError(f"`sep={separator}` in the source `file:{origin}` must be one sign, or `tab`")
    decimal = given.get("decimal", ".")
    if decimal not in (".", ",") or decimal == separator == ",":
        hint = "" if decimal != separator else ", and `sep=` another sign"
        raise SourceError(f"`decimal={decimal}` in the source `file:{origin}` must be `.` or `,`{hint}")
    frequency = given.get("frequency", "")
    if frequency and not is_frequency_word(frequency):
        raise SourceError(f"`frequency={frequency}` in the source `file:{origin}` must be one of {KNOWN}")
    form = given.get("format", ISO_DATES)
    _check_format(origin, form)
    texts = {name: given.get(name, "") for name in ("date", "value", "missing", "unit")}
    return path, CsvOptions(**texts, separator=separator, decimal=decimal, format=form, frequency=frequency)


def _check_format(origin: str, form: str) -> None:
    """Refuse a form that does not say year and month, or that is none."""
    day = dt.datetime(2024, 11, 1)
    try:
        whole = dt.datetime.strptime(day.strftime(form), form) == day
    except ValueError:
        whole = False
    if not whole:
        raise SourceError(f"`format={form}` in the source `file:{origin}` must say year and month, as in `%d/%m/%Y` or `%Y-%m`")
