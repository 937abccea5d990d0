"""Tables and rules as pages of Markdown, one in each language: ``python -m oleoduto_jobs.etl.document docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from oleoduto_jobs.etl.document_words import DESCRIPTIONS, UNITS, WORDS
from oleoduto_jobs.etl.quality.rules import RULES
from oleoduto_jobs.languages import Texts
from oleoduto_jobs.page.words import Phrases
from oleoduto_jobs.schema import TABLES, Column, Table

PAGES = {"tables.md": "en", "tables.pt-BR.md": "pt-BR"}


class TableWords(Phrases):
    """The words of the page in one language."""

    texts: ClassVar[Texts] = WORDS

    def description(self, column: Column) -> str:
        """What a column means."""
        return (column.description, DESCRIPTIONS[column.description])[self.place]

    def unit_of(self, column: Column) -> str:
        """A column's unit, a dash if it has none."""
        return (column.unit, UNITS[column.unit])[self.place] or "-"


def page(language: str) -> str:
    """The whole page: columns of every table with type, unit, nullability and limits, then the rules."""
    words = TableWords(language)
    rules = ([f"`{r.name}`", r.dataset, r.severity, r.descriptions[words.place]] for r in RULES)
    parts = [words("head"), *(_section(table, words) for table in TABLES)]
    header = [words(key) for key in ("rule", "dataset", "severity", "holds")]
    parts.append(f"## {words('rules')}\n\n" + _grid(header, rules))
    return "\n".join(parts)


def _section(table: Table, words: TableWords) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    lead = f"{words('key', names=key)}\n\n" if key else ""
    header = [words(key) for key in ("column", "type", "unit", "null", "limits", "what")]
    return f"## {table.name}\n\n{lead}" + _grid(header, (_cells(column, words) for column in table.columns))


def _cells(column: Column, words: TableWords) -> list[str]:
    nullable, limits = words("nullable" if column.nullable else "complete"), ", ".join(column.limits) or "-"
    return [f"`{column.name}`", column.type, words.unit_of(column), nullable, limits, words.description(column)]


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    for name, language in PAGES.items():
        (Path(sys.argv[1]) / name).write_text(page(language), encoding="utf-8")
