"""Keys of the tables' files in the data bucket: ``TABLE/dataproc=YYYYMMDD/NAME.parquet``."""

from __future__ import annotations

import re

_FILE = re.compile(r"([^/]+/)dataproc=(\d{8})/[^/]+\.parquet")


def run_date_of(key: str, prefix: str) -> str | None:
    """The run date, YYYYMMDD, of a file of the table with this prefix (``forecasts/``); None for any other object."""
    found = _FILE.fullmatch(key)
    return found[2] if found is not None and found[1] == prefix else None
