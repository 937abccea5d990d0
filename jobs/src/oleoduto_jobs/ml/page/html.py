"""The page itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

import pandas as pd

from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.evaluation.drift import RECENT_MONTHS, feature_drift
from oleoduto_jobs.ml.models.candidates import BENCHMARK
from oleoduto_jobs.ml.page.chart import fan
from oleoduto_jobs.ml.page.checks import Checks
from oleoduto_jobs.ml.page.words import LANGUAGES, Words
from oleoduto_jobs.schema import UNKNOWN_UNIT


@dataclass(frozen=True)
class Run:
    """What the page shows: the series, the predictions table, ``metrics.json``, ``metadata.json``, broken rules."""

    monthly: Monthly
    predictions: pd.DataFrame
    report: dict[str, Any]
    metadata: dict[str, Any]
    checks: Checks | None = None
    monitored: dict[str, Any] | None = None
    """``monitoring.json``, once the run has been monitored."""
    many: bool = False
    """Whether the run has a page of all its series beside this one."""


def page(run: Run, first: str = "en") -> str:
    """The whole document; the languages are articles of it, ``first`` is shown first, without any script."""
    switches = "".join(
        f'<label><input type="radio" name="language" value="{code}"{" checked" if code == first else ""}> '
        f'<span lang="{code}">{name}</span></label>'
        for code, name in LANGUAGES.items()
    )
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    legend = " / ".join(Words(code)("language") for code in LANGUAGES)
    title = escape(Words(first)("title", series=run.monthly.code))
    articles = "\n".join(article(run, Words(code)) for code in LANGUAGES)
    return (
        f'<!doctype html>\n<html lang="{first}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<form><fieldset><legend>{legend}</legend>{switches}</fieldset></form>\n<main>\n{articles}\n</main>\n</body>\n</html>\n"
    )


def article(run: Run, words: Words) -> str:
    """The report in one language."""
    forecast = run.report["forecast"]
    origin = forecast["origin_month"]
    unit = words.unit(run.monthly.unit)
    dataproc = forecast["dataproc"]
    lead = words(
        "lead",
        periods=words(run.monthly.periods),
        origin=origin,
        model=words.model(run.report["model"]),
        day=f"{dataproc[:4]}-{dataproc[4:6]}-{dataproc[6:]}",
    )
    chart = fan(run.monthly, run.predictions, words, f"chart-{words.language}")
    sections = [
        (words("history"), f"<figure>{chart}{_legend(unit, words)}</figure>"),
        (words("forecast"), _forecast(run.predictions, unit, words)),
        (words("choice"), _choice(run.report, run.metadata.get("fell_back_from"), words)),
        (words("backtest"), _backtest(run.report, unit, words)),
        *([(words("monitored"), _monitored(run.monitored, unit, words))] if run.monitored is not None else []),
        (words("drift"), _drift(run.monthly, words)),
        (words("quality"), _facts(_data(run.monthly, words)) + _checks(run.checks, words)),
        (words("run"), _facts(_about(run, words))),
    ]
    named = [(f"{words.language}-{number}", title, content) for number, (title, content) in enumerate(sections, 1)]
    body = "\n".join(f'<section id="{key}"><h2>{escape(title)}</h2>\n{content}</section>' for key, title, content in named)
    links = "".join(f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title, _ in named)
    contents = f'<nav aria-label="{escape(words("contents"))}"><ul>{links}</ul></nav>\n'
    heading = escape(words("title", series=run.monthly.code))
    others = f'<p><a href="series.html">{escape(words("all_series"))}</a></p>\n' if run.many else ""
    top = f"<h1>{heading}</h1>\n{_headline(run, words)}<p>{escape(lead)}</p>\n{others}{contents}"
    return f'<article lang="{words.language}">\n{top}{body}\n</article>'


def _headline(run: Run, words: Words) -> str:
    """The last month of the forecast in one sentence."""
    last = run.predictions.iloc[-1]
    point, low, high = (words.number(float(last[column])) for column in ("point", "lower_80", "upper_80"))
    unit = words.unit(run.monthly.unit)
    known = {"series": run.monthly.code, "unit": f"({unit})" if run.monthly.unit == UNKNOWN_UNIT else unit}
    text = words("headline", **known, month=f"{last['target_start']:%Y-%m}", point=point, low=low, high=high)
    return f'<p class="headline">{escape(text)}</p>\n'


def _legend(unit: str, words: Words) -> str:
    """What the lines and bands of the chart are, and its unit."""
    marks = [("past", words("past")), ("ahead", words("forecast")), *((f"b{n}", words("band", level=n)) for n in (80, 95))]
    listed = "".join(f'<li><span class="mark {kind}"></span>{escape(text)}</li>' for kind, text in marks)
    return f'<figcaption><ul class="legend"><li>{escape(unit)}</li>{listed}</ul></figcaption>'


def _folded(table: str, words: Words) -> str:
    return f"<details><summary>{escape(words('details'))}</summary>{table}</details>"


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], strong: str | None = None) -> str:
    """The first cell of a row heads it; the row whose heading is ``strong`` stands out."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in header)
    lines = []
    for row in rows:
        mark = ' class="strong"' if row[0] == strong else ""
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        lines.append(f'<tr{mark}><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs) + "</dl>"


def _forecast(predictions: pd.DataFrame, unit: str, words: Words) -> str:
    header = [words("month"), f"{words('point')}, {unit}", *(words("interval", level=level) for level in (80, 95))]
    rows = []
    for row in predictions.to_dict("records"):
        bounds = ((row[f"lower_{level}"], row[f"upper_{level}"]) for level in (80, 95))
        spans = [f"{words.number(lower)}\u00a0-\u00a0{words.number(upper)}" for lower, upper in bounds]
        rows.append([f"{row['target_start']:%Y-%m}", words.number(row["point"]), *spans])
    return _table(words("forecast"), header, rows)


def _choice(report: dict[str, Any], fell_back_from: str | None, words: Words) -> str:
    model = report["model"]
    called = words.model(model)
    text = words("choice_benchmark") if model == BENCHMARK else words("choice_challenger", model=called)
    if fell_back_from is not None:
        text = words("choice_fell_back", model=words.model(fell_back_from))
    elif not report["verdicts"]:
        text = words("choice_simplest", model=called)
    failed = "".join(
        f"<p>{escape(words('excluded', model=words.model(name), reason=reason))}</p>"
        for name, reason in report["excluded"].items()
    )
    header = [words("candidate"), words("verdict"), words("worst"), words("p")]
    rows = [
        [words.model(name), words.number(v["mean_ratio"], 3), words.number(v["worst_ratio"], 3), words.number(v["p_holm"], 3)]
        for name, v in sorted(report["verdicts"].items(), key=lambda item: item[1]["mean_ratio"])
    ]
    return f"<p>{escape(text)}</p>{failed}{_table(words('mspe_to_benchmark'), header, rows, called)}"


def _backtest(report: dict[str, Any], unit: str, words: Words) -> str:
    span = report["origins"]["reported"]
    parts = [f"<p>{escape(words('backtest_lead', **span))}</p>"]
    for key, digits in (("mae", 2), ("mspe_to_benchmark", 3), ("coverage", 2)):
        rows = []
        for name, scored in report["candidates"].items():
            values = scored["reported"][key]
            values = values["80"] if key == "coverage" else values
            rows.append([words.model(name), *(words.number(v, digits) for v in values)])
        horizons = len(rows[0]) - 1
        parts.append(
            _table(
                words(key, unit=unit),
                [words("candidate"), *(f"+{h}" for h in range(1, horizons + 1))],
                rows,
                words.model(report["model"]),
            )
        )
    return "".join(parts)


def _monitored(document: dict[str, Any], unit: str, words: Words) -> str:
    """Realized errors of earlier forecasts, and estimated errors of the open ones."""
    header = ["", words("origins"), words("mae", unit=unit), words("mspe_to_benchmark"), words("limit")]
    rows = [
        [
            f"+{r['horizon']}",
            str(r["origins"]),
            words.number(r["mae"]),
            *(words.number(r[key], 3) for key in ("ratio", "limit")),
        ]
        for r in document["realised"]
    ]
    parts = [_table(words("realised"), header, rows) if rows else f"<p>{escape(words('nothing_realised'))}</p>"]
    if document["not_estimated_because"] is not None:
        return "".join([*parts, f"<p>{escape(words('not_estimated'))}</p>"])
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
            words.number(r["mae"]),
            *(words.number(100.0 * r[key], 1) for key in ("error", "usual", "threshold")),
            words("yes" if r["alert"] else "no"),
        ]
        for r in document["estimated"]
    ]
    if rows:
        parts += [f"<p>{escape(words('estimated_lead'))}</p>", _table(words("estimated"), header, rows)]
    header = [words("feature"), words("statistic"), words("threshold"), words("drifted")]
    rows = [
        [r["feature"], words.number(r["distance"], 3), words.number(r["threshold"], 3), words("yes" if r["alert"] else "no")]
        for r in document["estimated_drift"]
    ]
    return "".join([*parts, _table(words("distances"), header, rows)] if rows else parts)


def _drift(monthly: Monthly, words: Words) -> str:
    found = feature_drift(monthly)
    lead = words("drift_lead", recent=RECENT_MONTHS, before=max(len(monthly) - RECENT_MONTHS, 0))
    header = [words("feature"), words("statistic"), words("p"), words("drifted")]
    rows = [
        [d.feature, words.number(d.distance), words.number(d.p_holm, 3), words("yes" if d.drifted else "no")] for d in found
    ]
    return f"<p>{escape(lead)}</p>{_folded(_table(words('drift'), header, rows), words)}"


def _checks(checks: Checks | None, words: Words) -> str:
    if checks is None:
        return f"<p>{escape(words('unchecked'))}</p>"
    lead = f"<p>{escape(words('checked', held=checks.rules - len(checks.broken), rules=checks.rules))}</p>"
    if not checks.broken:
        return lead
    header = [words("rule"), words("severity"), words("failed_rows"), words("checked_rows"), words("good_rows")]
    rows = [
        [row["rule"], row["severity"], str(row["failed_rows"]), str(row["checked_rows"]), row["description"]]
        for row in checks.broken
    ]
    return lead + _table(words("broken"), header, rows)


def _data(monthly: Monthly, words: Words) -> list[tuple[str, str]]:
    whole = int(monthly.positions[-1] - monthly.positions[0]) + 1
    return [
        (words(monthly.periods), str(len(monthly))),
        (words("first_month"), month_text(int(monthly.months[0]))),
        (words("last_month"), month_text(int(monthly.months[-1]))),
        (words("gaps"), str(whole - len(monthly))),
        (words("hash"), monthly.sha256()),
    ]


def _about(run: Run, words: Words) -> list[tuple[str, str]]:
    forecast = run.report["forecast"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(run.metadata.get("versions", {}).items()))
    return [
        (words("run_date"), forecast["dataproc"]),
        (words("model"), f"{run.report['model']} {forecast['model_version']}"),
        (words("training_job"), forecast["training_job"]),
        (words("model_months"), forecast["model_origin_month"]),
        (words("versions"), versions or "-"),
    ]
