"""Transcripts in the documents: fenced blocks that hold what a command prints, compared with what it prints now.

A block follows its marker, an HTML comment on the line above:

- `transcript: oleoduto list`: `test_docs.py` runs this command;
- `transcript: NAME`: a test that runs the command anyway calls `check("NAME", ...)`;
- `transcript: ... | grep REGEX`: the block holds only the lines that match;
- `taken YYYY-MM-DD: REASON`: no test makes this output.

A first line that starts with `$ ` is for the reader. `UPDATE_TRANSCRIPTS=1` rewrites the blocks that differ.
"""

from __future__ import annotations

import difflib
import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

DOCUMENTS = (ROOT / "README.md", ROOT / "README.pt-BR.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(
    r"^<!-- transcript: (?P<source>[^\n]+?)(?: \| grep (?P<pattern>[^\n]+))? -->\n```\w+\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# What differs between two runs that do the same.
VARYING = (
    (re.compile(r" +\d+(\.\d+)? s\b"), ""),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "HASH"),
)
Output = str | subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Block:
    """A transcript as it is in a document."""

    document: Path
    source: str
    pattern: str | None
    prompt: list[str]
    lines: list[str]

    def excerpt(self, output: str) -> list[str]:
        """The lines of an output that this block holds."""
        lines = [line.rstrip() for line in output.splitlines()]
        kept = [line for line in lines if self.pattern is None or re.search(self.pattern, line)]
        return "\n".join(kept).strip("\n").splitlines()

    def rewrite(self, lines: list[str]) -> None:
        """Put other lines in the place of the block's own; tests in other processes may do the same."""
        with self.document.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = file.read()
            (found,) = [match for match in BLOCK.finditer(text) if parse(self.document, match) == self]
            body = "".join(f"{line}\n" for line in [*self.prompt, *lines])
            file.seek(0)
            file.truncate()
            file.write(text[: found.start("body")] + body + text[found.end("body") :])


def parse(document: Path, match: re.Match[str]) -> Block:
    """The block of a match."""
    lines = match["body"].splitlines()
    prompt = [line for line in lines[:1] if line.startswith("$ ")]
    return Block(document, match["source"], match["pattern"], prompt, lines[len(prompt) :])


def blocks() -> Iterator[Block]:
    """Every transcript of the documents."""
    for document in DOCUMENTS:
        yield from (parse(document, match) for match in BLOCK.finditer(document.read_text()))


def comparable(lines: list[str], ordered: bool) -> list[str]:
    """Lines without what varies; what stacks print at the same time has no order."""
    for pattern, name in VARYING:
        lines = [pattern.sub(name, line) for line in lines]
    return lines if ordered else sorted(lines)


def check(source: str, output: Output, replacing: Mapping[str, str] | None = None, *, ordered: bool = False) -> None:
    """Compare an output (standard error first) with the blocks of this source, or rewrite them."""
    text = output if isinstance(output, str) else output.stderr + output.stdout
    for old, new in (replacing or {}).items():
        text = text.replace(old, new)
    found = [block for block in blocks() if block.source == source]
    assert found, f"no document has a block `<!-- transcript: {source} -->`"
    for block in found:
        lines = block.excerpt(text)
        if comparable(block.lines, ordered) == comparable(lines, ordered):
            continue
        if os.environ.get("UPDATE_TRANSCRIPTS"):
            block.rewrite(lines)
            continue
        difference = "\n".join(difflib.unified_diff(block.lines, lines, block.document.name, "now", lineterm=""))
        raise AssertionError(f"`{source}` prints something else (UPDATE_TRANSCRIPTS=1 rewrites the block):\n{difference}")
