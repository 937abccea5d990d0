"""``predict``: forecast from the newest month of the final data with a saved model."""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.container.folders import ProcessingFolders, base_folder, write_json, write_reason
from oleoduto_jobs.ml.container.train import TERMINATED
from oleoduto_jobs.ml.data import Monthly, month_index, month_position, month_text, read_final
from oleoduto_jobs.ml.evaluation.intervals import volatility_scale
from oleoduto_jobs.ml.models.artifact import Artefact, read_artefact
from oleoduto_jobs.ml.page.checks import read_checks
from oleoduto_jobs.ml.page.html import Run, page
from oleoduto_jobs.schema import PREDICTIONS

_ARROW_TYPES = {"string": pa.string(), "int": pa.int32(), "double": pa.float64(), "date": pa.date32()}

ARROW_SCHEMA = pa.schema([pa.field(c.name, _ARROW_TYPES[c.type], nullable=c.nullable) for c in PREDICTIONS.columns])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise JobError(f"bad arguments of predict: {message}")


def parser() -> _Parser:
    """``--series CODE --dataproc YYYYMMDD [--training-job NAME] [--max-data-age MONTHS]``.

    With ``--training-job`` the model must be of that job and of exactly these data; without, it is the champion
    of an earlier job.
    """
    parser = _Parser(prog="predict", allow_abbrev=False, add_help=False)
    for name in ("series", "dataproc"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--training-job")
    parser.add_argument("--max-data-age", type=int)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options, and the run's day as ``date``."""
    options = parser().parse_args(list(argv))
    options.date = run_date(options.dataproc, "predict")
    return options


def run_date(dataproc: str, command: str) -> dt.date:
    """The day of a run's partition."""
    try:
        return dt.datetime.strptime(dataproc, "%Y%m%d").date()
    except ValueError as error:
        raise JobError(f"`--dataproc` of {command} is `{dataproc}`; it must be a date as YYYYMMDD") from error


MAX_MODEL_AGE_MONTHS = 12
"""Months by which the data may have outgrown a champion."""


def check(artefact: Artefact, monthly: Monthly, training_job: str | None) -> None:
    """Refuse a model of another series, of other months than allowed, or of another job."""
    model = artefact.model
    if model.series != monthly.code:
        raise JobError(f"the model is of series {model.series}, the data of {monthly.code}; use the series' own model")
    age = int(monthly.months[-1]) - month_position(model.origin_month)
    if age < 0 or age > (MAX_MODEL_AGE_MONTHS if training_job is None else 0):
        word = "older" if age > 0 else "newer"
        raise JobError(
            f"the model ends in {model.origin_month} and the data in {monthly.origin}: "
            f"the model is {word} than the data; train on this data first"
        )
    made_by = artefact.metadata.get("training_job")
    if training_job is not None and made_by is not None and made_by != training_job:
        raise JobError(f"the model was made by training job {made_by}, but `--training-job` is {training_job}")


def check_fresh(monthly: Monthly, date: dt.date, max_age: int | None) -> None:
    """Refuse data whose newest complete month is more than ``max_age`` months before the run's month."""
    if max_age is None:
        return
    age = month_index(date.year, date.month) - int(monthly.months[-1])
    if age > max_age:
        raise JobError(
            f"the data are stale: series {monthly.code} ends in {monthly.origin}, {age} months before the run's "
            f"{date:%Y-%m}, and at most {max_age} are allowed: look whether the source still publishes, or give "
            "the execution a larger `max_data_age_months`"
        )


def forecast(artefact: Artefact, monthly: Monthly, training_job: str | None) -> pd.DataFrame:
    """The predictions table: all horizons from the last row (prices in US$ per barrel).

    Intervals are ``point * exp(+-half width)``: the widths are past absolute log errors over the volatility then,
    times the volatility now.
    """
    model = artefact.model
    origin = int(monthly.months[-1])
    ahead = range(1, model.horizons + 1)
    point = monthly.last[-1] * np.exp(model.fitted().log_ratios(monthly))
    scale = float(volatility_scale(monthly)[-1])
    widths = {level: scale * np.array(values) for level, values in model.half_widths.items()}
    columns: dict[str, Any] = {
        "code": monthly.code,
        "origin": _first_day(origin),
        "horizon": list(ahead),
        "target_month": [_first_day(origin + h) for h in ahead],
        "point": point,
        "model": model.model,
        "model_version": model.version,
        "training_job": made_by(artefact, training_job),
    }
    for level, width in widths.items():
        columns[f"lower_{level}"] = point * np.exp(-width)
        columns[f"upper_{level}"] = point * np.exp(width)
    return pd.DataFrame(columns)[PREDICTIONS.column_names]


def made_by(artefact: Artefact, training_job: str | None) -> str:
    """The job that made the model; `unknown` for one that was made by hand."""
    return training_job or artefact.metadata.get("training_job") or "unknown"


def table(predictions: pd.DataFrame, monthly: Monthly) -> str:
    """The forecast as text."""
    lines = [
        f"forecast of {monthly.code} from {monthly.origin} "
        f"(last price {monthly.last[-1]:.2f}, month's mean {monthly.mean[-1]:.2f} US$ per barrel)",
        f"{'month':<9}{'point':>9}{'80 % interval':>20}{'95 % interval':>20}",
    ]
    for row in predictions.itertuples(index=False):
        narrow = f"{row.lower_80:.2f} .. {row.upper_80:.2f}"
        wide = f"{row.lower_95:.2f} .. {row.upper_95:.2f}"
        lines.append(f"{row.target_month:%Y-%m}  {row.point:>9.2f}{narrow:>20}{wide:>20}")
    return "\n".join(lines)


def report(artefact: Artefact, monthly: Monthly, dataproc: str, training_job: str | None) -> dict[str, Any]:
    """The training job's figures with what this forecast was made from."""
    return {
        **artefact.metrics,
        "forecast": {
            "dataproc": dataproc,
            "training_job": made_by(artefact, training_job),
            "model_version": artefact.model.version,
            "model_origin_month": artefact.model.origin_month,
            "origin_month": monthly.origin,
            "data_sha256": monthly.sha256(),
            "trained_on_sha256": artefact.metadata.get("data_sha256"),
        },
    }


def run(folders: ProcessingFolders, argv: Sequence[str]) -> None:
    """Read model and data, forecast, write parquet, CSV and figures."""
    options = parse(argv)
    artefact = read_artefact(folders.model)
    monthly = read_final(folders.final, options.series)
    check_fresh(monthly, options.date, options.max_data_age)
    check(artefact, monthly, options.training_job)
    predictions = publish(folders, artefact, monthly, options.dataproc, options.training_job)
    if options.training_job is not None:
        crown(artefact, folders, options.training_job)
    print(table(predictions, monthly))
    name = f"{artefact.model.model} {artefact.model.version} of {made_by(artefact, options.training_job)}"
    print(f"model: {name}; {artefact.metrics['reason']}")


def publish(
    folders: ProcessingFolders, artefact: Artefact, monthly: Monthly, dataproc: str, training_job: str | None
) -> pd.DataFrame:
    """Forecast; write parquet, CSV, figures and the page."""
    predictions = forecast(artefact, monthly, training_job)
    folders.parquet.mkdir(parents=True, exist_ok=True)
    folders.report.mkdir(parents=True, exist_ok=True)
    rows = pa.Table.from_pandas(predictions, schema=ARROW_SCHEMA, preserve_index=False).replace_schema_metadata()
    pq.write_table(rows, folders.parquet / "predictions.parquet")
    predictions.to_csv(folders.report / "predictions.csv", index=False, lineterminator="\n")
    write_json(folders.report / "metrics.json", report(artefact, monthly, dataproc, training_job))
    write_page(folders, artefact, monthly, dataproc, training_job)
    return predictions


def write_page(
    folders: ProcessingFolders,
    artefact: Artefact,
    monthly: Monthly,
    dataproc: str,
    training_job: str | None,
    monitored: dict[str, Any] | None = None,
) -> None:
    """``report.html``; ``monitored`` is ``monitoring.json`` where the forecast has been monitored."""
    predictions, document = forecast(artefact, monthly, training_job), report(artefact, monthly, dataproc, training_job)
    checks = read_checks(folders.quality)
    html = page(Run(monthly, predictions, document, artefact.metadata, checks, monitored))
    folders.report.mkdir(parents=True, exist_ok=True)
    (folders.report / "report.html").write_text(html, encoding="utf-8")


def crown(artefact: Artefact, folders: ProcessingFolders, training_job: str) -> None:
    """Put the model where later forecasts find it: the written rule has chosen it, and it has just forecast."""
    folders.champion.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folders.model, folders.champion / "model.tar.gz")
    write_json(folders.champion / "champion.json", {**artefact.champion(), "training_job": training_job})


def _first_day(index: int) -> dt.date:
    return dt.date.fromisoformat(f"{month_text(index)}-01")


def _terminate(number: int, frame: object) -> None:
    del number, frame
    raise SystemExit(TERMINATED)


def main(argv: Sequence[str]) -> int:
    """Entry point; on failure the reason goes to stderr and to Processing's exit message."""
    signal.signal(signal.SIGTERM, _terminate)
    folders = ProcessingFolders(base_folder())
    try:
        run(folders, argv)
    except Exception as error:
        if not isinstance(error, JobError):
            traceback.print_exc()
        reason = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
        print(f"error: {reason}", file=sys.stderr)
        write_reason(folders.message, reason)
        return 1
    return 0
