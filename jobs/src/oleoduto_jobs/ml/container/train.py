"""``train``: backtest the candidates, choose by the written rule, refit on all rows, save."""

from __future__ import annotations

import argparse
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from oleoduto_jobs import __version__
from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.container.checkpoints import resumed
from oleoduto_jobs.ml.container.command import Command
from oleoduto_jobs.ml.container.folders import TrainingFolders, base_folder
from oleoduto_jobs.ml.container.hyperparameters import Hyperparameters, read_hyperparameters
from oleoduto_jobs.ml.data import Floats, Monthly, read_final
from oleoduto_jobs.ml.evaluation import tables
from oleoduto_jobs.ml.evaluation.backtest import (
    MIN_SELECTION_ORIGINS,
    MIN_TRAINING_MONTHS,
    Backtest,
    Origins,
    Runner,
    in_processes,
    plan_origins,
    run_backtest,
)
from oleoduto_jobs.ml.evaluation.intervals import LEVELS, half_widths
from oleoduto_jobs.ml.evaluation.selection import Selection, select
from oleoduto_jobs.ml.features import Window, future_means, training_window
from oleoduto_jobs.ml.models import combination
from oleoduto_jobs.ml.models.artifact import Artifact, SavedModel
from oleoduto_jobs.ml.models.candidates import BENCHMARK, SHIPPABLE, candidate
from oleoduto_jobs.ml.models.interface import Model
from oleoduto_jobs.parser import Parser

PACKAGES = ("lightgbm", "numpy", "optuna", "pandas", "pyarrow", "scikit-learn", "statsforecast")

WARM_UP_ORIGINS = 60
"""Fewer than the backtest command's: a training job runs every month."""

METRIC_KINDS = ("mae", "mspe_ratio", "crps", *(f"coverage_{level}" for level in LEVELS))
"""Kinds that SageMaker's metric definitions parse; a training job takes at most 40 definitions."""

METRIC_NAME = "{kind}_h{horizon}"
METRIC_LINE = "metric {name}={value};"

REPORTED_SHARE = 0.25
"""Newest part of the evaluated origins, which the selection does not see."""


def evaluated_origins(monthly: Monthly, settings: Hyperparameters) -> Origins:
    """The newest ``evaluation_origins`` whose targets are all known, split in time, and what comes before and after."""
    complete = np.flatnonzero(np.isfinite(future_means(monthly, settings.horizons)).all(axis=1))
    usable = complete[complete >= MIN_TRAINING_MONTHS]
    wanted = settings.evaluation_origins
    if len(usable) < wanted:
        raise JobError(
            f"series {monthly.code} has {len(monthly)} months, which allow {len(usable)} evaluation origins "
            f"({MIN_TRAINING_MONTHS} months come before the first, {settings.horizons} after the last); "
            f"`evaluation_origins` is {wanted}: give a smaller one or a longer series"
        )
    reported = usable[-max(round(wanted * REPORTED_SHARE), 1) :]
    selection = wanted - len(reported) - settings.horizons
    if selection < MIN_SELECTION_ORIGINS:
        raise JobError(
            f"`evaluation_origins` is {wanted}, which leaves {selection} origins to choose a model on; "
            f"at least {MIN_SELECTION_ORIGINS} are needed: give a larger one"
        )
    return plan_origins(monthly, settings.horizons, reported, selection, WARM_UP_ORIGINS)


def train(monthly: Monthly, settings: Hyperparameters, training_job: str | None, runner: Runner) -> Artifact:
    """The whole training of one series, without I/O."""
    origins = evaluated_origins(monthly, settings)
    backtest = run_backtest(monthly, origins, settings.horizons, settings.seed, settings.candidates or SHIPPABLE, runner)
    chosen = select(backtest)
    # One thread, as in the backtest: the last bit of the model must not depend on the number of cores.
    with threadpool_limits(limits=1):
        window = training_window(monthly, len(monthly) - 1, settings.horizons)
        shipped, fall_back = (
            SavedModel.of(
                name,
                monthly.code,
                monthly.origin,
                half_widths(backtest.scaled_errors(name)),
                refit(name, backtest, window, settings.seed),
            )
            for name in (chosen.model, BENCHMARK)
        )
    return Artifact(shipped, metadata(monthly, settings, training_job), metrics(backtest, chosen), fall_back)


def refit(name: str, backtest: Backtest, window: Window, seed: int) -> Model:
    """The candidate, searched and fitted on the whole window."""
    if name != combination.NAME:
        chosen = candidate(name)
        settings = chosen.search(window, seed) if chosen.search is not None else {}
        return chosen.fit(window, settings, seed)
    members = {member: refit(member, backtest, window, seed) for member in combination.MEMBERS}
    last = backtest.monthly.last[backtest.origins.rows][:, None]
    mean = combination.member_mean([np.log(backtest.forecasts[member] / last) for member in combination.MEMBERS])
    actual: Floats = np.log(backtest.actual / last)
    factors = [combination.factor(mean[:, h], actual[:, h]) for h in range(window.horizons)]
    return combination.Combination(members, factors)


def metadata(monthly: Monthly, settings: Hyperparameters, training_job: str | None) -> dict[str, Any]:
    """What the model was made of and with; nothing in it depends on the clock."""
    return {
        "training_job": training_job,
        # The number of processes changes nothing.
        "hyperparameters": {name: value for name, value in asdict(settings).items() if name != "workers"},
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
    artifact.write(folders.model)
    print(tables.text(artifact.metrics, "selection", tables.SHORT))
    print(tables.text(artifact.metrics, "reported", tables.SHORT))
    print(f"* selected: {artifact.metrics['reason']}")
    print("\n".join(metric_lines(artifact.metrics)))


COMMAND = Command(Parser("train"), lambda given: given, run, "output/failure", traced=True)
