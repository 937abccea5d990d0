"""The words that all pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oleoduto_jobs.languages import LANGUAGES, Texts
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import UNKNOWN_UNIT

QUALITY_PAGE = "quality.html"
"""The page of data quality, which lies beside the report."""
REPORT_PAGE = "report.html"

MOST_DECIMALS = 6

COMMON: Texts = {
    "language": ("Language", "Idioma"),
    "contents": ("Contents", "Conteúdo"),
    "source": ("source", "fonte"),
    "unit": ("unit", "unidade"),
    "unknown_unit": ("unit unknown", "unidade desconhecida"),
    "last_observation": ("last observation", "última observação"),
    "run_date": ("run date", "data da execução"),
    "origin": (
        "Source: {source}. Unit: {unit}. Last observation: {last}. Run of {day}.",
        "Fonte: {source}. Unidade: {unit}. Última observação: {last}. Execução de {day}.",
    ),
    "sample_banner": (
        "Sample data. The values are the sample that comes with the program, which ends on {last}: they are not today's. "
        "Decide nothing by this page.",
        "Dados de amostra. Os valores são a amostra que acompanha o programa, que termina em {last}: não são os de hoje. "
        "Não decida nada por esta página.",
    ),
    "stale_banner": (
        "Stale data. On the run date, {day}, the last observation, of {last}, was too old. Look whether the source still "
        "publishes.",
        "Dados desatualizados. Na data da execução, {day}, a última observação, de {last}, era antiga demais. Verifique se a "
        "fonte ainda publica.",
    ),
    "rule": ("rule", "regra"),
    "failed_rows": ("rows that break it", "linhas que a violam"),
    "checked_rows": ("rows checked", "linhas verificadas"),
    "result": ("result", "resultado"),
    "fail": ("fails", "falha"),
    "warn": ("warns", "avisa"),
    "good_rows": ("what good rows do", "o que fazem as linhas boas"),
}

SOURCES: Texts = {
    "ipeadata": ("Ipeadata", "Ipeadata"),
    "ipeadatapy": ("Ipeadata, by the package ipeadatapy", "Ipeadata, pelo pacote ipeadatapy"),
    "file": ("a CSV file", "um arquivo CSV"),
    "sample": ("the sample that comes with the program", "a amostra que acompanha o programa"),
}
"""What readers call the kinds of sources."""


@dataclass(frozen=True)
class Phrases:
    """The words of one language; numbers follow its customs."""

    language: str
    texts: ClassVar[Texts] = COMMON

    def __call__(self, key: str, **values: object) -> str:
        """A text with its values filled in."""
        text = self.texts[key][self.place]
        return text.format(**values) if values else text

    @property
    def place(self) -> int:
        """Of the language among the texts of a key."""
        return list(LANGUAGES).index(self.language)

    def source(self, kind: str) -> str:
        """What readers call a kind of source; the kind if nobody named it."""
        return SOURCES.get(kind, (kind, kind))[self.place]

    def unit(self, unit: str) -> str:
        """The series' own unit, as its source writes it."""
        return self("unknown_unit") if unit == UNKNOWN_UNIT else unit

    def cautions(self, known: Provenance) -> list[str]:
        """That the values are a sample's, or stale; none of current values."""
        keys = [*(["sample_banner"] if known.sample else []), *(["stale_banner"] if known.stale else [])]
        return [self(key, last=known.last, day=known.run_date.isoformat()) for key in keys]

    def number(self, value: float | None, digits: int = 2) -> str:
        """``77.69`` or ``77,69``; a dash where there is none."""
        if value is None:
            return "-"
        return self._signs(f"{value:.{digits}f}")

    def value(self, value: float | None, digits: int) -> str:
        """As ``number``; with six digits where the decimals would be more than a reader counts."""
        return self.number(value, digits) if value is None or digits <= MOST_DECIMALS else self.decimal(value)

    def decimal(self, value: float) -> str:
        """A number with six digits, as many as a reader compares."""
        return self._signs(f"{value:.6g}")

    def count(self, value: int) -> str:
        """``13,060`` or ``13.060``."""
        return self._signs(f"{value:,}")

    def _signs(self, text: str) -> str:
        return text.translate(str.maketrans(",.", ".,")) if self.language == "pt-BR" else text
