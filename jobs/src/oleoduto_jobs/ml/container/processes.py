"""The processes that forecast many series: forked from one that has imported what they need, before it starts any thread."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SERIES_PER_PROCESS = 200
"""For fewer a further process costs more than it saves."""


def rows_of(folder: Path) -> int:
    """Rows of a folder's parquet files by their ends alone: reading more would start threads. What is no such file has none."""
    rows = 0
    for file in sorted(folder.glob("*.parquet")):
        try:
            rows += pq.read_metadata(file).num_rows
        except (OSError, pa.ArrowException):
            # Who reads the table says what is wrong with it.
            continue
    return rows


@contextmanager
def processes_for(series: int) -> Iterator[Executor | None]:
    """A pool for so many series; None if one process is enough. Nothing may have read data or fitted a model before."""
    workers = min(os.cpu_count() or 1, -(-series // SERIES_PER_PROCESS))
    if workers <= 1:
        yield None
        return
    # Forks share what is imported here, where the job runs. A server of forks would need a socket, whose path below TMPDIR is
    # too long in the folders of a local AWS.
    import lightgbm  # noqa: F401
    import statsforecast.models  # noqa: F401

    context = get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(max_workers=workers, mp_context=context)
    try:
        # All processes are forked at the first call.
        pool.submit(os.getpid).result()
        yield pool
    except BaseException:
        # At once: a stop of SageMaker waits for no bucket.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
