"""Where a run's values come from, by the report of its extract."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import read_table
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import EXTRACT_REPORT, UNKNOWN_UNIT


def read_provenance(folder: Path, code: str, run_date: dt.date, stale: bool | None) -> Provenance:
    """Read ``folder/*.parquet`` (the report of one run date) and keep the series ``code``."""
    hint = "the input must hold extract_report/dataproc=.../ of the run date"
    frame, missing = read_table(folder, EXTRACT_REPORT, hint, [("code", "==", code)])
    if missing:
        raise JobError(f"the report of extract in {folder} lacks the columns {missing}; run `extract` again")
    if frame.empty:
        raise JobError(f"the report of extract in {folder} has no row of series {code}; run `extract` for it")
    row = frame.iloc[-1]
    last, unit = row["last_date"], row["unit"]
    known = last if isinstance(last, dt.date) and last == last else None
    return Provenance(str(row["source"]), unit if isinstance(unit, str) else UNKNOWN_UNIT, known, run_date, stale)
