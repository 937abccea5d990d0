"""One LightGBM over all series: what it learns, what it never sees, and when there is none."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from jobs.tests.test_forecast_many import FakeS3, Job
from jobs.tests.test_many import final, seasonal

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many import buckets, global_fit, sample
from oleoduto_jobs.ml.many.choice import backtested
from oleoduto_jobs.ml.many.cuts import cutoffs
from oleoduto_jobs.ml.many.global_fit import FEWEST_SERIES, SEASONS, fitted
from oleoduto_jobs.ml.many.global_model import GLOBAL, GlobalModels
from oleoduto_jobs.ml.many.members import COMBINATION, MEMBERS, THETA_OF_LOGS, forecasts_of
from oleoduto_jobs.ml.many.path import Path
from oleoduto_jobs.ml.many.verdict import Wanted
from oleoduto_jobs.ml.transformation import LOGS

H = 6
COUNT = FEWEST_SERIES + 10
NEWEST = 24_000
PERIODS = 72


def reverting(seed: int, last_jump: int | None = None) -> Floats:
    """A random walk in which a jump at a random time is taken back three months later, as in every series of its kind."""
    periods, rng = PERIODS, np.random.default_rng(seed)
    jumps = np.where(rng.random(periods) < 0.15, rng.choice([-0.5, 0.5], periods), 0.0)
    if last_jump is not None:
        jumps[last_jump - 3 :] = 0.0
        jumps[last_jump] = rng.choice([-0.5, 0.5])
    back = np.concatenate([np.zeros(3), -jumps[:-3]])
    values: Floats = np.exp(4.0 + np.cumsum(jumps + back + rng.normal(0.0, 0.01, periods)))
    return values


def path(seed: int, last_month: int = NEWEST) -> Path:
    return Path(f"S{seed:03d}", reverting(seed), 12, last_month, LOGS)


@pytest.fixture(scope="module")
def series() -> list[Path]:
    """Some of them are published a month later, some a month earlier."""
    return [path(seed, NEWEST + (seed % 10 == 3) - (seed % 10 == 7)) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def models(series: list[Path]) -> GlobalModels:
    return fitted(series, Wanted(H))


def test_it_learns_what_one_series_does_not_tell(models: GlobalModels) -> None:
    """On series that it has not seen, whose last known value is a jump."""
    misses: dict[str, list[float]] = {}
    for seed in range(500, 520):
        whole = Path("S", reverting(seed, PERIODS - H - 1), 12, NEWEST + H, LOGS)
        for name, forecast in forecasts_of(whole.head(PERIODS - H), H, models).values.items():
            misses.setdefault(name, []).append(float(np.abs(np.log(forecast / whole.values[-H:])).mean()))
    mean = {name: float(np.mean(found)) for name, found in misses.items()}
    assert mean[GLOBAL] < 0.6 * min(miss for name, miss in mean.items() if name not in (GLOBAL, COMBINATION)), mean


def test_there_is_one_model_per_cutoff(models: GlobalModels) -> None:
    assert [one.last_month for one in models.models] == [NEWEST, NEWEST - H, NEWEST - 2 * H]
    assert models.said == {"monthly": f"3 models of at most {COUNT} series"}


def test_a_forecast_from_a_cutoff_has_seen_nothing_after_it_of_any_series(series: list[Path], models: GlobalModels) -> None:
    for cut in (NEWEST - H, NEWEST - 2 * H):
        shaken = []
        for one in series:
            after = one.last_month - cut
            rng = np.random.default_rng(int(one.code[1:]))
            values = np.concatenate([one.values[:-after], rng.uniform(1.0, 1e6, after)])
            shaken.append(Path(one.code, values, 12, one.last_month, LOGS))
        others = fitted(shaken, Wanted(H))
        for theirs, ours in zip(others.models, models.models, strict=True):
            assert (theirs.text == ours.text) == (ours.last_month <= cut)
        for one, other in list(zip(series, shaken, strict=True))[:10]:
            known = len(one.values) - (one.last_month - cut)
            a = forecasts_of(one.head(known), H, models).values[GLOBAL]
            b = forecasts_of(other.head(known), H, others).values[GLOBAL]
            np.testing.assert_array_equal(a, b)


def test_no_cutoff_uses_a_model_of_later_months(series: list[Path], models: GlobalModels) -> None:
    for one in series:
        for cut in (len(one.values), *cutoffs(one, H)):
            known = one.head(cut)
            model = models.of(known)
            assert model is not None or known.last_month < NEWEST - 2 * H
            assert model is None or model.last_month <= known.last_month
    assert models.of(path(1, NEWEST - 60)) is None


def test_a_backtest_has_its_errors(series: list[Path], models: GlobalModels) -> None:
    past = backtested(series[0], H, models)
    assert past.errors[GLOBAL].shape == past.errors[COMBINATION].shape == (2, H)


def test_the_same_series_in_any_order_give_the_same_bytes(series: list[Path], models: GlobalModels, tmp_path: File) -> None:
    fitted(series[::-1], Wanted(H)).write(tmp_path / "again")
    models.write(tmp_path / "first")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "first").read_bytes()


def test_its_forecast_does_not_depend_on_the_unit(models: GlobalModels) -> None:
    one = path(700)
    ours, theirs = (
        forecasts_of(Path("S", one.values * unit, 12, NEWEST, LOGS), H, models).values[GLOBAL] for unit in (1.0, 1000.0)
    )
    np.testing.assert_allclose(theirs, 1000.0 * ours, rtol=1e-6)


def test_it_is_one_more_member_and_takes_the_place_of_a_dear_one_in_long_series(models: GlobalModels) -> None:
    one, quarterly = path(1), [Path(f"Q{seed}", reverting(seed), 4, NEWEST, LOGS) for seed in range(COUNT)]
    assert set(forecasts_of(one, H).values) == {*MEMBERS, COMBINATION}
    assert set(forecasts_of(one, H, models).values) == {*MEMBERS, GLOBAL, COMBINATION}
    assert set(forecasts_of(quarterly[0], H, fitted(quarterly, Wanted(H))).values) == {*MEMBERS, GLOBAL, COMBINATION}
    long = replace(one, values=np.tile(one.values, 3))
    assert set(forecasts_of(long, H, models).values) == {*MEMBERS, GLOBAL, COMBINATION} - {THETA_OF_LOGS}
    assert set(forecasts_of(long, H).values) == {*MEMBERS, COMBINATION}


def test_a_forecast_that_fails_is_named(models: GlobalModels) -> None:
    """A model of series with another season has other features."""
    others = GlobalModels(tuple(replace(one, season=4) for one in models.models))
    [(name, why)] = forecasts_of(Path("S", seasonal(80, 4), 4, NEWEST, LOGS), H, others).failures.items()
    assert name == GLOBAL and "LightGBMError" in why


def test_few_series_have_no_model() -> None:
    found = fitted([path(seed) for seed in range(3)], Wanted(H))
    assert found.models == ()
    assert found.said == {"monthly": f"no model: 3 series to learn from, {FEWEST_SERIES} are needed"}


def test_series_that_ended_are_not_learned_from(series: list[Path]) -> None:
    found = fitted(series, Wanted(H, run_month=NEWEST + 12, max_age=2))
    assert found == GlobalModels()


def test_annual_series_have_none() -> None:
    annual = [Path(f"A{seed}", reverting(seed), 1, NEWEST, LOGS) for seed in range(COUNT)]
    assert fitted(annual, Wanted(H)) == GlobalModels()
    assert set(SEASONS.values()) == {12, 4}


def test_a_fit_that_fails_stops_nothing(series: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> None:
        raise ValueError("no bins")

    monkeypatch.setattr(lightgbm, "train", broken)
    found = fitted(series, Wanted(H))
    assert found == GlobalModels((), {"monthly": "no model: ValueError: no bins"})
    assert GLOBAL not in forecasts_of(series[0], H, found).values


def test_the_sample_is_bounded_and_the_codes_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "SAMPLE", 5)
    monthly = {f"M{place}": "monthly" for place in range(20)}
    others = {"Q": "quarterly", "A": "annual", "H": "hourly"}
    found = sample.picked({**monthly, **others})
    assert len(found) == 6 and "Q" in found
    # Further series take no place of those that a larger sample would have.
    monkeypatch.setattr(sample, "SAMPLE", 10)
    assert found < sample.picked({**others, **monthly})


def table(count: int) -> list[pd.DataFrame]:
    rows = [final(f"S{seed:03d}", reverting(seed), start="2011-08") for seed in range(count)]
    return [*rows, final("MONTHLY", seasonal(72), start="2011-08")]


def test_the_job_says_it_and_buckets_and_processes_change_no_byte(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of many buckets in two processes, and one bucket in this one."""
    monkeypatch.setattr(global_fit, "FEWEST_SERIES", 12)
    made = []
    for place, (workers, per_bucket) in enumerate(((2, 6), (1, 200))):
        monkeypatch.setattr(os, "cpu_count", lambda workers=workers: workers)
        monkeypatch.setattr(buckets, "PER_BUCKET", per_bucket)
        one = Job(tmp_path / str(place), table(14))
        code, out, err = one.run()
        assert code == 0, err
        assert "global model of monthly series: 3 models of at most 15 series" in out
        about = json.loads((one.output("report") / "series.json").read_text())
        assert about["global_models"] == {"monthly": "3 models of at most 15 series"}
        made.append(one)
    for name in ("verdicts", "forecasts"):
        keys = ["code", *(["horizon"] if name == "forecasts" else [])]
        ours, theirs = (one.table(name).sort_values(keys, ignore_index=True) for one in made)
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-12)


def test_a_checkpoint_of_other_models_is_computed_again(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """One series of another bucket has other values, so the models are others."""
    s3 = FakeS3()
    monkeypatch.setattr("boto3.client", lambda name, region_name: s3)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(buckets, "PER_BUCKET", 6)
    monkeypatch.setattr(global_fit, "FEWEST_SERIES", 12)
    given = ["--bucket", "data", "--region", "sa-east-1"]
    said = []
    for place, order in enumerate((1, 1, -1)):
        rows = table(14)
        rows[0]["mean_value"] = rows[0]["mean_value"].to_numpy()[::order]
        code, out, err = Job(tmp_path / str(place), rows).run(*given)
        assert code == 0, err
        said.append(next(line for line in out.splitlines() if "buckets forecast" in line))
    first, again, changed = said
    assert "4 of 4" in first and "0 of 4" in again and "4 of 4" in changed
