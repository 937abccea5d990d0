"""Publish a partition of plain parquet files so that a killed job leaves the old rows for readers.

The new files are written into ``<table>/_staging/dataproc=D/``, which neither Athena (its partitions are projected)
nor Spark reads. Then one small file, the commit, lists them: from now on the new rows count. The remaining steps,
moving the files into place and deleting the old ones, can be repeated by every process that finds the commit: each
reader and writer of these jobs does so first.

A partition of one file (up to some hundred series) is replaced by one write of an object, so all other readers also
see either the old or the new rows. With several files, such a reader may see both while a date is published a second
time. A job that reads a file more than once (Spark lists a partition, and opens its files later) may see both of any
partition: ``unreplaced`` fails it then, and the state machine runs it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from oleoduto_jobs.errors import JobError, ReplacedError
from oleoduto_jobs.etl.buckets import bucket_of_written, file_name
from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.recovery import REPLACED

SUFFIX = ".parquet"


def partition_path(uri: str, dataproc: str) -> str:
    """``s3://bucket/raw/`` and ``20261123`` -> ``s3://bucket/raw/dataproc=20261123/``."""
    return f"{uri.rstrip('/')}/dataproc={dataproc}/"


def staging_path(uri: str, dataproc: str) -> str:
    """Folder of a partition's new files; the leading ``_`` hides them from Spark and Athena."""
    return partition_path(f"{uri.rstrip('/')}/_staging", dataproc)


def commit_path(uri: str, dataproc: str) -> str:
    """The commit of a partition; it exists only while the partition is being put into place."""
    return f"{uri.rstrip('/')}/_staging/dataproc={dataproc}.json"


def commit(files: Files, uri: str, dataproc: str, buckets: int = 0) -> None:
    """Commit the staged files to the partition; ``finish`` puts them into place. ``buckets`` as for ``targets``."""
    names = [name for name in files.names(staging_path(uri, dataproc)) if name.endswith(SUFFIX)]
    if not names:
        raise JobError(f"there is nothing to publish in {staging_path(uri, dataproc)}; does another run of {dataproc} run too?")
    # Refused here, while the earlier rows still count: a commit without places could never be finished.
    targets(names, buckets)
    files.write(commit_path(uri, dataproc), json.dumps({"files": names, "buckets": buckets}).encode())


@contextmanager
def replacing(files: Files, uri: str, dataproc: str, buckets: int = 0) -> Iterator[str]:
    """Replace a partition as a whole with the files that the block writes into the folder that it gets.

    Readers see the earlier rows until the block has ended, and if it fails. ``buckets`` as for ``targets``.
    """
    finish(files, uri, dataproc)
    yield staging_path(uri, dataproc)
    commit(files, uri, dataproc, buckets)
    finish(files, uri, dataproc)


def targets(names: Sequence[str], buckets: int) -> dict[str, str]:
    """Each file's place in the partition: its place -> its name in the staging folder.

    The same places each time, so a file takes the place of the one before it in one step.
    """
    if buckets:
        places = [file_name(bucket_of_written(name), buckets) for name in names]
    else:
        places = [f"part-{number:05d}{SUFFIX}" for number in range(len(names))]
    if len(set(places)) < len(places):
        twice = next(place for place in places if places.count(place) > 1)
        raise JobError(f"a task wrote two files for {twice}: spark.sql.files.maxRecordsPerFile must not be set for this table")
    return dict(zip(places, names, strict=True))


def finish(files: Files, uri: str, dataproc: str) -> None:
    """Put a committed partition into place, wherever an earlier attempt stopped; nothing happens without a commit."""
    content = files.read(commit_path(uri, dataproc))
    if content is None:
        return
    staging, folder = staging_path(uri, dataproc), partition_path(uri, dataproc)
    waiting = set(files.names(staging))
    listed = json.loads(content)
    wanted = targets(listed["files"], listed.get("buckets", 0))
    for target, name in wanted.items():
        if name in waiting:
            put_into_place(files, staging, name, folder + target)
    present = set(files.names(folder))
    lost = sorted(wanted.keys() - present)
    if lost:
        raise JobError(f"{folder} lacks {', '.join(lost)}, which {commit_path(uri, dataproc)} lists; delete it and run again")
    for name in sorted(present - wanted.keys()):
        files.delete(folder + name)
    files.delete(staging)
    files.delete(commit_path(uri, dataproc))


def put_into_place(files: Files, staging: str, name: str, target: str) -> None:
    """Move a staged file, unless another process that found the same commit has just done so."""
    try:
        files.replace(staging + name, target)
    except JobError:
        if name in files.names(staging):
            raise


@contextmanager
def unreplaced(files: Files, dataproc: str, *uris: str) -> Iterator[None]:
    """Fail what reads a date of tables inside with ``ReplacedError`` if another execution of the date replaced one meanwhile.

    Whether the reader noticed or not: a file that is gone or has another length fails Spark in many ways, and rows of two
    executions fail nothing. Commits are finished before, so that no reader inside is who replaces.
    """
    for uri in uris:
        finish(files, uri, dataproc)
    folders = [partition_path(uri, dataproc) for uri in uris]
    before = {folder: files.versions(folder) for folder in folders}

    def check(cause: Exception | None) -> None:
        for folder, versions in before.items():
            if files.versions(folder) != versions:
                raise ReplacedError(f"{folder} {REPLACED}: another execution of this date runs; run this one again") from cause

    try:
        yield
    except Exception as error:
        check(error)
        raise
    check(None)
