"""Texts of a service, made fit for logs and messages."""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Control and format characters and line separators: they can forge lines of a log or rule a terminal."""


def printable(text: str) -> str:
    """``text`` with a space for each control character, so that it stays on one line."""
    return "".join(" " if unicodedata.category(letter) in _UNSEEN else letter for letter in text)
