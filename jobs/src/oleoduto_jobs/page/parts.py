"""The parts that pages are made of, as HTML: the document with its languages, sections, tables, lists of facts, banners."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from importlib.resources import files

from oleoduto_jobs.languages import LANGUAGES
from oleoduto_jobs.page.words import COMMON, Phrases
from oleoduto_jobs.provenance import Provenance


def style() -> str:
    """The style sheet of every page."""
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def language_switch(first: str) -> str:
    """The choice of a language, which works without any script; ``first`` is chosen at first."""
    switches = "".join(
        f'<label><input type="radio" name="language" value="{code}"{" checked" if code == first else ""}> '
        f'<span lang="{code}">{name}</span></label>'
        for code, name in LANGUAGES.items()
    )
    return f"<form><fieldset><legend>{' / '.join(COMMON['language'])}</legend>{switches}</fieldset></form>"


def head(title: str, first: str, css: str) -> str:
    """The beginning of a document, up to its body."""
    return (
        f'<!doctype html>\n<html lang="{first}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css}</style>\n</head>\n"
    )


def document(title: str, article: Callable[[str], str], first: str) -> str:
    """A whole document; ``article`` is its content in a language."""
    articles = "\n".join(f'<article lang="{code}">\n{article(code)}\n</article>' for code in LANGUAGES)
    return f"{head(title, first, style())}<body>\n{language_switch(first)}\n<main>\n{articles}\n</main>\n</body>\n</html>\n"


def sections(titled: Iterable[tuple[str, str]], words: Phrases) -> str:
    """Titles with their contents, after a list of links to them."""
    named = [
        (f"{words.language}-{number}", escape(title), _below(title, content))
        for number, (title, content) in enumerate(titled, 1)
    ]
    links = "".join(f'<li><a href="#{key}">{title}</a></li>' for key, title, _ in named)
    body = "\n".join(f'<section id="{key}"><h2>{title}</h2>\n{content}</section>' for key, title, content in named)
    return f'<nav aria-label="{escape(words("contents"))}"><ul>{links}</ul></nav>\n{body}'


def folded(summary: str, content: str) -> str:
    """Content that opens on demand."""
    return f"<details><summary>{escape(summary)}</summary>{_below(summary, content)}</details>"


def _below(title: str, content: str) -> str:
    """Content below a title: a caption that repeats the title is for screen readers alone, which list tables by it."""
    caption = escape(title)
    return content.replace(f"<caption>{caption}</caption>", f'<caption class="heard">{caption}</caption>')


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], strong: Sequence[str] = ()) -> str:
    """The first cell of a row heads it; the rows whose heading is one of ``strong`` stand out."""
    rows = list(rows)
    kinds = [_kind([row[place] for row in rows]) for place in range(1, len(header))]
    heads = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(header, ["", *kinds], strict=True))
    lines = []
    for row in rows:
        mark = ' class="strong"' if row[0] in strong else ""
        cells = "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row[1:], kinds, strict=True))
        lines.append(f'<tr{mark}><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


_NUMBERS = re.compile(r"[-+\d.,:\u00a0]*(e[-+]\d+)?")
"""Numbers, dates, and spans of both."""


def _kind(cells: Sequence[str]) -> str:
    """Words begin at the left, under a heading that does; numbers end at the right."""
    if all(_NUMBERS.fullmatch(cell) for cell in cells):
        return ""
    return ' class="prose"' if any(" " in cell for cell in cells) else ' class="words"'


def prose(text: str) -> str:
    """A text whose dates are not broken at the end of a line."""
    return re.sub(r"\b\d{4}-\d\d(-\d\d)?\b", r"<time>\g<0></time>", escape(text))


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with their values."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>"


def origin(known: Provenance, words: Phrases) -> str:
    """Source, unit, last observation and run date as a paragraph."""
    told = {"source": words.source(known.source), "unit": words.unit(known.unit)}
    return f"<p>{prose(words('origin', **told, last=known.last, day=known.run_date.isoformat()))}</p>\n"


def banner(known: Provenance, words: Phrases) -> str:
    """What a reader must know before the values. Nothing for current values."""
    told = "".join(f"<p>{prose(text)}</p>" for text in words.cautions(known))
    return f'<div class="banner" role="note">{told}</div>\n' if told else ""
