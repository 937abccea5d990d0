"""How often a series has a value: the word of its source, compared with its dates. Pure functions."""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from oleoduto_jobs.reasons.reason import because

Frequency = Literal["daily", "weekly", "monthly", "quarterly", "annual"]

PER_YEAR: Mapping[Frequency, int] = {"daily": 365, "weekly": 52, "monthly": 12, "quarterly": 4, "annual": 1}
"""Values that a year of a series has; the raw table holds this number."""

NONE_PER_YEAR = 0
"""In the raw table: the series is of no frequency that is known here."""

_WORDS: Mapping[str, Frequency] = {
    **{"diaria": "daily", "semanal": "weekly", "mensal": "monthly", "trimestral": "quarterly", "anual": "annual"},
    **{"daily": "daily", "weekly": "weekly", "monthly": "monthly", "quarterly": "quarterly", "annual": "annual"},
}
"""``PERNOME`` of Ipeadata without accents and capitals, and the words of ``frequency=`` of a file."""

_LONGEST_DISTANCE: Mapping[Frequency, float] = {"daily": 4, "weekly": 10, "monthly": 45, "quarterly": 135, "annual": 548}
"""Largest median of the days between two dates. A median does not see a few dates too many or too few."""

_AGREEING: Mapping[Frequency, tuple[Frequency, ...]] = {
    "daily": ("daily", "weekly", "monthly"),
    "weekly": ("daily", "weekly", "monthly"),
    "monthly": ("monthly",),
    "quarterly": ("quarterly",),
    "annual": ("annual",),
}
"""What the dates of a series may look like. Series of single events (decisions on a rate) are called daily."""

KNOWN = ", ".join(PER_YEAR)


@dataclass(frozen=True)
class FrequencyFound:
    """``frequency`` is None if it is none of the known ones; ``notice`` says what is remarkable, for the report."""

    frequency: Frequency | None
    notice: str | None = None

    @property
    def per_year(self) -> int:
        """The number of the raw table."""
        return NONE_PER_YEAR if self.frequency is None else PER_YEAR[self.frequency]


def frequency_of(word: str, dates: Sequence[dt.date]) -> FrequencyFound:
    """The frequency of a series by the ``word`` of its source (empty if it says none) and its dates in order.

    The word counts unless the dates contradict it: then the dates do, and a notice says so.
    """
    days = _distance(dates)
    seen = None if days is None else next((name for name, limit in _LONGEST_DISTANCE.items() if days <= limit), None)
    if not word:
        if days is not None and seen is None:
            return FrequencyFound(None, because("dates_of_no_frequency", days=f"{days:g}", frequencies=KNOWN))
        return FrequencyFound(seen or "daily")
    named = _WORDS.get(_plain(word))
    if named is None:
        return FrequencyFound(None, because("unknown_frequency", word=word, frequencies=KNOWN))
    if days is None or seen is None or seen in _AGREEING[named]:
        return FrequencyFound(named)
    return FrequencyFound(seen, because("other_frequency", word=word, days=f"{days:g}", frequency=seen))


def is_frequency_word(word: str) -> bool:
    """Whether ``frequency_of`` knows the word."""
    return _plain(word) in _WORDS


def _distance(dates: Sequence[dt.date]) -> float | None:
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(dates)]
    return float(statistics.median(gaps)) if gaps else None


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
