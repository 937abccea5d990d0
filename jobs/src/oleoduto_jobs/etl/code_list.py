"""Which series a run has: codes, and files with one code a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.schema import SERIES_HELP, is_series_code


def is_file(text: str) -> bool:
    """Whether an element of ``--series`` is the path of a file: no code has a `/`."""
    return "/" in text


def every_code(given: Iterable[str], main: str, read: Callable[[str], bytes]) -> list[str]:
    """The codes of ``--series`` and of its files, each once: the main one first, then in their order.

    A file may have the main code, too: it is the list of all.
    """
    found: dict[str, str] = {main: "the main series"}
    for text in given:
        named = _codes(text, read(text)) if is_file(text) else iter([(text, "`--series`")])
        for code, place in named:
            if code in found and code != main:
                raise JobError(f"`{code}` is listed twice: in {place} and in {found[code]}")
            found.setdefault(code, place)
    return list(found)


def _codes(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The codes of a file with their places; blank lines and those that begin with `#` are nothing."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise JobError(f"the list of series {path} is not UTF-8: {error}") from error
    empty = True
    for number, line in enumerate(lines, 1):
        code = line.strip()
        if not code or code.startswith("#"):
            continue
        if not is_series_code(code):
            raise JobError(f"line {number} of {path} is `{code[:80]}`: it must be an Ipeadata code ({SERIES_HELP})")
        empty = False
        yield code, f"line {number} of {path}"
    if empty:
        raise JobError(f"the list of series {path} has no code: write one a line")
