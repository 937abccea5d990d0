"""A reason as data: its kind, and the values of its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from oleoduto_jobs.languages import Texts
from oleoduto_jobs.reasons.of_forecasts import FORECASTS
from oleoduto_jobs.reasons.of_sources import SOURCES
from oleoduto_jobs.reasons.words import WORDS

SENTENCES: Texts = {**FORECASTS, **SOURCES}
"""By kind. A name in braces is a value, and the same in both languages; some hold words or sentences themselves:"""

OF_WORDS = frozenset({"frequencies", "frequency", "known_frequencies", "period", "periods", "status"})
"""Values that are words of ours, or a list of them."""

CAUSES = frozenset({"reason"})
"""Values that are reasons: what no sentence of ours says is what someone else's program said."""

PARTS = frozenset({"advice", "said", "listed"})
"""Values that may be sentences of ours, and may be anything else."""

COUNTS = frozenset({"count", "all", "fewest", "before"})
"""Values that are whole numbers."""

FOREIGN = ("{text}", "a mensagem original é: {text}")
"""The words of another program."""

LIST = "; "
"""Between the reasons of a list."""

MOST_PARTS = 16
"""Parts of a list that are looked at."""

KEPT = 4096
"""Texts that are not read twice: a page of many series repeats them."""


@dataclass(frozen=True)
class Reason:
    """``kind`` is one of ``SENTENCES``; ``values`` are those of its sentence, as texts."""

    kind: str
    values: Mapping[str, str]

    def told(self, place: int) -> str:
        """The sentence in the language at ``place``."""
        return SENTENCES[self.kind][place].format(**{name: _value(name, text, place) for name, text in self.values.items()})


def because(kind: str, **values: object) -> str:
    """The sentence of a reason as tables, logs and messages have it: in English."""
    return Reason(kind, {name: str(value) for name, value in values.items()}).told(0)


def read(text: str) -> Reason | None:
    """The reason of an English sentence; None if it is none of ours.

    If several fit, one that begins with words of its own: another may fit the end, which is a reason within this one. Then the
    one with the most words of its own.
    """
    found = ((kind, match) for kind, match in _matches(text))
    best = max(found, key=lambda one: _own_words(one[0]), default=None)
    return None if best is None else Reason(best[0], best[1].groupdict())


@lru_cache(KEPT)
def retold(text: str, place: int) -> str:
    """An English reason, or a list of them, in the language at ``place``; the words of others stay as they are."""
    return _retold(text, place, FOREIGN[place])


def _retold(text: str, place: int, foreign: str) -> str:
    if place == 0 or not text:
        return text
    parts = text.split(LIST, MOST_PARTS)
    start, end, reason = next(_within(parts), (len(parts), len(parts), None))
    # What comes before the first sentence of ours is someone else's.
    told = [foreign.format(text=LIST.join(parts[:start]))] if start else []
    told += [reason.told(place)] if reason is not None else []
    rest = LIST.join(parts[end:])
    return LIST.join([*told, *([_retold(rest, place, foreign)] if rest else [])])


def _within(parts: Sequence[str]) -> Iterator[tuple[int, int, Reason]]:
    """The reasons of ours in a list, with their places. The list's sign may be in a sentence: the longest one comes first."""
    for start in range(len(parts)):
        for end in range(len(parts), start, -1):
            if (reason := read(LIST.join(parts[start:end]))) is not None:
                yield start, end, reason


def _value(name: str, text: str, place: int) -> str:
    if name in OF_WORDS:
        return ", ".join(WORDS.get(word, (word, word))[place] for word in text.split(", "))
    if name in CAUSES:
        return _retold(text, place, FOREIGN[place])
    return _retold(text, place, "{text}") if name in PARTS else text


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for kind, (beginning, form) in _forms().items():
        # Most sentences begin with words of their own: this spares most of the work.
        if text.startswith(beginning) and (match := form.fullmatch(text)):
            yield kind, match


@cache
def _forms() -> Mapping[str, tuple[str, re.Pattern[str]]]:
    """The beginning of each English sentence up to its first value, and what such sentences look like."""
    return {kind: (english.split("{", 1)[0], _form(english)) for kind, (english, _) in SENTENCES.items()}


_PLACES = re.compile(r"\{(\w+)\}")


def _form(english: str) -> re.Pattern[str]:
    parts, seen = [], set()
    for number, part in enumerate(_PLACES.split(english)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(f"(?P<{part}>{r'[0-9]+' if part in COUNTS else '.*?'})")
    return re.compile("".join(parts), re.DOTALL)


def _own_words(kind: str) -> tuple[bool, int]:
    english, _ = SENTENCES[kind]
    return not english.startswith("{"), len(_PLACES.sub("", english))
