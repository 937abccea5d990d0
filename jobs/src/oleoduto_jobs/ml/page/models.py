"""The sections of the report about the models: which one and why, its errors in the past, what to expect of it."""

from __future__ import annotations

from html import escape
from typing import Any

from oleoduto_jobs.ml.data import Monthly
from oleoduto_jobs.ml.evaluation.drift import RECENT_MONTHS, feature_drift
from oleoduto_jobs.ml.models.candidates import BENCHMARK
from oleoduto_jobs.ml.page.values import digits_of
from oleoduto_jobs.ml.page.words import Words
from oleoduto_jobs.page.parts import folded, prose, table
from oleoduto_jobs.reasons.reason import because, retold


def choice(report: dict[str, Any], fell_back_from: str | None, words: Words) -> str:
    """Why the model in use forecasts, and how the candidates did when it was chosen."""
    model = report["model"]
    called = words.model(model)
    text = words("choice_benchmark") if model == BENCHMARK else words("choice_challenger", model=called)
    if fell_back_from is not None:
        text = words("choice_fell_back", model=words.model(fell_back_from))
    elif not report["verdicts"]:
        text = words("choice_simplest", model=called)
    failed = "".join(
        f"<p>{escape(words('excluded', model=words.model(name), reason=retold(reason, words.place)))}</p>"
        for name, reason in report["excluded"].items()
    )
    header = [words("candidate"), words("verdict"), words("worst"), words("p")]
    rows = [
        [words.model(name), words.number(v["mean_ratio"], 3), words.number(v["worst_ratio"], 3), words.number(v["p_holm"], 3)]
        for name, v in sorted(report["verdicts"].items(), key=lambda item: item[1]["mean_ratio"])
    ]
    return f"<p>{escape(text)}</p>{failed}{table(words('mspe_to_benchmark'), header, rows, [called])}"


def backtest(report: dict[str, Any], monthly: Monthly, unit: str, words: Words) -> str:
    """Errors of every candidate on origins that the choice did not see."""
    span = report["origins"]["reported"]
    parts = [f"<p>{prose(words('backtest_lead', **span))}</p>"]
    for key, digits in (("mae", digits_of(monthly)), ("mspe_to_benchmark", 3), ("coverage", 2)):
        rows = []
        for name, scored in report["candidates"].items():
            values = scored["reported"][key]
            values = values["80"] if key == "coverage" else values
            rows.append([words.model(name), *(words.value(v, digits) for v in values)])
        horizons = len(rows[0]) - 1
        parts.append(
            table(
                words(key, unit=unit),
                [words("candidate"), *(f"+{h}" for h in range(1, horizons + 1))],
                rows,
                [words.model(report["model"])],
            )
        )
    return "".join(parts)


def monitored(document: dict[str, Any], monthly: Monthly, unit: str, words: Words) -> str:
    """Realized errors of earlier forecasts, and estimated errors of the open ones."""
    digits = digits_of(monthly)
    header = ["", words("origins"), words("mae", unit=unit), words("mspe_to_benchmark"), words("limit")]
    rows = [
        [
            f"+{r['horizon']}",
            str(r["origins"]),
            words.value(r["mae"], digits),
            *(words.number(r[key], 3) for key in ("ratio", "limit")),
        ]
        for r in document["realised"]
    ]
    parts = [table(words("realised"), header, rows) if rows else f"<p>{escape(words('nothing_realised'))}</p>"]
    reason = document["not_estimated_because"]
    if reason is not None:
        # That nothing has an outcome yet is told already.
        if rows or reason != because("nothing_realized"):
            parts.append(f"<p>{escape(words('not_estimated', reason=retold(reason, words.place)))}</p>")
        return "".join(parts)
    header = [
        "",
        words("origins"),
        words("mae", unit=unit),
        words("estimate"),
        words("usual"),
        words("threshold"),
        words("alert"),
    ]
    rows = [
        [
            f"+{r['horizon']}",
            str(r["origins"]),
            words.value(r["mae"], digits),
            *(words.number(100.0 * r[key], 1) for key in ("error", "usual", "threshold")),
            words("yes" if r["alert"] else "no"),
        ]
        for r in document["estimated"]
    ]
    if rows:
        parts += [f"<p>{escape(words('estimated_lead'))}</p>", table(words("estimated"), header, rows)]
    header = [words("feature"), words("statistic"), words("threshold"), words("drifted")]
    rows = [
        [r["feature"], words.number(r["distance"], 3), words.number(r["threshold"], 3), words("yes" if r["alert"] else "no")]
        for r in document["estimated_drift"]
    ]
    return "".join([*parts, table(words("distances"), header, rows)] if rows else parts)


def drift(monthly: Monthly, words: Words) -> str:
    """Whether the features of late are like those before."""
    found = feature_drift(monthly)
    lead = words("drift_lead", recent=RECENT_MONTHS, before=max(len(monthly) - RECENT_MONTHS, 0))
    header = [words("feature"), words("statistic"), words("p"), words("drifted")]
    rows = [
        [d.feature, words.number(d.distance), words.number(d.p_holm, 3), words("yes" if d.drifted else "no")] for d in found
    ]
    return f"<p>{escape(lead)}</p>{folded(words('details'), table(words('drift'), header, rows))}"
