"""``monitor``: compare earlier forecasts with what happened, and replace a degraded champion.

Reads every partition of the predictions table, the newest final data and the champion; writes
``monitoring.json``; and, when the written rule (``docs/forecasting.md``, 5) says so, puts the benchmark in the
champion's place and makes this run's forecast again with it. With ``--metrics`` its figures go to CloudWatch, too.
Errors that are estimated before outcomes are known (``estimate``) are reported and decide nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.metrics import MetricTarget, publish
from oleoduto_jobs.ml.container import cloudwatch
from oleoduto_jobs.ml.container.command import Command, add_many, day_of, metric_target, parser_of
from oleoduto_jobs.ml.container.folders import ProcessingFolders, base_folder
from oleoduto_jobs.ml.container.forecast import Publication, read_inputs
from oleoduto_jobs.ml.data import Monthly, month_position, read_final
from oleoduto_jobs.ml.documents import write_json
from oleoduto_jobs.ml.evaluation import estimate
from oleoduto_jobs.ml.evaluation.drift import feature_drift
from oleoduto_jobs.ml.evaluation.judgement import WINDOW_ORIGINS, Judgement, judge, realized
from oleoduto_jobs.ml.models.artifact import Artifact, read_artifact, write_archive
from oleoduto_jobs.ml.models.candidates import BENCHMARK
from oleoduto_jobs.ml.page.past import Past
from oleoduto_jobs.reasons.reason import because


def fallen_back(artifact: Artifact) -> Artifact:
    """The benchmark in the champion's place, with the intervals that the training job found for it."""
    if artifact.fall_back is None:
        raise JobError("the champion's archive holds no benchmark to fall back to; train again")
    name = artifact.model.model
    reason = f"{name} degraded in production: {BENCHMARK} takes its place until another model is chosen"
    metrics = {**artifact.metrics, "model": BENCHMARK, "reason": reason}
    return Artifact(artifact.fall_back, {**artifact.metadata, "fell_back_from": name}, metrics)


def read_predictions(folder: Path) -> pd.DataFrame:
    """Every partition below ``folder`` (``dataproc=YYYYMMDD/*.parquet``)."""
    frames = []
    for file in sorted(folder.glob("dataproc=*/*.parquet")):
        try:
            # File by file: pandas would turn a folder named `dataproc=...` into a column.
            frames.append(pd.read_parquet(file, partitioning=None).assign(dataproc=file.parent.name.removeprefix("dataproc=")))
        except (OSError, ValueError) as error:
            raise JobError(f"the predictions in {file} cannot be read: {error}") from error
    if not frames:
        raise JobError(f"no dataproc=.../*.parquet in {folder}; forecast before monitoring")
    return pd.concat(frames, ignore_index=True)


def foreseen(artifact: Artifact, monthly: Monthly, predictions: pd.DataFrame, realized: int) -> dict[str, Any]:
    """NannyML's estimates for the champion and the features, or why there are none.

    ``realized``: forecasts of the champion with an outcome; without one nothing can be compared with the estimates, and
    NannyML, whose import takes most of this job's time, is not asked.
    """
    backtest = artifact.metrics["realised"]
    reason = estimate.why_not(backtest) if realized else because("nothing_realized")
    if reason is not None:
        return {"estimated": [], "estimated_drift": [], "not_estimated_because": reason}
    waiting = estimate.pending(predictions, monthly, artifact.model.model)
    return {
        "estimated": [{**asdict(e), "alert": e.alert} for e in estimate.estimated(backtest, waiting, monthly)],
        "estimated_drift": [{**asdict(d), "alert": d.alert} for d in estimate.distances(monthly)],
        "not_estimated_because": None,
    }


def report(artifact: Artifact, monthly: Monthly, judged: list[Judgement], date: dt.date) -> dict[str, Any]:
    """``monitoring.json`` of a run on ``date``."""
    model = artifact.model
    degraded = [j.horizon for j in judged if j.degraded]
    return {
        "series": monthly.code,
        "model": model.model,
        "model_version": model.version,
        "last_month": monthly.origin,
        "data_age_months": monthly.age(date.year, date.month),
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


@dataclass(frozen=True)
class MonitorOptions:
    """``metrics`` is None if no figures go to CloudWatch; ``many`` as for a forecast."""

    series: str
    dataproc: str
    date: dt.date
    metrics: MetricTarget | None
    many: bool


PARSER = parser_of(
    "monitor",
    {"series": "CODE", "dataproc": "YYYYMMDD"},
    {"metrics": "NAMESPACE", "pipeline": "NAME", "region": "REGION"},
)
add_many(PARSER)


def _options(given: argparse.Namespace) -> MonitorOptions:
    target = metric_target(given, "monitor")
    return MonitorOptions(given.series, given.dataproc, day_of(given, "monitor"), target, given.many == "true")


def run(options: MonitorOptions) -> None:
    """Read, judge, write; replace the champion if the rule says so; publish the figures if asked."""
    folders = ProcessingFolders(base_folder())
    artifact = read_artifact(folders.model)
    monthly = read_final(folders.final, options.series)
    inputs = read_inputs(folders, options.series, options.date)
    predictions = read_predictions(folders.predictions)
    found = realized(predictions, monthly, artifact.model.model)
    document = report(artifact, monthly, judge(found, artifact.metrics["realised"]), options.date)
    document |= foreseen(artifact, monthly, predictions, len(found))
    document["data"] = inputs.provenance.document()
    write_json(folders.monitoring / "monitoring.json", document)
    print("\n".join(lines(document)))
    if document["fell_back"]:
        folders.champion.mkdir(parents=True, exist_ok=True)
        replaced = fallen_back(artifact)
        write_archive(replaced, folders.champion / "model.tar.gz")
        write_json(folders.champion / "champion.json", replaced.champion())
        # This run's forecast is the degraded model's: it is made again.
        publication = Publication(folders, replaced, monthly, inputs, many=options.many)
        publication.write()
        months = ", ".join(f"h{h}" for h in document["degraded_horizons"])
        print(f"monitor: {artifact.model.model} degraded at {months}: {BENCHMARK} has forecast in its place")
    else:
        publication = Publication(folders, artifact, monthly, inputs, many=options.many)
    # The page gets what was seen of earlier forecasts.
    publication.write_page(Past(document, found))
    # Last, so that the figures describe what was done.
    if options.metrics is not None:
        publish(options.metrics, cloudwatch.figures(document))


COMMAND = Command(PARSER, _options, run)
