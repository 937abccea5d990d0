"""Many series: one row each, its status and why, and what its forecast and intervals are made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsforecast.models import AutoCES

from oleoduto_jobs.ml.arrays import Floats
from oleoduto_jobs.ml.many import cuts, members
from oleoduto_jobs.ml.many.choice import Backtested, backtested
from oleoduto_jobs.ml.many.cuts import cutoffs, size_of
from oleoduto_jobs.ml.many.forecast import forecast_many
from oleoduto_jobs.ml.many.global_model import GlobalModels
from oleoduto_jobs.ml.many.measures import mase, smape
from oleoduto_jobs.ml.many.members import ANY, COMBINATION, MEMBERS, Smoothing, forecasts_of
from oleoduto_jobs.ml.many.path import Path, paths
from oleoduto_jobs.ml.many.pool import choices_gain
from oleoduto_jobs.ml.many.verdict import Wanted
from oleoduto_jobs.ml.transformation import LOGS

H = 6
BOUNDS = ["lower_95", "lower_80", "point", "upper_80", "upper_95"]


def final(code: str, values: Floats, start: str = "2010-01", frequency: str = "monthly") -> pd.DataFrame:
    step = {"monthly": 1, "quarterly": 3, "annual": 12}.get(frequency, 1)
    starts = pd.period_range(start, periods=len(values) * step, freq="M")[::step].to_timestamp()
    return pd.DataFrame({"code": code, "period_start": starts, "frequency": frequency, "unit": "R$", "mean_value": values})


def seasonal(periods: int, season: int = 12, seed: int = 0, level: float = 50.0) -> Floats:
    rng = np.random.default_rng(seed)
    time = np.arange(periods)
    values: Floats = level * np.exp(0.4 * np.sin(2.0 * np.pi * time / season) + np.cumsum(rng.normal(0.0, 0.03, periods)))
    return values


def path(values: Floats, season: int = 12) -> Path:
    return Path("S", values, season, 24_000, LOGS)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Every kind of series in one table, in any order."""
    broken = seasonal(90)
    broken[40] = np.nan
    twice = final("TWICE", seasonal(90))
    tables = [
        final("STALE", seasonal(90), start="2000-01"),
        final("MONTHLY", seasonal(90)),
        final("NEGATIVE", seasonal(90) - 50.0),
        final("CONSTANT", np.full(90, 3.0), start="2010-01"),
        final("SHORT", seasonal(15), start="2016-04"),
        final("ONE", np.array([4.0]), start="2017-06"),
        final("BROKEN", broken),
        pd.concat([twice, twice.iloc[[5]]]),
        final("QUARTERLY", seasonal(40, 4), start="2007-07", frequency="quarterly"),
        final("ANNUAL", seasonal(20, 12), start="1998-01", frequency="annual"),
        final("HOURLY", seasonal(90), frequency="hourly"),
        final("GAP", seasonal(90)).drop(index=[50, 51]),
    ]
    table = pd.concat(tables, ignore_index=True).sample(frac=1.0, random_state=0)
    return forecast_many(table, Wanted(H, run_month=2017 * 12 + 7, max_age=12)).set_index("code")


def test_every_series_has_one_row_with_its_verdict(rows: pd.DataFrame) -> None:
    assert {code: str(status) for code, status in rows["status"].items()} == {
        **dict.fromkeys(["ANNUAL", "GAP", "MONTHLY", "NEGATIVE", "QUARTERLY"], "ok"),
        **dict.fromkeys(["BROKEN", "HOURLY", "TWICE"], "failed"),
        **dict.fromkeys(["ONE", "SHORT"], "short"),
        **{"CONSTANT": "constant", "STALE": "stale"},
    }
    assert rows.index.is_monotonic_increasing


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("STALE", "its newest period begins in 2007-06, more than 12 months before that of 2017-08"),
        ("BROKEN", "2013-05 has no finite value"),
        ("TWICE", "2010-06 occurs twice"),
        ("HOURLY", "its rows are hourly; they must all be one of monthly, quarterly, annual"),
        ("SHORT", "15 values; models need 25"),
    ],
)
def test_a_row_without_models_says_why(rows: pd.DataFrame, code: str, why: str) -> None:
    assert rows.loc[code, "why"] == why


def test_forecasts_lie_inside_their_intervals(rows: pd.DataFrame) -> None:
    for code in ("MONTHLY", "NEGATIVE", "QUARTERLY", "ANNUAL", "GAP", "SHORT"):
        ordered = np.array([rows.loc[code, name] for name in BOUNDS])
        assert ordered.shape == (5, H)
        assert (np.diff(ordered, axis=0) > 0.0).all(), code
    assert np.array([rows.loc["CONSTANT", name] for name in BOUNDS]).tolist() == [[3.0] * H] * 5
    assert rows.loc["ONE", "point"] == [4.0] * H
    assert rows.loc["ONE", "lower_80"] == []
    assert all(rows.loc[code, "point"] == [] for code in ("STALE", "BROKEN", "TWICE", "HOURLY"))


def test_a_positive_series_has_positive_bounds_and_another_need_not(rows: pd.DataFrame) -> None:
    assert min(rows.loc["MONTHLY", "lower_95"]) > 0.0
    assert min(rows.loc["NEGATIVE", "lower_95"]) < 0.0


def test_the_origin_is_the_newest_row(rows: pd.DataFrame) -> None:
    assert rows.loc["MONTHLY", "origin"] == "2017-06"
    assert rows.loc["QUARTERLY", "origin"] == "2017-04"
    assert rows.loc["GAP", "periods"] == 90


def test_the_season_is_seen(rows: pd.DataFrame) -> None:
    later = seasonal(90 + H)[90:]
    assert np.abs(np.log(np.array(rows.loc["MONTHLY", "point"]) / later)).max() < 0.15
    assert rows.loc["MONTHLY", "mase"] < 1.0


def test_a_series_does_not_depend_on_the_others_but_for_its_widths(rows: pd.DataFrame) -> None:
    alone = forecast_many(final("MONTHLY", seasonal(90)), Wanted(H)).set_index("code")
    assert alone.loc["MONTHLY", "point"] == rows.loc["MONTHLY", "point"]
    assert alone.loc["MONTHLY", "model"] == rows.loc["MONTHLY", "model"]
    assert len(alone.loc["MONTHLY", "lower_80"]) == H or alone.loc["MONTHLY", "lower_80"] == []


def test_no_series_is_no_row() -> None:
    empty = forecast_many(final("S", seasonal(30)).iloc[:0], Wanted(H))
    assert len(empty) == 0 and {"code", "status", "why", "point"} <= set(empty.columns)


@pytest.mark.parametrize("name", list(MEMBERS))
def test_a_member_does_not_depend_on_the_unit(name: str) -> None:
    values = seasonal(80)
    found = [MEMBERS[name](path(unit * values), H) / unit for unit in (1.0, 0.01, 10_000.0)]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-6)


def test_the_combination_is_the_median_of_those_that_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path, horizon: int) -> Floats:
        raise ValueError("no model able to be fitted")

    monkeypatch.setattr(
        members, "MEMBERS", {**MEMBERS, "smoothing": fails, "theta": lambda path, horizon: np.full(horizon, np.inf)}
    )
    found = forecasts_of(path(seasonal(80)), H)
    assert found.failures == {
        "smoothing": "ValueError: no model able to be fitted",
        "theta": "its forecast is no finite number",
    }
    left = [found.values[name] for name in MEMBERS if name not in found.failures]
    assert len(left) == len(MEMBERS) - 2
    np.testing.assert_array_equal(found.values[COMBINATION], np.median(left, axis=0))
    row = forecast_many(final("S", seasonal(80)), Wanted(H)).iloc[0]
    assert row["status"] == "ok"
    assert "without smoothing: ValueError: no model able to be fitted" in row["why"]


def test_annual_series_have_no_theta_of_logs() -> None:
    values = seasonal(40)
    assert set(forecasts_of(path(values, 1), H).values) == {*MEMBERS, COMBINATION} - {"theta_of_logs"}
    assert set(forecasts_of(path(values, 4), H).values) == {*MEMBERS, COMBINATION}


def test_the_kind_of_seasons_is_that_of_the_values_at_the_oldest_cutoff() -> None:
    given = path(seasonal(100))
    assert cutoffs(given, 18) == [82, 64]
    _, oldest = Smoothing(scaled=False).with_kind(given.head(64), 18)
    past = backtested(given, 18)
    assert past.kind == oldest != ANY
    for name, scaled in (("smoothing", False), ("smoothing_of_logs", True)):
        kept = Smoothing(scaled=scaled, kind=oldest)
        np.testing.assert_array_equal(past.reported[name], kept(given.head(82), 18))
        np.testing.assert_array_equal(forecasts_of(given, H, kind=past.kind).values[name], kept(given, H))
    assert Smoothing(scaled=False).with_kind(path(np.full(40, 3.0)), H)[1] == ANY, "a constant has none"


def test_logs_take_the_kind_that_the_values_choose() -> None:
    given = path(seasonal(96))
    of_values, of_logs = (Smoothing(scaled=scaled).with_kind(given, H)[1] for scaled in (False, True))
    assert of_values != of_logs, "they would choose different ones"
    found = forecasts_of(given, H)
    assert found.kind == of_values
    np.testing.assert_array_equal(found.values["smoothing_of_logs"], Smoothing(scaled=True, kind=of_values)(given, H))


@pytest.mark.parametrize("length", [60, 115])
def test_smoothing_is_that_of_the_library(length: int) -> None:
    values = seasonal(length)
    unit = float(np.mean(values)) / 10.0
    expected = AutoCES(season_length=12).forecast(y=values / unit, h=H)["mean"] * unit
    np.testing.assert_array_equal(MEMBERS["smoothing"](path(values), H), expected)


def test_a_failure_outside_the_members_stops_no_other_series(monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(given: Path, horizon: int, models: GlobalModels) -> Backtested:
        if given.code == "B":
            raise RuntimeError("broken")
        return backtested(given, horizon, models)

    monkeypatch.setattr("oleoduto_jobs.ml.many.verdict.backtested", picky)
    both = pd.concat([final("A", seasonal(60)), final("B", seasonal(60))])
    found = forecast_many(both, Wanted(H)).set_index("code")
    assert found["status"].tolist() == ["ok", "failed"]
    assert found.loc["B", "why"] == "RuntimeError: broken"


def test_the_choice_never_sees_the_last_horizon() -> None:
    assert cutoffs(path(seasonal(100)), 18) == [82, 64]
    # Fits of other series are cheap: they get one more.
    assert cutoffs(path(seasonal(100), 4), 8) == [92, 84, 80]
    # What is cut off there reaches no earlier forecast either.
    values = seasonal(100)
    shaken = values.copy()
    shaken[82:] *= 3.0
    a, b = (backtested(path(v), 18) for v in (values, shaken))
    assert all(a.reported[name].tobytes() == b.reported[name].tobytes() for name in a.reported)
    assert all(a.errors[name][1:].tobytes() == b.errors[name][1:].tobytes() for name in a.errors)
    assert a.chosen == b.chosen
    assert (a.errors[COMBINATION][0] != b.errors[COMBINATION][0]).any()


def test_a_member_is_chosen_only_if_it_is_clearly_better() -> None:
    def found(season: int, *gains: list[float]) -> Backtested:
        base, own = np.ones((len(gains) + 1, 3)), np.ones((len(gains) + 1, 3))
        own[1:] -= np.array(gains)
        return Backtested(season, {COMBINATION: base, "theta": own}, {}, {})

    assert found(4, [0.3, 0.2, 0.1], [0.1, 0.2, 0.3]).chosen == "theta"
    assert found(4, [0.6, -0.3, -0.2], [0.5, -0.4, -0.1]).chosen == COMBINATION
    assert found(4, [-0.3, -0.2, -0.1], [-0.3, -0.2, -0.1]).chosen == COMBINATION
    # One cutoff is enough for a monthly series only, and one horizon has no standard error.
    assert found(4, [0.3, 0.2, 0.1]).chosen == COMBINATION
    assert found(12, [0.3, 0.2, 0.1]).chosen == "theta"
    one = Backtested(12, {COMBINATION: np.ones((2, 1)), "theta": np.zeros((2, 1))}, {}, {})
    assert one.chosen == COMBINATION
    assert Backtested(12, {}, {}, {}).chosen == COMBINATION


def test_choices_are_used_only_if_they_gain_over_all_series() -> None:
    rng = np.random.default_rng(0)
    assert choices_gain(rng.normal(0.1, 0.1, 100).tolist())
    assert not choices_gain(rng.normal(0.0, 0.1, 100).tolist())
    assert not choices_gain(rng.normal(-0.1, 0.1, 100).tolist())
    assert not choices_gain([1.0, 1.1] * 14)


def test_a_few_series_use_the_combination(rows: pd.DataFrame) -> None:
    modeled = rows[rows["status"] == "ok"]
    assert set(modeled["model"]) == {COMBINATION}
    assert (modeled["mase"] == modeled["mase_combination"]).all()


def test_series_with_a_clear_winner_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One member is right and the other half as much again: the median of two lies between them."""

    def off(path: Path, horizon: int) -> Floats:
        return 1.5 * members.seasonal_naive(path, horizon)

    monkeypatch.setattr(members, "MEMBERS", {"seasonal_naive": members.seasonal_naive, "off": off})
    rng = np.random.default_rng(5)
    wave = np.exp(np.sin(np.arange(100) * np.pi / 6.0))
    tables = [final(f"S{place:02d}", wave * np.exp(rng.normal(0.0, 0.05, 100))) for place in range(40)]
    found = forecast_many(pd.concat(tables), Wanted(H))
    assert set(found["model"]) == {"seasonal_naive"}
    assert (found["mase"] < found["mase_combination"]).all()
    # The errors that make the intervals are those of what is used.
    width = np.log(np.array(found["upper_80"].tolist()) / np.array(found["lower_80"].tolist()))
    assert width.mean() == pytest.approx(2.0 * 1.2816 * 0.05 * np.sqrt(2.0), rel=0.15)


def test_intervals_of_many_series_cover_what_they_say() -> None:
    """Random walks of very different sizes: the errors of all make the widths of each."""
    rng = np.random.default_rng(7)
    walks = [np.cumsum(rng.normal(0.0, 10.0**k, 70)) for k in rng.uniform(-3.0, 3.0, 60)]
    table = pd.concat([final(f"S{place:02d}", walk[: 70 - H]) for place, walk in enumerate(walks)])
    found = forecast_many(table, Wanted(H))
    actual = np.array([walk[70 - H :] for walk in walks])
    for level, low, high in ((80, 0.70, 0.92), (95, 0.88, 1.0)):
        lower, upper = (np.array(found[f"{end}_{level}"].tolist()) for end in ("lower", "upper"))
        assert low <= np.mean((lower <= actual) & (actual <= upper)) <= high


def test_measures_by_hand() -> None:
    before = np.array([1.0, 2.0, 4.0, 5.0])
    assert mase(np.array([6.0]), np.array([9.0]), before, 2) == pytest.approx(3.0 / 3.0)
    assert mase(np.array([6.0]), np.array([9.0]), before, 4) == pytest.approx(3.0 / (4.0 / 3.0))
    assert mase(np.array([6.0]), np.array([9.0]), np.ones(4), 2) is None
    assert smape(np.array([1.0, 0.0]), np.array([3.0, 0.0])) == pytest.approx(50.0)
    assert size_of(path(np.exp(np.array([0.0, 1.0, 3.0])))) == pytest.approx(1.5)


def test_a_gap_lies_between_its_neighbors() -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    [found] = paths(final("S", values).drop(index=[2]))
    assert isinstance(found, Path)
    np.testing.assert_allclose(found.values, values)
    assert cuts.cutoffs(found, H) == []


@pytest.mark.parametrize(("frequency", "step"), [("monthly", 1), ("quarterly", 3), ("annual", 12)])
def test_a_series_ends_in_its_own_periods(frequency: str, step: int) -> None:
    """The newest quarter of the national accounts comes a quarter late, the newest year a year late."""
    table = final("S", seasonal(60, 12 // step), start="1950-01", frequency=frequency)
    newest = 1950 * 12 + 59 * step
    for late, status in ((2, "ok"), (3, "stale")):
        row = forecast_many(table, Wanted(H, run_month=newest + late * step + step - 1, max_age=2)).iloc[0]
        assert row["status"] == status, (late, row["why"])


def test_an_interval_too_wide_for_a_number_is_none() -> None:
    """The changes of 14 values say little, and their exponents overflow."""
    values = np.array([1.0, 1e250, 1.0, 1e250, 1.0, 1e250])
    row = forecast_many(final("S", values), Wanted(H)).iloc[0]
    assert row["status"] == "short" and row["point"] == [1e250] * H
    assert row["lower_80"] == row["upper_95"] == []


def shifted(values: Floats, place: int, factor: float) -> Floats:
    """The values times a factor from a place on."""
    return np.concatenate([values[:place], factor * values[place:]])


WALK = seasonal(120, seed=21)
PRICE = np.exp(np.cumsum(np.random.default_rng(22).normal(0.0, 0.08, 120)))
CURRENCY = np.exp(np.concatenate([0.3 * np.arange(80), 24.0 + np.cumsum(np.random.default_rng(23).normal(0.0, 0.01, 40))]))
ODD: dict[str, tuple[Floats, float]] = {
    "2e-6": (2e-6 * PRICE, 0.3),
    "3e12": (3e12 * PRICE, 0.3),
    "steps of a year": (np.repeat(PRICE[:10], 12), 0.3),
    "constant at its end": (np.concatenate([PRICE[:80], np.full(40, PRICE[79])]), 0.1),
    "level shift": (shifted(PRICE, 60, 2750.0), 0.5),
    "currency with eleven lost digits": (CURRENCY, 0.3),
    "rainfall": (WALK * np.random.default_rng(24).lognormal(0.0, 0.5, 120), 0.9),
}
"""Values of odd kinds, and how far from the last value, as a share of the year's highest, the next forecast may be."""


@pytest.mark.parametrize("kind", ODD)
def test_odd_series_get_a_sensible_forecast(kind: str) -> None:
    values, near = ODD[kind]
    [row] = forecast_many(final("S", values), Wanted(H)).to_dict("records")
    assert row["status"] == "ok" and row["why"] == ""
    ordered = np.array([row[name] for name in BOUNDS])
    assert np.isfinite(ordered).all() and (np.diff(ordered, axis=0) >= 0.0).all()
    assert abs(row["point"][0] - values[-1]) <= near * values[-12:].max()


def test_four_missing_years_are_filled_and_nothing_else() -> None:
    gone = final("S", seasonal(200, seed=25)).drop(index=range(80, 128))
    [row] = forecast_many(gone, Wanted(H)).to_dict("records")
    assert (row["status"], row["periods"], row["origin"]) == ("ok", 200, "2026-08")
