"""The documentation site: every page is in it, translations follow their pages, and it names what exists."""

from __future__ import annotations

import re
from pathlib import Path

import docs_pages
import pytest
from docs_pages import ENGLISH, FENCE, LINK, PORTUGUESE, Place

ROOT = Path(__file__).resolve().parents[2]
PAGES = docs_pages.pages_of(docs_pages.sections(ROOT / "scripts/docs_site.toml"))
TRANSLATED = [page for page in PAGES if (ROOT / docs_pages.translation(page)).is_file()]
SOURCES = ("src/**/*.rs", "crates/*/src/**/*.rs", "jobs/src/**/*.py", "local/**/*.py")
# What a library says; a test provokes it (`tests/e2e/test_docs.py`).
FOREIGN = "invalid type: integer …, expected a string"
TROUBLES = re.findall(r"^### (`+)\s*(.*?)\s*\1$", (ROOT / "docs/troubleshooting.md").read_text(), re.MULTILINE)

VARIABLES = sorted(set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/variables.md").read_text(), re.MULTILINE)))


def test_the_navigation_names_every_page_once() -> None:
    assert len(set(PAGES)) == len(PAGES)
    written = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")}
    assert {page for page in written if not page.endswith(f".{PORTUGUESE}.md")} <= set(PAGES)
    assert [page for page in PAGES if not (ROOT / page).is_file()] == []


def test_every_translation_is_of_a_page() -> None:
    found = {str(path.relative_to(ROOT)) for path in (*ROOT.glob("docs/*.*.md"), *ROOT.glob("crates/*/docs/*.*.md"))}
    assert found == {docs_pages.translation(page) for page in TRANSLATED}


@pytest.mark.parametrize("page", TRANSLATED)
def test_a_translation_has_the_headings_commands_links_and_names_of_its_page(page: str) -> None:
    """Titles and comments in commands are translated, and sentences may be in another order; the rest is equal."""
    english, other = (ROOT / page).read_text(), (ROOT / docs_pages.translation(page)).read_text()
    help_ = f"change {docs_pages.translation(page)} as {page} was changed, or remove it: the site then shows the English page"
    assert [level for level, _ in docs_pages.headings(other)] == [level for level, _ in docs_pages.headings(english)], help_
    assert blocks(other) == blocks(english), help_
    assert links(other, page) == links(english, page), help_
    assert names(other) == names(english), help_


@pytest.mark.parametrize("page", TRANSLATED)
def test_a_translation_links_to_translations_of_whole_pages(page: str) -> None:
    """For readers on GitHub. A section has the anchor of its English title, so a link to it names the English page."""
    folder = (ROOT / page).parent
    for link in LINK.finditer(FENCE.sub("", (ROOT / docs_pages.translation(page)).read_text())):
        if link["to"].endswith(".md") and not link["to"].endswith(f".{PORTUGUESE}.md"):
            assert not (folder / docs_pages.translation(link["to"])).exists(), link[0]


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks, without comments of shells and of TOML."""
    return [(fence["info"], re.sub(r"[ ]*(?<!\S)#\s.*", "", fence["body"])) for fence in FENCE.finditer(text)]


def names(text: str) -> set[str]:
    """What stands in backticks: keys, commands, files, messages. A new row of a table has some."""
    spans = re.findall(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)", FENCE.sub("", text))
    return {re.sub(r"\s+", " ", span) for span in spans}


def links(text: str, page: str) -> list[str]:
    """Where the links lead, in the order of the alphabet; a picture may have another language."""
    found = [re.sub("^#", f"{Path(page).name}#", link["to"]) for link in LINK.finditer(FENCE.sub("", text))]
    return sorted(re.sub(rf"\.{PORTUGUESE}(?=\.md$)|-(light|dark)-(en|pt)(?=\.png$)", "", to) for to in found)


def test_there_are_troubles() -> None:
    assert len(TROUBLES) > 30


@pytest.fixture(scope="module")
def sources() -> list[str]:
    """The sources, with texts that go over several lines in one piece."""
    texts = [path.read_text() for pattern in SOURCES for path in ROOT.glob(pattern)]
    return [re.sub(r'\\\n\s*|"\s*\n\s*f?"', "", text) for text in texts]


@pytest.mark.parametrize("message", [message for _, message in TROUBLES if message != FOREIGN])
def test_a_message_in_troubleshooting_is_one_of_the_program(sources: list[str], message: str) -> None:
    pieces = [piece.strip(" `") for piece in message.split("…")]
    assert sum(len(piece) for piece in pieces) > 10
    assert any(all(piece in text for piece in pieces) for text in sources), message


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/variables.md").read_text(), re.MULTILINE)))
)
def test_a_variable_in_the_reference_is_read(sources: list[str], name: str) -> None:
    assert name.endswith("_PROXY") or any(f'"{name}"' in text for text in sources)


PLACE = Place("docs/local.md", PAGES, {"docs/images/a.png"}, "https://example.org/blob/main")


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("docs/local.md", "[a](glossary.md#the-pipeline)", "[a](glossary.md#the-pipeline)"),
        ("docs/local.md", "[a](../ARCHITECTURE.md)", "[a](ARCHITECTURE.md)"),
        ("docs/engine.md", "[a](../crates/aws/docs/guide.md#a-stack)", "[a](crates/aws/docs/guide.md#a-stack)"),
        ("crates/aws/docs/guide.md", "[a](../../../docs/local.md)", "[a](../../../local.md)"),
        ("docs/local.md", "[a](../stacks/prices.json)", "[a](https://example.org/blob/main/stacks/prices.json)"),
        ("docs/local.md", "![a](images/a.png)", "![a](images/a.png)"),
        ("docs/local.md", "[a](https://example.org/)", "[a](https://example.org/)"),
        ("docs/local.md", "[a](start.pt-BR.md)", "[a](start.md)"),
        ("docs/local.md", "[`asl`](crate::asl)", "`asl`"),
    ],
)
def test_a_link_leads_to_a_page_or_to_the_sources(page: str, link: str, expected: str) -> None:
    assert docs_pages.links(link, Place(page, PAGES, PLACE.images, PLACE.sources)) == expected


def test_without_a_repository_a_source_is_named() -> None:
    place = Place("docs/local.md", PAGES, (), None)
    assert docs_pages.links("[prices](../stacks/prices.json)", place) == "prices (`stacks/prices.json`)"
    assert docs_pages.links("[stacks/prices.json](../stacks/prices.json)", place) == "stacks/prices.json"


def test_links_in_blocks_stay() -> None:
    block = "```text\n[a](../nowhere.md)\n```\n"
    assert docs_pages.links(block, PLACE) == block


def test_a_page_without_translation_says_so() -> None:
    shown = docs_pages.shown("# Title\n\nText.\n", PLACE, PORTUGUESE)
    assert shown.startswith('# Title\n\n!!! note "Esta página ainda não foi traduzida"\n') and shown.endswith("\nText.\n")
    assert docs_pages.shown("# Title\n\nText.\n", PLACE, ENGLISH) == "# Title\n\nText.\n"


def test_a_translation_has_the_anchors_of_its_page() -> None:
    shown = docs_pages.shown("# Conceitos\n\n## Campeão\n", PLACE, PORTUGUESE, english="# Concepts\n\n## The champion\n")
    assert shown == "# Conceitos { #concepts }\n\n## Campeão { #the-champion }\n"


@pytest.mark.parametrize(
    ("block", "asks"),
    [
        ("oleoduto apply\n", True),
        ("cargo run -- local run\n", False),
        ("oleoduto list # not apply\n", False),
        ("aws s3 ls\n", True),
        ('eval "$(oleoduto local env)"\naws s3 ls\n', False),
        ("$ oleoduto --env prod plan\n", True),
        ("oleoduto list; oleoduto plan --refresh\n", True),
        ("cargo build\n", False),
    ],
)
def test_commands_that_ask_aws_are_known(block: str, asks: bool) -> None:
    assert docs_pages.asks_aws(block) is asks


def test_rust_is_shown_without_what_only_the_test_needs() -> None:
    text = "```compile_fail\n# use a::B;\nB::new();\n#[derive(Debug)]\n# }\n```\n"
    assert docs_pages.code(text, ENGLISH, of_crate=True) == "```rust\nB::new();\n#[derive(Debug)]\n```\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A text:\n- one\n  - two\n- three\n", "A text:\n\n- one\n    - two\n- three\n"),
        ("1. one\n\n   | a |\n2. two\n\nText.\n  - a\n", "1. one\n\n    | a |\n\n2. two\n\nText.\n  - a\n"),
        ("- one\n\n  ```sh\n  a\n  ```\n\n```text\n- x\n```\n", "- one\n\n    ```sh\n    a\n    ```\n\n```text\n- x\n```\n"),
    ],
)
def test_a_list_gets_the_form_that_the_site_needs(text: str, expected: str) -> None:
    assert docs_pages.lists(text) == expected


def test_a_graph_is_shown_as_its_picture() -> None:
    text = "<!-- transcript: oleoduto --region a graph -->\n```mermaid\ngraph LR\n```\n"
    assert docs_pages.drawn(text, ["docs/images/stacks.svg"], ENGLISH) == "![stacks](images/stacks.svg)\n"
    assert docs_pages.drawn(text, [], ENGLISH) == text
    assert docs_pages.images("[a](images/a.svg) ![b](images/b.png) [c](c.md)", "docs/d.md") == {
        "docs/images/a.svg",
        "docs/images/b.png",
    }
