"""The rows of many series as the tables of verdicts and forecasts, and as what a page shows of each."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.ml.data import month_position, month_text
from oleoduto_jobs.ml.many.forecast import Row
from oleoduto_jobs.ml.many.path import Status
from oleoduto_jobs.provenance import ListProvenance
from oleoduto_jobs.reasons.reason import because
from oleoduto_jobs.schema import FORECASTS, PREVIOUS_PERIODS, UNKNOWN_UNIT, VERDICTS

FREQUENCIES = {12: "monthly", 4: "quarterly", 1: "annual"}
"""By periods in a year."""

PROVENANCE_KEY = "oleoduto.data"
"""In the metadata of the files: where the values come from, as JSON."""

_BOUNDS = ("lower_80", "upper_80", "lower_95", "upper_95")


def verdict_of(row: Row) -> dict[str, Any]:
    """A row of the table of verdicts; what is not known is null."""
    values = {name: getattr(row, name) for name in VERDICTS.column_names if hasattr(row, name)}
    values |= {name: values[name] or None for name in ("why", "model", "choice")}
    if row.realized is not None:
        inside = {f"inside_{level}": share for level, share in row.realized.coverage.items()}
        found = {"origins": row.realized.origins, "ratio": row.realized.ratio, "mase": row.realized.mase, **inside}
        values |= {f"realised_{name}": value for name, value in found.items()}
    origin = _first_day(month_position(row.origin)) if row.origin else None
    return {**values, "status": str(row.status), "origin": origin, "frequency": FREQUENCIES.get(row.season)}


def forecasts_of(row: Row) -> Iterator[dict[str, Any]]:
    """The rows of a series in the table of forecasts."""
    if not row.point:
        return
    origin, step = month_position(row.origin), 12 // row.season
    about = {"code": row.code, "origin": _first_day(origin), "model": row.model, "unit": row.unit}
    for place, point in enumerate(row.point):
        bounds = {name: values[place] if (values := getattr(row, name)) else None for name in _BOUNDS}
        target = _first_day(origin + (place + 1) * step)
        of_target = {"horizon": place + 1, "target_start": target, "point": point, "frequency": FREQUENCIES[row.season]}
        yield {**about, **of_target, **bounds}


def write_tables(rows: Iterable[Sequence[Row]], data: ListProvenance, verdicts: Path, forecasts: Path) -> Iterator[Row]:
    """Write both tables, one file each, as the groups of rows come; every row is passed on. The files say where the values come
    from, beside their rows."""
    with ExitStack() as files:
        writers = []
        for folder, table in ((verdicts, VERDICTS), (forecasts, FORECASTS)):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{table.name}.parquet"
            schema = arrow_schema(table).with_metadata({PROVENANCE_KEY: json.dumps(data.document())})
            writers.append(files.enter_context(pq.ParquetWriter(path, schema, compression="zstd")))
        for group in rows:
            of_verdicts, of_forecasts = writers
            of_verdicts.write_table(pa.Table.from_pylist([verdict_of(row) for row in group], schema=of_verdicts.schema))
            lines = [line for row in group for line in forecasts_of(row)]
            of_forecasts.write_table(pa.Table.from_pylist(lines, schema=of_forecasts.schema))
            yield from group


def provenance_in(file: pq.ParquetFile) -> ListProvenance | None:
    """Where the values of a table come from; an older package did not say so."""
    found = (file.schema_arrow.metadata or {}).get(PROVENANCE_KEY.encode())
    return None if found is None else ListProvenance.of_document(json.loads(found))


def not_in_final(report: pd.DataFrame, known: set[str]) -> Iterator[Row]:
    """A row for each series of the extract's report without rows in the final table."""
    for given in report.sort_values("code").to_dict("records"):
        if given["code"] not in known:
            status, why = _reason(given)
            unit = given["unit"] if isinstance(given["unit"], str) else UNKNOWN_UNIT
            yield Row(str(given["code"]), status, why, unit=unit)


def _reason(given: dict[Any, Any]) -> tuple[Status, str]:
    said = given["message"] if isinstance(given["message"], str) else because("nothing_said")
    if given["status"] in ("failed", "empty", "unit-changed"):
        return Status.FAILED, because("not_loaded", status=given["status"], reason=said)
    frequency = given["frequency"]
    if not isinstance(frequency, str):
        return Status.FAILED, because("no_frequency", said=said)
    row = frequency if frequency in ("quarterly", "annual") else "monthly"
    before = next(count for name, count in PREVIOUS_PERIODS.items() if name == row)
    period = {"monthly": "month", "quarterly": "quarter", "annual": "year"}[row]
    return Status.SHORT, because("few_rows", count=given["rows"], period=period, before=before)


def _first_day(index: int) -> dt.date:
    return dt.date.fromisoformat(f"{month_text(index)}-01")
