"""Single words within reasons, in the languages of the pages."""

from __future__ import annotations

from oleoduto_jobs.languages import Texts

WORDS: Texts = {
    "daily": ("daily", "diária"),
    "weekly": ("weekly", "semanal"),
    "monthly": ("monthly", "mensal"),
    "quarterly": ("quarterly", "trimestral"),
    "annual": ("annual", "anual"),
    "month": ("month", "mês"),
    "quarter": ("quarter", "trimestre"),
    "year": ("year", "ano"),
    "months": ("months", "meses"),
    "quarters": ("quarters", "trimestres"),
    "years": ("years", "anos"),
    "failed": ("failed", "com falha"),
    "empty": ("empty", "vazia"),
    "unit-changed": ("unit-changed", "unidade alterada"),
}
"""By the English word."""
