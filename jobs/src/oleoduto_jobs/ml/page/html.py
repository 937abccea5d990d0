"""The report of one series: the forecast in a sentence and a picture, then what is behind it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from oleoduto_jobs.etl.quality.rules import described
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.page.chart import fan
from oleoduto_jobs.ml.page.checks import Checks
from oleoduto_jobs.ml.page.intervals import narrowing
from oleoduto_jobs.ml.page.models import backtest, choice, drift, monitored
from oleoduto_jobs.ml.page.past import Past, kinds, misses
from oleoduto_jobs.ml.page.values import digits_of
from oleoduto_jobs.ml.page.words import Words
from oleoduto_jobs.page.parts import banner, document, facts, origin, prose, sections, table
from oleoduto_jobs.page.words import QUALITY_PAGE
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import UNKNOWN_UNIT


@dataclass(frozen=True)
class Run:
    """What the page shows: the series, the predictions table, ``metrics.json``, ``metadata.json``, broken rules."""

    monthly: Monthly
    predictions: pd.DataFrame
    report: dict[str, Any]
    metadata: dict[str, Any]
    provenance: Provenance
    checks: Checks | None = None
    past: Past | None = None
    """What became of earlier forecasts, once the run has been monitored."""
    many: bool = False
    """Whether the run has a page of all its series beside this one."""


def page(run: Run, first: str = "en") -> str:
    """The whole document; the languages are articles of it, ``first`` is shown first, without any script."""
    return document(Words(first)("title", series=run.monthly.code), lambda code: article(run, Words(code)), first)


def article(run: Run, words: Words) -> str:
    """The report in one language."""
    origin_month = run.report["forecast"]["origin_month"]
    unit = words.unit(run.monthly.unit)
    model = words.model(run.report["model"])
    lead = words("lead", periods=words(run.monthly.periods), origin=origin_month, model=model)
    chart = fan(run.monthly, run.predictions, words, f"chart-{words.language}", run.past)
    titled = [
        (words("history"), f"<figure>{chart}{_legend(run, unit, words)}</figure>{misses(run.past, run.monthly, unit, words)}"),
        (words("forecast"), _forecast(run, unit, words)),
        (words("choice"), choice(run.report, run.metadata.get("fell_back_from"), words)),
        (words("backtest"), backtest(run.report, run.monthly, unit, words)),
        *([(words("monitored"), monitored(run.past.document, run.monthly, unit, words))] if run.past is not None else []),
        (words("drift"), drift(run.monthly, words)),
        (words("quality"), facts(_data(run, words)) + _checks(run.checks, words)),
        (words("run"), facts(_about(run, words))),
    ]
    heading = escape(words("title", series=run.monthly.code))
    others = f'<p><a href="series.html">{escape(words("all_series"))}</a></p>\n' if run.many else ""
    known = f"{banner(run.provenance, words)}{_headline(run, words)}<p>{prose(lead)}</p>\n{origin(run.provenance, words)}"
    return f"<h1>{heading}</h1>\n{known}{others}{sections(titled, words)}"


def _headline(run: Run, words: Words) -> str:
    """The last month of the forecast in one sentence."""
    last = run.predictions.iloc[-1]
    point, low, high = (
        words.value(float(last[column]), digits_of(run.monthly)) for column in ("point", "lower_80", "upper_80")
    )
    unit = words.unit(run.monthly.unit)
    known = {"series": run.monthly.code, "unit": f"({unit})" if run.monthly.unit == UNKNOWN_UNIT else unit}
    text = words("headline", **known, month=f"{last['target_start']:%Y-%m}", point=point, low=low, high=high)
    return f'<p class="headline">{prose(text)}</p>\n'


def _legend(run: Run, unit: str, words: Words) -> str:
    """What the lines, bands and dots of the chart are, and its unit."""
    bands = ((f"b{n}", words("band", level=n)) for n in (80, 95))
    dots = ((kind, words("dots", ahead=words.ahead(ahead, run.monthly.periods))) for kind, ahead in kinds(run.past).items())
    marks = [("past", words("past")), ("ahead", words("point")), *bands, *dots]
    listed = "".join(f'<li><span class="mark {kind}"></span>{escape(text)}</li>' for kind, text in marks)
    return f'<figcaption><ul class="legend"><li>{escape(unit)}</li>{listed}</ul></figcaption>'


def _forecast(run: Run, unit: str, words: Words) -> str:
    header = [words("month"), f"{words('point')}, {unit}", *(words("interval", level=level) for level in (80, 95))]
    rows, digits = [], digits_of(run.monthly)
    for row in run.predictions.to_dict("records"):
        bounds = ((row[f"lower_{level}"], row[f"upper_{level}"]) for level in (80, 95))
        spans = [f"{words.value(lower, digits)}\u00a0-\u00a0{words.value(upper, digits)}" for lower, upper in bounds]
        rows.append([f"{row['target_start']:%Y-%m}", words.value(row["point"], digits), *spans])
    return table(words("forecast"), header, rows) + narrowing(run.monthly, run.predictions, words)


def _checks(checks: Checks | None, words: Words) -> str:
    if checks is None:
        return f"<p>{escape(words('unchecked'))}</p>"
    held = escape(words("checked", held=checks.rules - len(checks.broken), rules=checks.rules))
    lead = f'<p>{held} <a href="{QUALITY_PAGE}">{escape(words("quality_page"))}</a></p>'
    if not checks.broken:
        return lead
    header = [words(key) for key in ("rule", "result", "good_rows", "failed_rows", "checked_rows")]
    return lead + table(words("broken"), header, [_broken(row, words) for row in checks.broken])


def _broken(row: Mapping[Hashable, Any], words: Words) -> list[str]:
    """A broken rule of the quality table, which has English sentences only."""
    counts = (words.count(row["failed_rows"]), words.count(row["checked_rows"]))
    return [row["rule"], words(row["severity"]), described(row["rule"], row["description"], words.place), *counts]


def _data(run: Run, words: Words) -> list[tuple[str, str]]:
    monthly, known = run.monthly, run.provenance
    whole = int(monthly.positions[-1] - monthly.positions[0]) + 1
    return [
        (words("source"), words.source(known.source)),
        (words("unit"), words.unit(monthly.unit)),
        (words("last_observation"), known.last),
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
        (words("run_date"), run.provenance.run_date.isoformat()),
        (words("model"), f"{run.report['model']} {forecast['model_version']}"),
        (words("training_job"), forecast["training_job"]),
        (words("model_months"), forecast["model_origin_month"]),
        (words("versions"), versions or "-"),
    ]
