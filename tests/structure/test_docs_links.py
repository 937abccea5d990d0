"""The documents name what exists: links, anchors, paths, and tests that make the transcripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import transcripts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *transcripts.DOCUMENTS,
    *(ROOT / name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "STYLE.md")),
]
SOURCES = ("backend", "bench", "crates", "examples", "jobs", "local", "scripts", "src", "stacks", "tests")
FENCE = re.compile(r"^(?P<above>[^\n]*)\n```(?P<language>\w*)\n.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", document.read_text())):
        path, _, anchor = link.partition("#")
        if path.startswith(("http:", "https:")):
            continue
        target = document.parent / path if path else document
        assert target.exists(), f"{document.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{document.name}: {link}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_in_a_document_exists(document: Path) -> None:
    """A path begins with a folder of the sources."""
    paths = re.findall(rf"`((?:{'|'.join(SOURCES)})/[\w./-]+)`", document.read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", transcripts.DOCUMENTS, ids=lambda path: path.name)
def test_every_output_in_a_document_is_made_by_a_test_or_dated(document: Path) -> None:
    for match in FENCE.finditer(document.read_text()):
        marked = re.match(r"<!-- (transcript: .+|taken \d{4}-\d\d-\d\d: .+) -->$", match["above"])
        assert marked or match["language"] != "text", f"{document.name}: no marker above\n{match[0][:200]}"


def test_every_transcript_has_its_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests/e2e").glob("test_*.py"))
    for block in transcripts.blocks():
        if block.source.startswith("oleoduto "):
            shown = block.prompt == [] or block.prompt == [f"$ {block.source}"]
            assert shown, f"{block.document.name}: {block.prompt} is not what is run"
        else:
            assert f'"{block.source}"' in tests, f"no test makes `{block.source}` of {block.document.name}"
