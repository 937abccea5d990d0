"""``forecast-many``: forecast every series of the run, each with its own verdict."""

from __future__ import annotations

import argparse
import datetime as dt
import heapq
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.metrics import MetricTarget, publish
from oleoduto_jobs.ml.container import cloudwatch, earlier
from oleoduto_jobs.ml.container.command import Command, day_of, metric_target, parser_of
from oleoduto_jobs.ml.container.folders import ProcessingFolders, base_folder
from oleoduto_jobs.ml.container.kept import KeptObjects
from oleoduto_jobs.ml.container.processes import processes_for, rows_of
from oleoduto_jobs.ml.data import month_index, read_table
from oleoduto_jobs.ml.documents import write_json
from oleoduto_jobs.ml.many import kept
from oleoduto_jobs.ml.many.buckets import buckets_for, read_bucket, read_earlier, spread, spread_earlier
from oleoduto_jobs.ml.many.forecast import Row, row_of
from oleoduto_jobs.ml.many.global_fit import fitted
from oleoduto_jobs.ml.many.global_model import GlobalModels, read_models
from oleoduto_jobs.ml.many.path import Status
from oleoduto_jobs.ml.many.pool import pool
from oleoduto_jobs.ml.many.publish import not_in_final, write_tables
from oleoduto_jobs.ml.many.realized import Realized, realized, together
from oleoduto_jobs.ml.many.sample import of_buckets
from oleoduto_jobs.ml.many.verdict import Verdict, Wanted, verdicts
from oleoduto_jobs.ml.page.index import Entry, Summary, index, urgency
from oleoduto_jobs.provenance import ListProvenance
from oleoduto_jobs.schema import EXTRACT_REPORT, MAX_HORIZON

SHOWN = 5000
"""Series on the page; of more, those that need most attention."""

SAID = 20
"""Series without a forecast that the log names."""


@dataclass(frozen=True)
class ManyOptions:
    """``series`` is the main one; without ``bucket`` there are no checkpoints and no earlier forecasts.

    ``metrics`` is None if no figures go to CloudWatch.
    """

    series: str
    dataproc: str
    date: dt.date
    wanted: Wanted
    bucket: str | None
    region: str | None
    metrics: MetricTarget | None


PARSER = parser_of(
    "forecast-many",
    {"series": "CODE", "dataproc": "YYYYMMDD"},
    {"bucket": "NAME", "region": "REGION", "metrics": "NAMESPACE", "pipeline": "NAME"},
)
PARSER.add_argument("--horizons", metavar="PERIODS", type=int, choices=range(1, MAX_HORIZON + 1), default=MAX_HORIZON)
PARSER.add_argument("--max-data-age", metavar="PERIODS", type=int)


def _options(given: argparse.Namespace) -> ManyOptions:
    if bool(given.bucket) != bool(given.region):
        raise JobError("bad arguments of forecast-many: `--bucket` and `--region` go together")
    date, age = day_of(given, "forecast-many"), given.max_data_age
    wanted = Wanted(given.horizons) if age is None else Wanted(given.horizons, month_index(date.year, date.month), age)
    target = metric_target(given, "forecast-many")
    return ManyOptions(given.series, given.dataproc, date, wanted, given.bucket, given.region, target)


@dataclass(frozen=True)
class Bucket:
    """The rows of one bucket, its earlier forecasts if there are any, the models over all series, the file for its verdicts."""

    rows: Path
    earlier: Path
    models: Path
    file: Path
    wanted: Wanted

    def judge(self) -> Judged:
        """Make the file, unless it is there."""
        frame = read_bucket(self.rows)
        outcomes = realized(frame, read_earlier(self.earlier)) if self.earlier.is_dir() else {}
        models = _models(self.models)
        key = kept.key_of(frame, self.wanted, models)
        if kept.has(self.file, key):
            return Judged(False, outcomes)
        kept.write(self.file, key, verdicts(frame, self.wanted, models))
        return Judged(True, outcomes)


@lru_cache(maxsize=1)
def _models(file: Path) -> GlobalModels:
    """The models of a file, which a process reads once."""
    return read_models(file)


@dataclass(frozen=True)
class Judged:
    """A bucket that is ready: whether its file was made, and what became of earlier forecasts, by code."""

    made: bool
    outcomes: dict[str, Realized]


def judged(buckets: Sequence[Bucket], pool: Executor | None) -> Iterator[tuple[Bucket, Judged]]:
    """Judge every bucket, in the processes of a pool if there is one; each as it is ready."""
    if pool is None:
        yield from ((one, one.judge()) for one in buckets)
        return
    waiting = {pool.submit(one.judge): one for one in buckets}
    try:
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    except BrokenProcessPool as error:
        raise JobError(
            "a process that forecasts was ended, as happens when memory runs out: choose a larger `sizes.forecast_instance` "
            "in oleoduto.toml; a further run goes on with what is ready"
        ) from error


@dataclass(frozen=True)
class Ready:
    """The files of verdicts, one per bucket, what became of earlier forecasts, by code, and the models over all series."""

    files: list[Path]
    outcomes: dict[str, Realized]
    models: GlobalModels


def ready(options: ManyOptions, folders: ProcessingFolders, series: int, scratch: Path, pool: Executor | None) -> Ready:
    """Judge all buckets."""
    count = buckets_for(series)
    places = spread(folders.final, scratch / "rows", count)
    models, of_models = fitted(of_buckets(places), options.wanted), scratch / "models.json"
    models.write(of_models)
    buckets = [
        Bucket(
            place,
            scratch / "earlier" / place.name,
            of_models,
            scratch / "verdicts" / f"{int(place.name):05d}-of-{count:05d}{kept.SUFFIX}",
            options.wanted,
        )
        for place in places
    ]
    store = None
    if options.bucket is not None:
        import boto3

        # Processing containers know no default region.
        store = KeptObjects(boto3.client("s3", region_name=options.region), options.bucket)
        store.fetch([one.file.name for one in buckets], scratch / "verdicts")
        spread_earlier(
            earlier.fetch(store.client, store.bucket, options.dataproc, scratch / "fetched"), scratch / "earlier", count
        )
    fresh, outcomes = 0, {}
    for one, done in judged(buckets, pool):
        fresh += done.made
        outcomes.update(done.outcomes)
        if done.made and store is not None:
            store.keep(one.file)
    print(f"forecast-many: {fresh} of {len(buckets)} buckets forecast, the others were there", flush=True)
    return Ready([one.file for one in buckets], outcomes, models)


def _every(files: Sequence[Path]) -> Iterator[Verdict]:
    for file in files:
        yield from kept.read(file)


def published(found: Ready, report: pd.DataFrame, data: ListProvenance, folders: ProcessingFolders) -> Iterator[Entry]:
    """Write the tables; an entry for the page of every series."""
    pooled = pool(_every(found.files))
    known: set[str] = set()
    recent: dict[str, list[float]] = {}

    def groups() -> Iterator[list[Row]]:
        for file in found.files:
            of_bucket = list(kept.read(file))
            recent.clear()
            recent.update((one.code, one.recent.tolist()) for one in of_bucket)
            known.update(one.code for one in of_bucket)
            yield [replace(row_of(one, pooled), realized=found.outcomes.get(one.code)) for one in of_bucket]
        yield list(not_in_final(report, known))

    for row in write_tables(groups(), data, folders.verdicts, folders.forecasts):
        yield Entry(row, recent.get(row.code, []))


def provenance_of(report: pd.DataFrame, run_date: dt.date) -> ListProvenance:
    """Where the values of a run come from, by the report of its extract."""
    units = set(report["unit"].dropna())
    last = max(report["last_date"].dropna(), default=None)
    return ListProvenance(tuple(sorted(set(report["source"]))), units.pop() if len(units) == 1 else None, last, run_date)


def run(options: ManyOptions) -> None:
    """Read, forecast, write two tables and the page."""
    folders = ProcessingFolders(base_folder())
    with processes_for(rows_of(folders.extract_report)) as pool:
        _run(options, folders, pool)


def _run(options: ManyOptions, folders: ProcessingFolders, pool: Executor | None) -> None:
    report, missing = read_table(folders.extract_report, EXTRACT_REPORT, "the input must hold extract_report/dataproc=.../")
    if missing:
        raise JobError(f"the report of extract in {folders.extract_report} lacks the columns {missing}; run `extract` again")
    data = provenance_of(report, options.date)
    statuses: Counter[str] = Counter()
    without: list[str] = []

    def counted(entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            statuses[str(entry.row.status)] += 1
            if not entry.row.point and len(without) < SAID:
                without.append(f"{entry.row.code}: {entry.row.status}: {entry.row.why}")
            yield entry

    with tempfile.TemporaryDirectory() as scratch:
        found = ready(options, folders, len(report), Path(scratch), pool)
        shown = heapq.nsmallest(SHOWN, counted(published(found, report, data, folders)), key=urgency)
    counts = {status.value: statuses[status.value] for status in Status if statuses[status.value]}
    summary = Summary(options.series, counts, data)
    folders.report.mkdir(parents=True, exist_ok=True)
    (folders.report / "series.html").write_text(index(shown, summary), encoding="utf-8")
    past = together(found.outcomes)
    models = dict(found.models.said)
    about = {
        "series": summary.series,
        "statuses": counts,
        "data": data.document(),
        "realised": asdict(past),
        "global_models": models,
    }
    write_json(folders.report / "series.json", about)
    said = [
        *without,
        *(f"global model of {frequency} series: {text}" for frequency, text in models.items()),
        f"{summary.series} series: {json.dumps(counts)}",
        f"data: {json.dumps(data.document())}",
        f"earlier forecasts: {json.dumps(asdict(past))}",
    ]
    print("\n".join(f"forecast-many: {line}" for line in said))
    # Last, so that the figures describe what was done.
    if options.metrics is not None:
        publish(options.metrics, cloudwatch.figures_of_many(past))


COMMAND = Command(PARSER, _options, run)
