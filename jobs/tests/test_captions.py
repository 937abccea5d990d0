"""Captions of tables: each table has one, and none is seen below a heading that says the same."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from jobs.tests.conftest import PROVENANCE
from jobs.tests.test_page import run  # noqa: F401 - a fixture

from oleoduto_jobs.etl.quality.evaluate import Finding
from oleoduto_jobs.etl.quality.report import SERIES_COLUMNS, Checked
from oleoduto_jobs.etl.quality.report import page as quality_page
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.ml.page.html import Run, page


def quality() -> str:
    """A page with broken rules, rules that hold and all series."""
    row = {"code": "A", **dict.fromkeys(SERIES_COLUMNS, 1), "newest_date": dt.date(2012, 12, 31)}
    findings = [Finding(rule, 13_060, place % 2, place % 2, (row,) * (place % 2)) for place, rule in enumerate(RULES)]
    return quality_page(Checked(findings, [row], 1, PROVENANCE))


def below_headings(text: str) -> list[tuple[str, str, str]]:
    """Heading or summary, class and text of each caption below it."""
    found = []
    for block, title in (("section", "h2"), ("details", "summary")):
        for content in re.findall(rf"<{block}\b.*?</{block}>", text, re.DOTALL):
            [above] = re.findall(rf"<{title}>(.*?)</{title}>", content)
            found += [(above, kind, told) for kind, told in re.findall(r'<caption(?: class="(\w+)")?>(.*?)</caption>', content)]
    return [(unescape(above).casefold(), kind, unescape(told).casefold()) for above, kind, told in found]


@pytest.mark.parametrize("which", ["report", "quality"])
def test_no_caption_is_seen_that_repeats_its_heading(run: Run, which: str) -> None:  # noqa: F811
    found = below_headings(page(run) if which == "report" else quality())
    repeated = [(kind, told) for above, kind, told in found if above == told]
    assert len(repeated) >= 4 and {kind for kind, _ in repeated} == {"heard"}
    # Those of the report's other tables say what no heading does.
    assert which == "quality" or [told for above, kind, told in found if kind == ""]
