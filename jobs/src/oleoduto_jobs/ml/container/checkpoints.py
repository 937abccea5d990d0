"""Checkpoints of a training job: each candidate's finished backtest, so that a spot interruption costs one at most."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from oleoduto_jobs import __version__
from oleoduto_jobs.ml.code import code_digest
from oleoduto_jobs.ml.evaluation.backtest import Runner, Task, TaskResult


def key(task: Task) -> str:
    """What a result depends on: data, origins, horizons, seed, candidate and this package's own code."""
    digest = hashlib.sha256(f"{__version__} {code_digest()} {task.name} {task.horizons} {task.seed}".encode())
    digest.update(task.monthly.sha256().encode())
    digest.update(task.rows.astype("<i8").tobytes())
    return digest.hexdigest()


def resumed(runner: Runner, folder: Path) -> Runner:
    """The runner without the tasks whose results are in ``folder``; it saves each result as soon as it is ready.

    A result whose file is unreadable or has another key is computed again: SageMaker may have copied half of it.
    """

    def run(tasks: Sequence[Task]) -> Iterable[TaskResult]:
        found = {task.name: _read(folder / f"{task.name}.npz", task) for task in tasks}
        missing = [task for task in tasks if found[task.name] is None]
        if len(missing) < len(tasks):
            print(f"train: {len(tasks) - len(missing)} of {len(tasks)} candidates resumed from checkpoints", flush=True)
        fresh = iter(runner(missing))
        for task in tasks:
            outcome = found[task.name]
            if outcome is None:
                outcome = next(fresh)
                _write(folder / f"{task.name}.npz", task, outcome)
                print(f"train: {task.name} ready", flush=True)
            yield outcome

    return run


def _read(path: Path, task: Task) -> TaskResult | None:
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as saved:
            if str(saved["key"]) != key(task):
                return None
            forecasts, failure = np.array(saved["forecasts"], dtype=np.float64), str(saved["failure"])
            return TaskResult(forecasts, float(saved["cpu_seconds"]), failure or None)
    except (OSError, ValueError, KeyError, EOFError) as error:
        print(f"train: checkpoint {path.name} is unusable ({error}); computing it again", flush=True)
        return None


def _write(path: Path, task: Task, outcome: TaskResult) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez(
            file,
            key=key(task),
            forecasts=outcome.forecasts,
            cpu_seconds=outcome.cpu_seconds,
            failure=outcome.failure or "",
        )
    # SageMaker copies the folder at any moment: a file appears only when it is complete.
    part.replace(path)
