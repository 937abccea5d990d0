"""``train``: backtest the candidates, choose by the written rule, refit on all rows, save."""

from __future__ import annotations

import os
import platform
import signal
import sys
import traceback
from dataclasses import asdict
from importlib.metadata import version
from types import FrameType
from typing import Any

from threadpoolctl import threadpool_limits

from oleoduto_jobs import __version__
from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.artefact import Artefact, SavedModel
from oleoduto_jobs.ml.backtest import Backtest, log_errors, run_backtest
from oleoduto_jobs.ml.container import Hyperparameters, TrainingFolders, base_folder, write_reason
from oleoduto_jobs.ml.data import Monthly, read_final
from oleoduto_jobs.ml.features import training_window
from oleoduto_jobs.ml.intervals import LEVELS, coverage, half_widths
from oleoduto_jobs.ml.models import CANDIDATES, candidate
from oleoduto_jobs.ml.selection import Selection, select

PACKAGES = ("numpy", "pandas", "pyarrow", "scikit-learn")
TERMINATED = 143


def train(monthly: Monthly, settings: Hyperparameters, training_job: str | None) -> Artefact:
    """The whole training of one series, without I/O.

    One thread: the order of floating-point sums, and so the last bit of the model, must not depend on the
    number of cores.
    """
    with threadpool_limits(limits=1):
        backtest = run_backtest(monthly, settings.horizons, settings.evaluation_origins, settings.seed)
        places = backtest.origins.selection
        chosen = select({c.name: backtest.scores(c.name, places) for c in CANDIDATES})
        window = training_window(monthly, len(monthly) - 1, settings.horizons)
        fitted = candidate(chosen.model).fit(window, settings.seed)
        months, errors = log_errors(backtest, candidate(chosen.model), settings.seed)
    places = backtest.origins.evaluated + len(backtest.origins.warm_up)
    covered = {str(level): coverage(errors, months, places, level) for level in LEVELS}
    saved = SavedModel.of(chosen.model, monthly.code, monthly.origin, half_widths(errors), fitted)
    return Artefact(saved, metadata(monthly, settings, training_job), metrics(backtest, chosen, covered))


def metadata(monthly: Monthly, settings: Hyperparameters, training_job: str | None) -> dict[str, Any]:
    """What the model was made of and with; nothing in it depends on the clock."""
    return {
        "training_job": training_job,
        "hyperparameters": asdict(settings),
        "origin_month": monthly.origin,
        "rows": len(monthly),
        "data_sha256": monthly.sha256(),
        "versions": {
            "oleoduto_jobs": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
    }


def metrics(backtest: Backtest, chosen: Selection, covered: dict[str, list[float | None]]) -> dict[str, Any]:
    """The report: every candidate on every window, which was chosen and why, interval coverage."""
    origins = backtest.origins
    windows = {
        "evaluated": origins.evaluated,
        "selection": origins.selection,
        "held_out": origins.held_out,
    }
    return {
        "series": backtest.monthly.code,
        "model": chosen.model,
        "reason": chosen.reason,
        "mspe_to_benchmark": chosen.mspe_to_benchmark,
        "units": {"mae": "US$ per barrel", "rmse": "US$ per barrel", "mape": "%"},
        "origins": {name: {"count": len(places), "span": backtest.span(places)} for name, places in windows.items()},
        "candidates": {
            c.name: {name: asdict(backtest.scores(c.name, places)) for name, places in windows.items()} for c in CANDIDATES
        },
        "coverage": covered,
    }


def table(report: dict[str, Any]) -> str:
    """The backtest as text: a block per measure, a line per candidate, a column per horizon."""
    span = report["origins"]["evaluated"]
    lines = [f"backtest of {report['series']}: {span['count']} origins {span['span']}"]
    blocks = (
        ("mae", "MAE, US$ per barrel", "7.2f"),
        ("mspe_ratio", "MSPE / monthly-mean no-change", "7.3f"),
    )
    for key, title, form in blocks:
        horizons = range(1, len(report["candidates"][report["model"]]["evaluated"][key]) + 1)
        lines.append(f"{title:<32}" + "".join(f"{f'h{h}':>7}" for h in horizons))
        for name, scored in report["candidates"].items():
            mark = "*" if name == report["model"] else " "
            lines.append(f"{mark} {name:<30}" + "".join(f"{v:{form}}" for v in scored["evaluated"][key]))
    return "\n".join([*lines, f"selected: {report['reason']}"])


def metric_lines(report: dict[str, Any]) -> list[str]:
    """``metric mae_h1=3.590000;`` and so on for the shipped model, as SageMaker's definitions parse them."""
    scored = report["candidates"][report["model"]]["evaluated"]
    lines = [f"metric {key}_h{h}={v:.6f};" for key, values in scored.items() for h, v in enumerate(values, 1)]
    for level, shares in report["coverage"].items():
        lines += [f"metric coverage_{level}_h{h}={v:.6f};" for h, v in enumerate(shares, 1) if v is not None]
    return lines


def run(folders: TrainingFolders) -> None:
    """Read the container's inputs, train, write the model folder."""
    settings = folders.hyperparameters()
    monthly = read_final(folders.channel, settings.series)
    print(f"train: {settings.series}: {len(monthly)} months, newest {monthly.origin}, seed {settings.seed}")
    artefact = train(monthly, settings, os.environ.get("TRAINING_JOB_NAME"))
    artefact.write(folders.model)
    print(table(artefact.metrics))
    print("\n".join(metric_lines(artefact.metrics)))


def _terminate(number: int, frame: FrameType | None) -> None:
    """SageMaker's stop: nothing is half written that matters, so leave at once."""
    del number, frame
    raise SystemExit(TERMINATED)


def main() -> int:
    """Entry point; on failure the reason goes to output/failure and the trace to stderr."""
    signal.signal(signal.SIGTERM, _terminate)
    folders = TrainingFolders(base_folder())
    try:
        run(folders)
    except Exception as error:
        traceback.print_exc()
        reason = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
        print(f"error: {reason}", file=sys.stderr)
        write_reason(folders.failure, reason)
        return 1
    return 0
