"""The page of all series of a run: one table that can be searched and sorted, the worst first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from oleoduto_jobs.languages import LANGUAGES
from oleoduto_jobs.ml.many.forecast import Row
from oleoduto_jobs.ml.many.path import Status
from oleoduto_jobs.ml.page.index_words import INDEX_WORDS
from oleoduto_jobs.page.parts import head, language_switch, prose, style
from oleoduto_jobs.page.words import COMMON, QUALITY_PAGE, Phrases
from oleoduto_jobs.provenance import ListProvenance
from oleoduto_jobs.reasons.reason import retold
from oleoduto_jobs.schema import UNKNOWN_UNIT

COLUMNS = ("code", "status", "", "origin", "next", "", "unit", "model", "mase", "ratio", "why")
"""Keys by which the columns are sorted; a blank one can't be."""

IN_WORDS = ("status", "unit", "model", "why")
"""Columns that begin at the left."""

HEADINGS = ("code", "status", "history", "origin", "next", "interval_80", "unit", "model", "mase", "ratio", "why")

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Heights of a small line, lowest first."""

_SEVERITY = (Status.FAILED, Status.STALE, Status.SHORT, Status.OK, Status.CONSTANT)


@dataclass(frozen=True)
class Entry:
    """One series, with its newest values."""

    row: Row
    recent: Sequence[float]


@dataclass(frozen=True)
class Summary:
    """The run: its main series, the number of series of each status, and where the values come from."""

    main: str
    statuses: Mapping[str, int]
    data: ListProvenance

    @property
    def series(self) -> int:
        """The number of its series."""
        return sum(self.statuses.values())

    @property
    def day(self) -> str:
        """The run date."""
        return self.data.run_date.isoformat()


def cautions(statuses: Mapping[str, int], data: ListProvenance) -> list[list[str]]:
    """What a reader must know before the values, in every language: that they are a sample's, how many series are stale."""
    stale = statuses.get(Status.STALE, 0)
    told = [COMMON["sample_banner"]] if data.sample else []
    told += [INDEX_WORDS["stale_banner"]] if stale else []
    known = {"day": data.run_date.isoformat(), "last": data.last, "stale": stale, "series": sum(statuses.values())}
    return [[text.format(**known) for text in texts] for texts in told]


def urgency(entry: Entry) -> tuple[int, float, str]:
    """Series that need attention come first: without a forecast, then by the size of their errors."""
    status = next(place for place, status in enumerate(_SEVERITY) if status == entry.row.status)
    return status, -(entry.row.mase or 0.0), entry.row.code


def index(entries: Sequence[Entry], summary: Summary, first: str = "en") -> str:
    """The whole document, which needs nothing from outside; ``entries`` are shown in their order."""
    own = files(__package__)
    css = style() + own.joinpath("index.css").read_text(encoding="utf-8")
    heads = "".join(_heading(key, name) for key, name in zip(COLUMNS, HEADINGS, strict=True))
    statuses = "".join(f'<option value="{status}"></option>' for status in ("", *summary.statuses))
    words = {code: {key: texts[place] for key, texts in INDEX_WORDS.items()} for place, code in enumerate(LANGUAGES)}
    return (
        f"{head(INDEX_WORDS['title'][list(LANGUAGES).index(first)], first, css)}"
        f'<body data-main="{escape(summary.main)}">\n{language_switch(first)}\n<main>\n'
        f"<h1>{_both('title')}</h1>\n{_banner(summary)}<p>{_lead(summary, len(entries))}</p>\n<p>{_origin(summary)} "
        f'<a href="{QUALITY_PAGE}">{_both("quality_page")}</a></p>\n'
        f"<p>{_both('mase_lead')} {_both('ratio_lead')}</p>\n"
        f"<noscript><p>{_both('no_script')}</p></noscript>\n"
        f'<div id="tools" hidden><label>{_both("search")} <input type="search" id="search"></label>'
        f'<label>{_both("status")} <select id="status">{statuses}</select></label></div>\n'
        f'<p id="count" role="status"></p>\n<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead>'
        '<tbody></tbody></table></div>\n<p><button type="button" id="more" hidden></button></p>\n</main>\n'
        f'<script type="application/json" id="words">{_embedded(words)}</script>\n'
        f'<script type="application/json" id="rows">{_embedded([_packed(entry) for entry in entries])}</script>\n'
        f"<script>\n{own.joinpath('index.js').read_text(encoding='utf-8')}</script>\n</body>\n</html>\n"
    )


def spark(recent: Sequence[float], ahead: Sequence[float]) -> str:
    """The newest values and the forecast as letters of heights, with `|` between them."""
    if not recent:
        return ""
    low, high = min([*recent, *ahead]), max([*recent, *ahead])

    def letters(values: Sequence[float]) -> str:
        # Halves: the difference of two huge numbers may be none.
        spread = high / 2.0 - low / 2.0
        heights = ((v / 2.0 - low / 2.0) / spread if spread else 0.5 for v in values)
        return "".join(LETTERS[round((len(LETTERS) - 1) * height)] for height in heights)

    return f"{letters(recent)}|{letters(ahead)}"


def _packed(entry: Entry) -> list[object]:
    row = entry.row
    bounds = (row.lower_80, row.upper_80, row.lower_95, row.upper_95)
    values = [[_short(v) for v in at] for at in zip(row.point, *(bound for bound in bounds if bound), strict=True)]
    unit = "" if row.unit == UNKNOWN_UNIT else row.unit
    past = None if row.realized is None else row.realized.ratio
    mase, ratio = (None if value is None else _short(value) for value in (row.mase, past))
    small = spark(entry.recent, row.point)
    why = [retold(row.why, place) for place in range(len(LANGUAGES))] if row.why else []
    return [row.code, str(row.status), unit, row.season, row.origin, row.model, mase, ratio, small, values, why]


def _short(value: float) -> float:
    """Six digits, as many as the page shows."""
    return float(f"{value:.6g}")


def _embedded(value: object) -> str:
    """JSON that cannot end its element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _heading(key: str, name: str) -> str:
    text, kind = _both(name), ' class="words"' if name in IN_WORDS else ""
    inside = f'<button type="button" data-key="{key}">{text}</button>' if key else text
    return f'<th scope="col"{kind}>{inside}</th>'


def _both(key: str) -> str:
    """A text in every language, of which the page shows one."""
    return _spans(INDEX_WORDS[key])


def _spans(texts: Sequence[str]) -> str:
    return "".join(f'<span class="t" lang="{code}">{prose(text)}</span>' for code, text in zip(LANGUAGES, texts, strict=True))


def _lead(summary: Summary, shown: int) -> str:
    texts = []
    for place, text in enumerate(INDEX_WORDS["lead"]):
        named = ((count, INDEX_WORDS[f"status_{name}"][place]) for name, count in summary.statuses.items())
        counts = ", ".join(INDEX_WORDS["counted"][place].format(count=count, status=status) for count, status in named)
        texts.append(text.format(series=summary.series, day=summary.day, counts=counts, shown=shown))
    return _spans(texts)


def _origin(summary: Summary) -> str:
    """Sources, newest observation and run date."""
    texts = []
    for code in LANGUAGES:
        words = Phrases(code)
        kinds = ", ".join(words.source(kind) for kind in summary.data.sources)
        text = INDEX_WORDS["source_lead"][words.place]
        texts.append(text.format(source=kinds, last=summary.data.last, day=summary.day))
    return _spans(texts)


def _banner(summary: Summary) -> str:
    shown = "".join(f"<p>{_spans(texts)}</p>" for texts in cautions(summary.statuses, summary.data))
    return f'<div class="banner" role="note">{shown}</div>\n' if shown else ""
