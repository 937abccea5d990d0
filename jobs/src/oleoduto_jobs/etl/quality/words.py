"""Every word of the page of data quality, in the languages of the report."""

from __future__ import annotations

from typing import ClassVar

from oleoduto_jobs.languages import Texts
from oleoduto_jobs.page.words import COMMON, Phrases

WORDS: Texts = {
    **COMMON,
    "title": ("Data quality of the run of {day}", "Qualidade dos dados da execução de {day}"),
    "lead": (
        "{held} of {rules} rules hold, for {asked} series. {warned} warn, {failed} fail.",
        "{held} de {rules} regras valem. Séries: {asked}. Avisos: {warned}; falhas: {failed}.",
    ),
    "meaning": (
        "A rule that fails for the main series stops the run before training; one that warns is reported. Rows that break a "
        "rule are in the table quarantine, these figures in the table quality.",
        "Uma regra que falha na série principal interrompe a execução antes do treino; uma que avisa é relatada. As linhas que "
        "violam uma regra estão na tabela quarantine, estes números na tabela quality.",
    ),
    "report": ("The forecast of this run", "A previsão desta execução"),
    "broken": ("Rules that do not hold", "Regras que não valem"),
    "all_hold": ("All rules hold.", "Todas as regras valem."),
    "held": ("Rules that hold", "Regras que valem"),
    "held_rules": ("{held} of {rules} rules hold", "{held} de {rules} regras valem"),
    "samples": ("Rows that break {rule}", "Linhas que violam {rule}"),
    "series": ("Series", "Séries"),
    "first_series": ("The first {shown} of {asked} series", "As primeiras {shown} de {asked} séries"),
    "code": ("series", "série"),
    "raw_rows": ("dates", "datas"),
    "missing_rows": ("without a value", "sem valor"),
    "previous_rows": ("dates of the run before", "datas da execução anterior"),
    "final_rows": ("final rows", "linhas finais"),
    "newest_value": ("newest value", "valor mais recente"),
    "newest_date": ("its date", "sua data"),
    "age_trading_days": ("trading days ago", "dias úteis atrás"),
    "missing_periods": ("periods without a value", "períodos sem valor"),
    "missing": ("the first of them", "os primeiros deles"),
}


class QualityWords(Phrases):
    """The words of one language."""

    texts: ClassVar[Texts] = WORDS
