"""The findings as a page in the design of the report: broken rules first, with samples of their rows; no scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from oleoduto_jobs.etl.quality.evaluate import Finding
from oleoduto_jobs.etl.quality.words import QualityWords
from oleoduto_jobs.page.parts import banner, document, folded, origin, sections, table
from oleoduto_jobs.page.words import REPORT_PAGE
from oleoduto_jobs.provenance import Provenance

SERIES_COLUMNS = (
    *("raw_rows", "missing_rows", "previous_rows", "final_rows"),
    *("newest_value", "newest_date", "age_trading_days", "missing_periods", "missing"),
)

_ORDER = ("fail", "warn")

Row = Mapping[str, object]


@dataclass(frozen=True)
class Checked:
    """What the page shows: the findings, rows of the dataset ``series`` with the main one first, the number of codes that the
    run was asked for, and where the values of the main series come from."""

    findings: Sequence[Finding]
    series: Sequence[Row]
    asked: int
    provenance: Provenance


def page(checked: Checked, first: str = "en") -> str:
    """The whole document; the language ``first`` is shown first."""
    title = QualityWords(first)("title", day=checked.provenance.run_date)
    return document(title, lambda code: article(checked, QualityWords(code)), first)


def article(checked: Checked, words: QualityWords) -> str:
    """The page in one language."""
    broken = [one for severity in _ORDER for one in checked.findings if not one.passed and one.severity == severity]
    held = [one for one in checked.findings if one.passed]
    counts = {"held": len(held), "rules": len(checked.findings)}
    of_severity = {word: sum(one.severity == key for one in broken) for key, word in (("fail", "failed"), ("warn", "warned"))}
    lead = escape(words("lead", **counts, **of_severity, asked=checked.asked))
    strong = ' class="failing"' if of_severity["failed"] else ""
    rules = table(words("held"), _header(words), [_rule(one, words) for one in held])
    titled = [
        (words("broken"), _broken(broken, words)),
        (words("held"), folded(words("held_rules", **counts), rules)),
        (words("series"), _series(checked, words)),
    ]
    return (
        f"<h1>{escape(words('title', day=checked.provenance.run_date))}</h1>\n{banner(checked.provenance, words)}"
        f"<p{strong}>{lead}</p>\n{origin(checked.provenance, words)}<p>{escape(words('meaning'))}</p>\n"
        f'<p><a href="{REPORT_PAGE}">{escape(words("report"))}</a></p>\n{sections(titled, words)}'
    )


def _header(words: QualityWords) -> list[str]:
    return [words("rule"), words("good_rows"), words("failed_rows"), words("checked_rows")]


def _rule(finding: Finding, words: QualityWords) -> list[str]:
    counts = (words.count(finding.failed_rows), words.count(finding.checked_rows))
    return [finding.rule.name, finding.rule.descriptions[words.place], *counts]


def _broken(broken: Sequence[Finding], words: QualityWords) -> str:
    """The rules that rows break, and samples of these rows."""
    if not broken:
        return f"<p>{escape(words('all_hold'))}</p>"
    name, *others = _header(words)
    rows = [[rule, words(one.severity), *cells] for one in broken for rule, *cells in [_rule(one, words)]]
    failing = [one.rule.name for one in broken if one.severity == "fail"]
    shown = table(words("broken"), [name, words("result"), *others], rows, failing)
    return shown + "".join(_samples(one, words) for one in broken if one.sample)


def _samples(finding: Finding, words: QualityWords) -> str:
    columns = list(finding.sample[0])
    rows = [[_cell(row.get(name), words) for name in columns] for row in finding.sample]
    caption = words("samples", rule=finding.rule.name)
    return folded(caption, table(caption, columns, rows))


def _series(checked: Checked, words: QualityWords) -> str:
    shown, asked = len(checked.series), checked.asked
    caption = words("first_series", shown=shown, asked=asked) if asked > shown else words("series")
    rows = [[_cell(row["code"], words), *(_counted(row[name], words) for name in SERIES_COLUMNS)] for row in checked.series]
    return table(caption, [words(name) for name in ("code", *SERIES_COLUMNS)], rows)


def _counted(value: object, words: QualityWords) -> str:
    """The same of a column whose whole numbers are counts."""
    return words.count(value) if isinstance(value, int) else _cell(value, words)


def _cell(value: object, words: QualityWords) -> str:
    """A value as readers see it; a dash where there is none."""
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return words.decimal(value)
    return str(value)
