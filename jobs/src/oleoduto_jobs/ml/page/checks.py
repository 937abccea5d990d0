"""The data-quality job's findings on a run's data, for the report."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.data import read_table
from oleoduto_jobs.schema import FRESH_RULE, QUALITY


@dataclass(frozen=True)
class Checks:
    """How many rules were checked, and the broken ones as rows of the quality table."""

    rules: int
    broken: tuple[Mapping[Hashable, Any], ...]

    def stale(self, code: str) -> bool:
        """Whether the series breaks the rule of fresh data; the main series is always among the samples of a broken rule."""
        rows = (row for rule in self.broken if rule["rule"] == FRESH_RULE for row in json.loads(rule["sample"]))
        return any(row["code"] == code for row in rows)


def read_checks(folder: Path) -> Checks | None:
    """Read ``folder/*.parquet`` (the quality table of one run date); None if the job has no such input."""
    if not folder.is_dir():
        return None
    frame, missing = read_table(folder, QUALITY, "the input must hold quality/dataproc=.../ of the run date")
    if missing:
        raise JobError(f"the quality table in {folder} lacks the columns {missing}; run `quality` again")
    broken = frame[frame["failed_rows"] > 0].sort_values(["severity", "rule"])
    return Checks(len(frame), tuple(broken[QUALITY.column_names].to_dict("records")))
