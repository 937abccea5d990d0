"""What each command imports: seconds of every job."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from oleoduto_jobs.ml.commands import MODULES, command_of
from oleoduto_jobs.ml.preload import WORK

DEAR = ("lightgbm", "mlflow", "nannyml", "optuna", "scipy.stats", "sklearn", "statsforecast", "statsmodels")
"""Packages of which each costs half a second and more."""


def test_a_command_starts_without_what_only_its_work_needs() -> None:
    code = (
        "import sys; from oleoduto_jobs.ml.commands import MODULES, command_of; [command_of(name) for name in MODULES]; "
        f"print([one for one in {DEAR!r} if one in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_a_command_is_called_by_its_own_word(name: str) -> None:
    assert command_of(name).name == name


def test_every_command_has_what_is_imported_before_it_runs() -> None:
    assert set(WORK) == set(MODULES)


def test_imports_before_a_command_start_no_thread_and_reach_no_other_command() -> None:
    code = (
        "import sys, threading; from oleoduto_jobs.ml.preload import preload; preload(None); preload('predict'); "
        f"print([one for one in {DEAR!r} if one in sys.modules], threading.active_count()); "
        "[preload(name) for name in ('train', 'forecast-many', 'record', 'unknown')]; print(threading.active_count())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout.split("\n")[:2] == ["[] 1", "1"]
