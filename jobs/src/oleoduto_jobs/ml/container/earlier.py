"""Earlier forecasts of many series, fetched from the data bucket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.partitions import run_date_of

PREFIX = "forecasts/"
RUNS = 36
"""Runs that are fetched, one a month: three years, however often and long the pipeline has run."""


def chosen(keys: Iterable[str], before: str) -> list[str]:
    """Of the keys of the table those of the newest run of each month before a run date, of at most ``RUNS`` months."""
    runs: dict[str, set[str]] = {}
    for key in keys:
        run = run_date_of(key, PREFIX)
        if run is not None and run < before:
            runs.setdefault(run, set()).add(key)
    newest = {run[:6]: run for run in sorted(runs)}
    kept = sorted(newest.values())[-RUNS:]
    return [key for run in kept for key in sorted(runs[run])]


def fetch(client: Any, bucket: str, before: str, folder: Path) -> list[Path]:
    """Copy the chosen files into folders ``dataproc=YYYYMMDD`` of ``folder``; these files."""
    from botocore.exceptions import BotoCoreError, ClientError

    files = []
    try:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{PREFIX}dataproc=")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        for key in chosen(keys, before):
            path = folder / key.removeprefix(PREFIX)
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, key, str(path))
            files.append(path)
    except (BotoCoreError, ClientError) as error:
        raise JobError(f"the earlier forecasts in s3://{bucket}/{PREFIX} cannot be read: {error}") from error
    return files
