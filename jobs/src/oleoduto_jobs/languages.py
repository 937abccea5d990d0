"""The languages of the pages, and texts in each of them."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = {"en": "English", "pt-BR": "Português"}

Texts = Mapping[str, tuple[str, str]]
"""A text in each language, in the order of ``LANGUAGES``, by a key."""
