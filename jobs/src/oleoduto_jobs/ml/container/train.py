"""``train``: backtest the candidates, choose by the written rule, refit on all rows, save."""

from __future__ import annotations

import argparse
import os
import platform
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from threadpoolctl import threadpool_limits

from oleoduto_jobs import __version__
from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.container.checkpoints import resumed
from oleoduto_jobs.ml.container.command import Command
from oleoduto_jobs.ml.container.folders import TrainingFolders, base_folder
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters, read_hyperparameters
from oleoduto_jobs.ml.data import Monthly, read_final
from oleoduto_jobs.ml.evaluation import tables
from oleoduto_jobs.ml.evaluation.backtest import Backtest, Runner, in_processes, reason_of, run_backtest, unusable
from oleoduto_jobs.ml.evaluation.intervals import LEVELS, half_widths, target_days
from oleoduto_jobs.ml.evaluation.plan import evaluated_origins
from oleoduto_jobs.ml.evaluation.selection import Selection, select
from oleoduto_jobs.ml.extracted import read_provenance
from oleoduto_jobs.ml.features import Window, training_window
from oleoduto_jobs.ml.models import combination
from oleoduto_jobs.ml.models.artifact import Artifact, SavedModel
from oleoduto_jobs.ml.models.candidates import BENCHMARK, MONTHLY_MEAN, SEASONAL_NAIVE, SHIPPABLE, candidate
from oleoduto_jobs.ml.models.interface import Model
from oleoduto_jobs.parser import Parser

PACKAGES = ("lightgbm", "numpy", "optuna", "pandas", "pyarrow", "scikit-learn", "statsforecast")

METRIC_KINDS = ("mae", "mspe_ratio", "crps", *(f"coverage_{level}" for level in LEVELS))
"""Kinds that SageMaker's metric definitions parse; a training job takes at most 40 definitions."""

METRIC_NAME = "{kind}_h{horizon}"
METRIC_LINE = "metric {name}={value};"


def train(monthly: Monthly, settings: Hyperparameters, training_job: str | None, runner: Runner) -> Artifact:
    """The whole training of one series, without I/O."""
    origins = evaluated_origins(monthly, settings.horizons, settings.evaluation_origins)
    names = (MONTHLY_MEAN, BENCHMARK, SEASONAL_NAIVE) if origins.short else settings.candidates or SHIPPABLE
    backtest = run_backtest(monthly, origins, settings.horizons, settings.seed, names, runner)
    # One thread, as in the backtest: the last bit of the model must not depend on the number of cores.
    with threadpool_limits(limits=1):
        window = training_window(monthly, len(monthly) - 1, settings.horizons)
        chosen, fitted, backtest = choose_and_fit(backtest, window, settings.seed)
        shipped = _saved(chosen.model, fitted, backtest)
        fall_back = _saved(BENCHMARK, refit(BENCHMARK, backtest, window, settings.seed), backtest)
    return Artifact(shipped, metadata(monthly, settings, training_job), metrics(backtest, chosen), fall_back)


def choose_and_fit(backtest: Backtest, window: Window, seed: int) -> tuple[Selection, Model, Backtest]:
    """The candidate that the rule chooses, fitted on the whole window; if that fails, the rule chooses without it."""
    while True:
        chosen = select(backtest)
        try:
            fitted = refit(chosen.model, backtest, window, seed)
            failure = unusable(_ahead(fitted, window)[None, :], window.known.code)
        except Exception as error:  # Whatever a library raises on a series that it cannot fit.
            if chosen.model == BENCHMARK:
                raise
            failure = reason_of(error)
        if failure is None:
            return chosen, fitted, backtest
        backtest = backtest.without(chosen.model, failure)


def _ahead(fitted: Model, window: Window) -> Floats:
    known = window.known
    return known.transformation.moved(known.last[-1:], fitted.changes(known))


def _saved(name: str, fitted: Model, backtest: Backtest) -> SavedModel:
    monthly, errors = backtest.monthly, backtest.scaled_errors(name)
    widths = half_widths(errors, target_days(monthly, errors.shape[1]))
    return SavedModel.of(name, monthly, widths, fitted)


def refit(name: str, backtest: Backtest, window: Window, seed: int) -> Model:
    """The candidate, searched and fitted on the whole window."""
    if name != combination.NAME:
        chosen = candidate(name)
        settings = chosen.search(window, seed) if chosen.search is not None else {}
        return chosen.fit(window, settings, seed)
    members = {member: refit(member, backtest, window, seed) for member in combination.MEMBERS}
    last = backtest.monthly.last[backtest.origins.rows][:, None]
    change = backtest.monthly.transformation.change
    mean = combination.member_mean([change(backtest.forecasts[member], last) for member in combination.MEMBERS])
    actual = change(backtest.actual, last)
    factors = [combination.factor(mean[:, h], actual[:, h]) for h in range(window.horizons)]
    return combination.Combination(members, factors)


def metadata(monthly: Monthly, settings: Hyperparameters, training_job: str | None) -> dict[str, Any]:
    """What the model was made of and with; nothing in it depends on the clock."""
    return {
        "training_job": training_job,
        # The number of processes and the run date change nothing.
        "hyperparameters": {name: value for name, value in asdict(settings).items() if name not in ("workers", "dataproc")},
        "origin_month": monthly.origin,
        "rows": len(monthly),
        "data_sha256": monthly.sha256(),
        "versions": {
            "oleoduto_jobs": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
    }


def metrics(backtest: Backtest, chosen: Selection) -> dict[str, Any]:
    """The report: every candidate on both windows, which was chosen and why, and what monitoring compares with."""
    return {**tables.document(backtest, chosen), "realised": tables.squared_errors(backtest, chosen.model)}


def metric_lines(report: dict[str, Any]) -> list[str]:
    """``metric mae_h1=3.590000;`` and so on for the shipped model on the reported origins.

    SageMaker's metric definitions parse them; an undefined number has no line.
    """
    scored = report["candidates"][report["model"]]["reported"]
    named: dict[str, list[float | None]] = {key: scored[key] for key in ("mae", "mape", "rmse", "mspe_ratio", "crps")}
    named |= {f"coverage_{level}": shares for level, shares in scored["coverage"].items()}
    return [
        METRIC_LINE.format(name=METRIC_NAME.format(kind=kind, horizon=horizon), value=f"{value:.6f}")
        for kind, values in named.items()
        for horizon, value in enumerate(values, 1)
        if value is not None
    ]


def run(options: argparse.Namespace) -> None:
    """Read the container's inputs, train, write the model folder."""
    del options
    folders = TrainingFolders(base_folder())
    settings = read_hyperparameters(folders)
    monthly = read_final(folders.channel, settings.series)
    print(f"train: {settings.series}: {len(monthly)} months, newest {monthly.origin}, seed {settings.seed}", flush=True)
    runner = resumed(in_processes(settings.workers), folders.checkpoints)
    artifact = train(monthly, settings, os.environ.get("TRAINING_JOB_NAME"), runner)
    if settings.run_date is not None:
        known = read_provenance(folders.extract_report, settings.series, settings.run_date, None)
        print(f"train: {known.text()}")
        artifact = replace(artifact, metadata={**artifact.metadata, "data": known.document()})
    artifact.write(folders.model)
    print(tables.text(artifact.metrics, "selection", tables.SHORT))
    print(tables.text(artifact.metrics, "reported", tables.SHORT))
    for name, failure in artifact.metrics["excluded"].items():
        print(f"train: {name} is out: {failure}")
    print(f"* selected: {artifact.metrics['reason']}")
    print("\n".join(metric_lines(artifact.metrics)))


COMMAND = Command(Parser("train"), lambda given: given, run, "output/failure")
