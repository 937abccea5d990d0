"""A backtest as a document (JSON values) and as text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from oleoduto_jobs.ml.arrays import Floats, Ints
from oleoduto_jobs.ml.data import month_text
from oleoduto_jobs.ml.evaluation.backtest import Backtest
from oleoduto_jobs.ml.evaluation.former import former_winkler
from oleoduto_jobs.ml.evaluation.intervals import LEVELS
from oleoduto_jobs.ml.evaluation.selection import SIGNIFICANCE, TOLERANCE, Selection
from oleoduto_jobs.ml.models.candidates import BENCHMARK, CANDIDATES
from oleoduto_jobs.ml.models.combination import NAME as COMBINATION

IN_SERIES_UNIT = ("mae", "rmse", "winkler", "crps")
"""Measures in the unit of the series."""

ROLES = {**{c.name: c.role for c in CANDIDATES}, COMBINATION: "challenger"}


def windows(backtest: Backtest) -> dict[str, Ints]:
    """Places of the origins by what they are for."""
    found = {"selection": backtest.origins.selection, "reported": backtest.origins.reported}
    return {name: places for name, places in found.items() if len(places)}


def document(backtest: Backtest, chosen: Selection) -> dict[str, Any]:
    """Every candidate on both windows, which was chosen and why. Nothing in it depends on the clock."""
    found = windows(backtest)
    return {
        "series": backtest.monthly.code,
        "data_sha256": backtest.monthly.sha256(),
        "last_month": backtest.monthly.origin,
        "model": chosen.model,
        "reason": chosen.reason,
        "rule": {"document": "docs/forecasting.md", "tolerance": TOLERANCE, "significance": SIGNIFICANCE},
        "excluded": dict(sorted(backtest.excluded.items())),
        "transformation": backtest.monthly.transformation.kind,
        "former_winkler": {window: former_winkler(backtest, chosen.model, places) for window, places in found.items()},
        "verdicts": {name: {**asdict(v), "passes": v.passes} for name, v in chosen.verdicts.items()},
        "units": {**dict.fromkeys(IN_SERIES_UNIT, backtest.monthly.unit), "mape": "%"},
        "origins": {name: _span(backtest, places) for name, places in found.items()},
        "candidates": {
            name: {
                "role": ROLES[name],
                **{window: _measures(backtest, name, places) for window, places in found.items()},
            }
            for name in backtest.forecasts
        },
    }


def _span(backtest: Backtest, places: Ints) -> dict[str, Any]:
    months = backtest.months(places)
    return {"count": len(months), "first": months[0], "last": months[-1]}


def _measures(backtest: Backtest, name: str, places: Ints) -> dict[str, Any]:
    return {**asdict(backtest.scores(name, places)), **asdict(backtest.interval_scores(name, places))}


def forecasts(backtest: Backtest) -> list[dict[str, Any]]:
    """Every reported forecast: candidate, origin, horizon, target month, point, interval, what happened."""
    rows, moved = [], backtest.monthly.transformation.moved
    for name, points in backtest.forecasts.items():
        half = backtest.intervals[name].half
        for place in backtest.origins.reported:
            origin = int(backtest.monthly.months[backtest.origins.rows[place]])
            for column in range(points.shape[1]):
                point = float(points[place, column])
                row: dict[str, Any] = {
                    "candidate": name,
                    "origin": month_text(origin),
                    "horizon": column + 1,
                    "target_month": month_text(origin + (column + 1) * backtest.monthly.step),
                    "point": point,
                    "actual": _number(backtest.actual[place, column]),
                }
                for level in LEVELS:
                    width = float(half[level][place, column])
                    for end, sign in (("lower", -1.0), ("upper", 1.0)):
                        row[f"{end}_{level}"] = _number(moved(np.array(point), np.array(sign * width)))
                rows.append(row)
    return rows


def squared_errors(backtest: Backtest, name: str) -> list[dict[str, Any]]:
    """What monitoring compares with: the shipped model's forecasts, its squared errors and the benchmark's.

    One entry per evaluated origin whose target is known, in the unit of the series, squared for the errors.
    """
    rows = []
    for place in np.concatenate([backtest.origins.selection, backtest.origins.reported]):
        for column, actual in enumerate(backtest.actual[place]):
            if np.isfinite(actual):
                errors = [float((backtest.forecasts[n][place, column] - actual) ** 2) for n in (name, BENCHMARK)]
                origin = backtest.months(np.array([place]))[0]
                row = {"origin": origin, "horizon": column + 1, "model": errors[0], "benchmark": errors[1]}
                rows.append({**row, "forecast": float(backtest.forecasts[name][place, column])})
    return rows


def _number(value: float | Floats) -> float | None:
    return float(value) if np.isfinite(value) else None


BLOCKS = (
    ("mae", "MAE", "{:.2f}"),
    ("mape", "MAPE, %", "{:.1f}"),
    ("rmse", "RMSE", "{:.2f}"),
    ("mspe_ratio", "MSPE / monthly-mean no-change", "{:.3f}"),
    ("mspe_to_benchmark", "MSPE / end-of-month no-change", "{:.3f}"),
    ("direction", "right direction, share", "{:.2f}"),
    ("dm_p", "Diebold-Mariano p (HLN)", "{:.3f}"),
    ("coverage.80", "inside the 80 % interval", "{:.2f}"),
    ("coverage.95", "inside the 95 % interval", "{:.2f}"),
    ("winkler.80", "Winkler score, 80 %", "{:.1f}"),
    ("winkler.95", "Winkler score, 95 %", "{:.1f}"),
    ("crps", "CRPS", "{:.2f}"),
)
SHORT = ("mae", "mspe_ratio")


def text(report: dict[str, Any], window: str, keys: tuple[str, ...] | None = None) -> str:
    """A block per measure, a line per candidate, a column per horizon; `*` marks what the rule chose."""
    if window not in report["origins"]:
        return f"{report['series']}: no {window} origins, the series is short"
    span = report["origins"][window]
    months = f"{span['first']}..{span['last']} ({span['count']})"
    lines = [f"{report['series']}, {window} origins {months}, unit: {report['units']['mae']}"]
    for key, title, form in BLOCKS:
        if keys is not None and key not in keys:
            continue
        rows = {name: _numbers(scored[window], key) for name, scored in report["candidates"].items()}
        horizons = len(rows[report["model"]])
        lines.append(f"\n{title:<32}" + "".join(f"{f'h{h}':>8}" for h in range(1, horizons + 1)))
        for name, values in rows.items():
            mark = "*" if name == report["model"] else " "
            lines.append(f"{mark} {name:<30}" + "".join(f"{'-' if v is None else form.format(v):>8}" for v in values))
    return "\n".join(lines)


def _numbers(scored: dict[str, Any], key: str) -> list[float | None]:
    name, _, level = key.partition(".")
    values: list[float | None] = scored[name][level] if level else scored[name]
    return values
