"""The findings as one self-contained HTML page: no scripts, no other files, light and dark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from oleoduto_jobs.etl.quality.evaluate import Finding

TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data quality {{ dataproc }}</title>
<style>
:root { color-scheme: light dark; --ok: #1a7f37; --warn: #9a6700; --fail: #cf222e; --line: #8886; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --warn: #d29922; --fail: #f85149; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; }
table { margin: 1rem 0 2rem; border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.ok { color: var(--ok); } .warn { color: var(--warn); } .fail { color: var(--fail); font-weight: 600; }
.sample td { font-size: .85em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
</style>
</head>
<body>
<main>
<h1>Data quality of the run {{ dataproc }}</h1>
<p>{{ asked }} series. {{ findings | length }} rules:
<span class="ok">{{ counts.ok }} hold</span>, <span class="warn">{{ counts.warn }} warn</span>,
<span class="fail">{{ counts.fail }} fail</span>.
Rows that break a rule are in the table <code>quarantine</code>, all of these figures in <code>quality</code>.</p>
<table>
<caption>Rules, those that do not hold first</caption>
<thead><tr><th scope="col">Result</th><th scope="col">Rule</th><th scope="col">Every row</th>
<th scope="col">Rows</th><th scope="col">Broken</th></tr></thead>
<tbody>
{% for finding in findings %}<tr>
<td class="{{ state(finding) }}">{{ state(finding) }}</td>
<th scope="row">{{ finding.rule.name }}</th>
<td>{{ finding.rule.description }}</td>
<td class="number">{{ "{:,}".format(finding.checked_rows) }}</td>
<td class="number">{{ "{:,}".format(finding.failed_rows) }}</td>
</tr>
{% if finding.sample %}<tr class="sample"><td></td><td colspan="4">Samples
{% for row in finding.sample %}<pre>{{ text(row) }}</pre>{% endfor %}</td></tr>
{% endif %}
{% endfor %}</tbody>
</table>
<table>
<caption>Series{% if asked > series | length %}, the first {{ series | length }} of {{ asked }}{% endif %}</caption>
<thead><tr><th scope="col">Code</th><th scope="col">Days</th><th scope="col">Without a price</th>
<th scope="col">Days of the run before</th><th scope="col">Final rows</th><th scope="col">Newest price</th>
<th scope="col">Of</th><th scope="col">Trading days ago</th>
<th scope="col">Periods without a value</th><th scope="col">The first of them</th></tr></thead>
<tbody>
{% for row in series %}<tr>
<th scope="row">{{ row.code }}</th>
{% for name in series_columns -%}
<td class="number">{{ "-" if row[name] is none else row[name] }}</td>
{% endfor %}</tr>
{% endfor %}</tbody>
</table>
</main>
</body>
</html>
"""


SERIES_COLUMNS = (
    *("raw_rows", "missing_rows", "previous_rows", "final_rows"),
    *("newest_value", "newest_date", "age_trading_days", "missing_periods", "missing"),
)


def state(finding: Finding) -> str:
    """``ok``, or what the bad rows do."""
    return "ok" if finding.passed else finding.severity


def page(findings: Sequence[Finding], dataproc: str, series: Sequence[Mapping[str, object]], asked: int) -> str:
    """The whole page; ``dataproc`` is the run date (YYYYMMDD), ``series`` rows of the dataset of that name, ``asked``
    the number of codes that the run was asked for."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    states = [state(finding) for finding in findings]
    order = {"fail": 0, "warn": 1, "ok": 2}
    return environment.from_string(TEMPLATE).render(
        dataproc=dataproc,
        series=series,
        series_columns=SERIES_COLUMNS,
        asked=asked,
        findings=sorted(findings, key=lambda finding: order[state(finding)]),
        counts={name: states.count(name) for name in order},
        state=state,
        text=lambda row: json.dumps(row, default=str),
    )
