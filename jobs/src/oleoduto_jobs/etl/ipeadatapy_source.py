"""Series through the package ``ipeadatapy``, with a time limit and distinct errors, which the package lacks."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import requests

from oleoduto_jobs.etl.observations import SourceError, SourceUnreachable
from oleoduto_jobs.etl.waiting import TookTooLong, within
from oleoduto_jobs.reasons.reason import because

if TYPE_CHECKING:
    import pandas as pd

ORIGIN = "ipeadatapy"
SECONDS = 120.0
"""Seconds for the three calls of one series together; the package has no time limit."""

# The package renames the service's columns; these are their own names again.
METADATA_NAMES = {
    "CODE": "SERCODIGO",
    "NAME": "SERNOME",
    "MEASURE": "UNINOME",
    "UNIT": "MULNOME",
    "FREQUENCY": "PERNOME",
    "SERIES STATUS": "SERSTATUS",
    "LAST UPDATE": "SERATUALIZACAO",
    "NUMERICA": "SERNUMERICA",
}


def bodies(code: str, seconds: float = SECONDS) -> tuple[bytes, bytes]:
    """Metadata and values of ``code`` in the words of the service.

    The package gives data frames and no bytes, so these are its frames written as the service's JSON.
    """
    try:
        import ipeadatapy
    except ImportError as error:
        raise SourceError(because("package_missing")) from error
    try:
        metadata = within(seconds, lambda: ipeadatapy.metadata(code))
        if metadata is None or metadata.empty:
            return _document([]), _document([])
        return _document(_metadata_rows(metadata)), _document(_value_rows(within(seconds, lambda: ipeadatapy.timeseries(code))))
    except TookTooLong:
        raise SourceUnreachable(because("package_too_long", code=code, seconds=f"{seconds:g}")) from None
    except requests.ConnectionError as error:
        raise SourceUnreachable(because("package_unreachable", code=code, reason=error)) from error
    except Exception as error:
        # The package fails with whatever comes next: AttributeError for HTTP 503, KeyError for an empty series.
        raise SourceError(because("package_failed", code=code, error=f"{type(error).__name__}: {error}")) from error


def _document(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"value": rows}, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    """A value as JSON has it: NaN and pandas' other gaps are null, NumPy's numbers Python's."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value


def _metadata_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {theirs: _plain(row[ours]) for ours, theirs in METADATA_NAMES.items() if ours in frame.columns}
        for _, row in frame.iterrows()
    ]


def _value_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    # `VALUE (US$)`: the name follows the unit.
    value = next(name for name in frame.columns if str(name).startswith("VALUE"))
    columns = {"VALDATA": "RAW DATE", "VALVALOR": value, "NIVNOME": "NIVNOME", "TERCODIGO": "TERCODIGO"}
    present = {theirs: frame[ours] for theirs, ours in columns.items() if ours in frame.columns}
    return [
        {name: _plain(value) for name, value in zip(present, row, strict=True)} for row in zip(*present.values(), strict=True)
    ]
