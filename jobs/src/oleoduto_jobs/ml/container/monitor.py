"""``monitor``: what earlier forecasts turned out to be, and whether the champion still deserves its place.

Reads every partition of the predictions table, the newest final data and the champion; writes
``monitoring.json``; and, when the written rule (``docs/forecasting.md``, 5) says so, puts the benchmark in the
champion's place and makes this run's forecast again with it. With ``--metrics`` its figures go to CloudWatch, too.
What is estimated before outcomes are known (``estimate``) is told, and decides nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.container import cloudwatch
from oleoduto_jobs.ml.container.folders import ProcessingFolders, base_folder, write_json, write_reason
from oleoduto_jobs.ml.container.predict import publish, run_date, write_page
from oleoduto_jobs.ml.container.train import TERMINATED
from oleoduto_jobs.ml.data import Floats, Monthly, month_index, month_position, read_final
from oleoduto_jobs.ml.evaluation import estimate
from oleoduto_jobs.ml.evaluation.drift import feature_drift
from oleoduto_jobs.ml.evaluation.intervals import LEVELS
from oleoduto_jobs.ml.evaluation.selection import TOLERANCE
from oleoduto_jobs.ml.features import values_at
from oleoduto_jobs.ml.models.artifact import Artefact, read_artefact, write_archive
from oleoduto_jobs.ml.models.candidates import BENCHMARK

WINDOW_ORIGINS = 12
"""Newest realised origins on which the champion is judged."""

QUANTILE = 0.95
"""Of the same ratio over all windows of the backtest: worse happened in one of twenty then."""


@dataclass(frozen=True)
class Judgement:
    """One horizon: realised MSPE over the benchmark's, the largest that is allowed, and from how many origins."""

    horizon: int
    origins: int
    mae: float
    ratio: float
    limit: float
    coverage: dict[str, float]

    @property
    def degraded(self) -> bool:
        """Whether the rule's condition holds: only on a full window."""
        return self.origins >= WINDOW_ORIGINS and self.ratio > self.limit


def realised(predictions: pd.DataFrame, monthly: Monthly, model: str) -> pd.DataFrame:
    """Forecasts of ``model`` whose target month is known now, oldest origin first, with errors in US$ per barrel.

    Of several forecasts of one origin the newest run's counts. Columns: origin (calendar position), horizon,
    error, benchmark_error, inside_80, inside_95.
    """
    own = predictions[(predictions["code"] == monthly.code) & (predictions["model"] == model)].copy()
    own["origin"] = [month_index(d.year, d.month) for d in pd.to_datetime(own["origin"])]
    own = own.sort_values("dataproc", kind="stable").drop_duplicates(["origin", "horizon"], keep="last")
    own = own.sort_values(["horizon", "origin"])
    origins = own["origin"].to_numpy(dtype=np.int64)
    actual = values_at(monthly.months, monthly.mean, origins + own["horizon"].to_numpy(dtype=np.int64))
    last = values_at(monthly.months, monthly.last, origins)
    found = own[["origin", "horizon"]].assign(error=own["point"] - actual, benchmark_error=last - actual)
    for level in LEVELS:
        found[f"inside_{level}"] = (own[f"lower_{level}"] <= actual) & (actual <= own[f"upper_{level}"])
    known: pd.DataFrame = found[np.isfinite(found["error"]) & np.isfinite(found["benchmark_error"])]
    return known.reset_index(drop=True)


def limit(backtest: Sequence[dict[str, Any]], horizon: int) -> float:
    """The largest ratio that the rule allows, from the squared errors of the training job's backtest."""
    rows = sorted((row for row in backtest if row["horizon"] == horizon), key=lambda row: str(row["origin"]))
    model, benchmark = (np.array([row[name] for row in rows]) for name in ("model", "benchmark"))
    if len(rows) < WINDOW_ORIGINS:
        return TOLERANCE
    return max(TOLERANCE, float(np.quantile(_sums(model) / _sums(benchmark), QUANTILE)))


def _sums(values: Floats) -> Floats:
    """Sums over all windows of ``WINDOW_ORIGINS`` neighbours."""
    sums: Floats = np.lib.stride_tricks.sliding_window_view(values, WINDOW_ORIGINS).sum(axis=1)
    return sums


def judge(found: pd.DataFrame, backtest: Sequence[dict[str, Any]]) -> list[Judgement]:
    """One judgement per horizon with a realised forecast, on its newest ``WINDOW_ORIGINS``."""
    judged = []
    for horizon, rows in found.groupby("horizon"):
        newest = rows.tail(WINDOW_ORIGINS)
        own, benchmark = float((newest["error"] ** 2).sum()), float((newest["benchmark_error"] ** 2).sum())
        ratio = own / benchmark if benchmark > 0.0 else 1.0
        coverage = {str(level): float(newest[f"inside_{level}"].mean()) for level in LEVELS}
        mae = float(newest["error"].abs().mean())
        number = int(str(horizon))
        judged.append(Judgement(number, len(newest), mae, ratio, limit(backtest, number), coverage))
    return judged


def fallen_back(artefact: Artefact) -> Artefact:
    """The benchmark in the champion's place, with the intervals that the training job found for it."""
    if artefact.fall_back is None:
        raise JobError("the champion's archive holds no benchmark to fall back to; train again")
    name = artefact.model.model
    reason = f"{name} degraded in production: {BENCHMARK} takes its place until another model is chosen"
    metrics = {**artefact.metrics, "model": BENCHMARK, "reason": reason}
    return Artefact(artefact.fall_back, {**artefact.metadata, "fell_back_from": name}, metrics)


def read_predictions(folder: Path) -> pd.DataFrame:
    """Every partition below ``folder`` (``dataproc=YYYYMMDD/*.parquet``)."""
    frames = []
    for file in sorted(folder.glob("dataproc=*/*.parquet")):
        try:
            # By file: a folder named `dataproc=...` would become a column of its own by itself.
            frames.append(pd.read_parquet(file, partitioning=None).assign(dataproc=file.parent.name.removeprefix("dataproc=")))
        except (OSError, ValueError) as error:
            raise JobError(f"the predictions in {file} cannot be read: {error}") from error
    if not frames:
        raise JobError(f"no dataproc=.../*.parquet in {folder}; forecast before monitoring")
    return pd.concat(frames, ignore_index=True)


def foreseen(artefact: Artefact, monthly: Monthly, predictions: pd.DataFrame) -> dict[str, Any]:
    """What NannyML says of the champion and of the features, or why it says nothing."""
    backtest = artefact.metrics["realised"]
    reason = estimate.why_not(backtest)
    if reason is not None:
        return {"estimated": [], "estimated_drift": [], "not_estimated_because": reason}
    waiting = estimate.pending(predictions, monthly, artefact.model.model)
    return {
        "estimated": [{**asdict(e), "alert": e.alert} for e in estimate.estimated(backtest, waiting, monthly)],
        "estimated_drift": [{**asdict(d), "alert": d.alert} for d in estimate.distances(monthly)],
        "not_estimated_because": None,
    }


def report(artefact: Artefact, monthly: Monthly, judged: list[Judgement], date: dt.date) -> dict[str, Any]:
    """``monitoring.json`` of a run on ``date``."""
    model = artefact.model
    degraded = [j.horizon for j in judged if j.degraded]
    return {
        "series": monthly.code,
        "model": model.model,
        "model_version": model.version,
        "last_month": monthly.origin,
        "data_age_months": month_index(date.year, date.month) - int(monthly.months[-1]),
        "months_since_training": int(monthly.months[-1]) - month_position(model.origin_month),
        "window_origins": WINDOW_ORIGINS,
        "realised": [{**asdict(j), "degraded": j.degraded} for j in judged],
        "degraded_horizons": degraded,
        "fell_back": bool(degraded) and model.model != BENCHMARK,
        "drifted_features": [d.feature for d in feature_drift(monthly) if d.drifted],
    }


def lines(document: dict[str, Any]) -> list[str]:
    """``monitor mspe_to_benchmark_h1=0.98;`` and so on, for the job's log."""
    found = [
        f"monitor fell_back={int(document['fell_back'])};",
        f"monitor drifted_features={len(document['drifted_features'])};",
    ]
    for row in document["realised"]:
        found += [
            f"monitor {name}_h{row['horizon']}={row[key]:.6f};"
            for name, key in (("mae", "mae"), ("mspe_to_benchmark", "ratio"))
        ]
    return found


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise JobError(f"bad arguments of monitor: {message}")


def parser() -> _Parser:
    """``--series CODE --dataproc YYYYMMDD [--metrics NAMESPACE --pipeline NAME --region REGION]``."""
    parser = _Parser(prog="monitor", allow_abbrev=False, add_help=False)
    for name in ("series", "dataproc"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("metrics", "pipeline", "region"):
        parser.add_argument(f"--{name}")
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options, the run's day as ``date``, and where figures go as ``target``."""
    options = parser().parse_args(list(argv))
    options.date = run_date(options.dataproc, "monitor")
    options.target = None
    given = (options.metrics, options.pipeline, options.region)
    if all(given):
        options.target = cloudwatch.Target(options.metrics, options.pipeline, options.series, options.region)
    elif any(given):
        raise JobError("bad arguments of monitor: `--metrics`, `--pipeline` and `--region` go together")
    return options


def run(folders: ProcessingFolders, argv: Sequence[str]) -> None:
    """Read, judge, write; replace the champion if the rule says so; publish the figures if asked."""
    options = parse(argv)
    artefact = read_artefact(folders.model)
    monthly = read_final(folders.final, options.series)
    predictions = read_predictions(folders.predictions)
    found = realised(predictions, monthly, artefact.model.model)
    document = report(artefact, monthly, judge(found, artefact.metrics["realised"]), options.date)
    document |= foreseen(artefact, monthly, predictions)
    write_json(folders.monitoring / "monitoring.json", document)
    print("\n".join(lines(document)))
    if document["fell_back"]:
        folders.champion.mkdir(parents=True, exist_ok=True)
        replaced = fallen_back(artefact)
        write_archive(replaced, folders.champion / "model.tar.gz")
        write_json(folders.champion / "champion.json", replaced.champion())
        # This run's forecast is the degraded model's: it is made again.
        publish(folders, replaced, monthly, options.dataproc, None)
        write_page(folders, replaced, monthly, options.dataproc, None, document)
        months = ", ".join(f"h{h}" for h in document["degraded_horizons"])
        print(f"monitor: {artefact.model.model} degraded at {months}: {BENCHMARK} has forecast in its place")
    else:
        # The forecast stays; its page gets what was seen of earlier ones.
        write_page(folders, artefact, monthly, options.dataproc, None, document)
    # Last: the figures tell of what was done.
    if options.target is not None:
        cloudwatch.publish(options.target, cloudwatch.figures(document))


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
