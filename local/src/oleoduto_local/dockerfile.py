"""Reads what the local AWS needs from a Dockerfile: its ENTRYPOINT in exec form, and its USER."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from oleoduto_local.errors import LocalAwsError

_PYTHON = re.compile(r"python(3(\.\d+)?)?")


def logical_lines(text: str) -> list[str]:
    """The instructions of a Dockerfile, with continued lines joined and comments removed."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\[ \t]*\n", " ", "\n".join(kept))
    return [line.strip() for line in joined.splitlines() if line.strip()]


@dataclass(frozen=True)
class Image:
    """What an image runs, and as whom."""

    entrypoint: tuple[str, ...]
    user: str


def image(dockerfile: Path) -> Image:
    """The last ENTRYPOINT and the last USER of the last stage; a stage starts as root, whatever its base image says."""
    try:
        text = dockerfile.read_text(encoding="utf-8")
    except OSError as error:
        raise LocalAwsError(
            f"the Dockerfile {dockerfile} cannot be read ({error.strerror}); give its path with --dockerfile"
        ) from error
    found: list[str] | None = None
    user = "root"
    for line in logical_lines(text):
        instruction, _, rest = line.partition(" ")
        if instruction.upper() == "FROM":
            found, user = None, "root"
        elif instruction.upper() == "ENTRYPOINT":
            found = _exec_form(rest.strip(), dockerfile)
        elif instruction.upper() == "USER":
            user = rest.strip()
    if not found:
        raise LocalAwsError(f'{dockerfile} has no ENTRYPOINT; add one such as ENTRYPOINT ["python", "-m", "package"]')
    return Image(tuple(found), user)


def _exec_form(text: str, dockerfile: Path) -> list[str]:
    try:
        words = json.loads(text)
    except json.JSONDecodeError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise LocalAwsError(f'{dockerfile}: ENTRYPOINT {text} is not in exec form; write it as ["python", "-m", "package"]')
    return words


def with_own_python(argv: list[str]) -> list[str]:
    """Replaces `python`, `python3` or a path to one by the server's interpreter: there is no container."""
    if argv and _PYTHON.fullmatch(Path(argv[0]).name):
        return [sys.executable, *argv[1:]]
    return list(argv)
