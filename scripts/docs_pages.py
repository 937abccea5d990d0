"""The pages of the documentation site: which they are, and their text as the site shows it. Nothing is written here."""

from __future__ import annotations

import posixpath
import re
import textwrap
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENGLISH, PORTUGUESE = "en", "pt-BR"
LANGUAGES = (ENGLISH, PORTUGUESE)
# A fenced block: its indentation, its language with options, its text.
FENCE = re.compile(r"^(?P<indent>[ ]*)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.MULTILINE | re.DOTALL)
# A link or an image; its text may hold another image, and go over lines.
LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\](?:\([^)]*\))?)*)\]\((?P<to>[^)\s]+)\)")
# What rustdoc takes for Rust.
RUST = frozenset({"rust", "compile_fail", "should_panic", "no_run", "ignore"})
# The commands that ask AWS; the tests run them against the local AWS.
ASK_AWS = frozenset(
    (
        "apply",
        "backend",
        "destroy",
        "drift",
        "import",
        "init-env",
        "output",
        "plan",
        "run",
        "show",
        "state",
        "unlock",
    )
)
NOTICES = {
    ENGLISH: {
        "aws": "Needs an AWS account, or the local AWS; the tests run it against the local AWS.",
        "states": "The picture has the states for failures, too.",
    },
    PORTUGUESE: {
        "aws": "Precisa de uma conta na AWS, ou da AWS local; os testes executam isso na AWS local.",
        "states": "A figura também tem os estados para falhas.",
        "english": "Esta página ainda não foi traduzida",
        "why": "O texto abaixo está em inglês. [CONTRIBUTING.md](CONTRIBUTING.md) diz como traduzir uma página.",
    },
}


@dataclass(frozen=True)
class Section:
    """A part of the navigation: its title by language, and its pages as paths of the repository."""

    titles: Mapping[str, str]
    pages: tuple[str, ...]


def sections(table: Path) -> list[Section]:
    """The navigation as `docs_site.toml` has it."""
    read = tomllib.loads(table.read_text())["section"]
    return [Section({language: one[language] for language in LANGUAGES}, tuple(one["pages"])) for one in read]


def pages_of(navigation: Sequence[Section]) -> list[str]:
    """All pages, in the reader's order."""
    return [page for section in navigation for page in section.pages]


def address(page: str) -> str:
    """The place of a page in the site: its path in the repository, without `docs/`."""
    return page.removeprefix("docs/")


def translation(page: str) -> str:
    """The path of a page's translation, which may be missing."""
    return f"{page.removesuffix('.md')}.{PORTUGUESE}.md"


def commands(block: str) -> list[str]:
    """The commands of a shell block, without prompts, comments and the programs that start `oleoduto`."""
    lines = [line.strip().removeprefix("$ ") for line in block.replace("\\\n", " ").splitlines()]
    plain = [re.sub(r"\s+#\s.*", "", line) for line in lines if line and not line.startswith("#")]
    starts = re.compile(r"^(?:eval \"\$\()?(?:cargo run (?:-q )?--|cargo oleoduto|oleoduto)(?= )")
    return [starts.sub("oleoduto", one) for line in plain for one in re.split(r"\s*(?:;|&&|\|\|?)\s+", line)]


def subcommand(command: str) -> str:
    """The word of an `oleoduto` call that says what to do; empty for other programs. Options before it have a value."""
    words = iter(command.split())
    if next(words, "") != "oleoduto":
        return ""
    for word in words:
        if not word.startswith("-"):
            return word.rstrip(')"')
        if "=" not in word:
            next(words, None)
    return ""


def asks_aws(block: str) -> bool:
    """Whether a shell block has a command that asks AWS, and is not about the local AWS."""
    found = commands(block)
    called = {subcommand(command) for command in found}
    return "local" not in called and (bool(called & ASK_AWS) or any(command.startswith("aws ") for command in found))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """A text in which everything but the fenced blocks is changed."""
    parts, end = [], 0
    for fence in FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(text[end:])])


def code(text: str, language: str, *, of_crate: bool) -> str:
    """Blocks without rustdoc's options and hidden lines, in the form of Python-Markdown; those that ask AWS say so."""

    def block(fence: re.Match[str]) -> str:
        name = re.split(r"[ ,]", fence["info"])[0]
        body = fence["body"]
        if name in RUST or (of_crate and not name):
            name, body = "rust", re.sub(r"^[ ]*#( .*)?\n", "", body, flags=re.MULTILINE)
        note = f'!!! info ""\n    {NOTICES[language]["aws"]}\n\n' if name in ("sh", "console") and asks_aws(body) else ""
        return textwrap.indent(f"{note}```{name}\n{textwrap.dedent(body) if fence['indent'] else body}```", fence["indent"])

    return FENCE.sub(block, text)


def lists(text: str) -> str:
    """Lists in the form that Python-Markdown needs: a blank line before them and after longer items, four spaces in an item."""
    shown: list[str] = []
    width, in_block, several = 0, False, False
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        item = None if in_block else re.match(r"(?:[-*]|\d+\.) +", line)
        above = bool(shown and shown[-1].strip())
        if item is not None:
            if above and (several or not width):
                shown.append("")
            width, several = item.end(), False
        elif line and indent < width and not above and not in_block:
            width = 0
        several = several or not line
        inside = width and indent >= width and line
        if line.lstrip(" ").startswith("```"):
            in_block = not in_block
        shown.append(" " * (4 - width) + line if inside else line)
    return "\n".join(shown)


@dataclass(frozen=True)
class Place:
    """Where a page is shown: the other pages, the files that are copied beside them, and where the sources can be read."""

    page: str
    pages: Collection[str]
    images: Collection[str]
    sources: str | None

    def target(self, link: re.Match[str]) -> str:
        """A link of the repository as a link of the site."""
        to = link["to"]
        if to.startswith(("http:", "https:", "mailto:", "#")):
            return link[0]
        path, mark, anchor = to.partition("#")
        found = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), path))
        # Translations have the addresses and anchors of their pages.
        found = re.sub(rf"\.{PORTUGUESE}\.md$", ".md", found)
        text = link["text"]
        if found in self.pages or found in self.images:
            here = posixpath.dirname(address(self.page)) or "."
            return f"{link['image']}[{text}]({posixpath.relpath(address(found), here)}{mark}{anchor})"
        if self.sources is not None and "::" not in to:
            return f"[{text}]({self.sources}/{found}{mark}{anchor})"
        # Rustdoc's links lead into its own pages; without a repository, sources are named only.
        return text if "::" in to or found in text else f"{text} (`{found}`)"


def links(text: str, place: Place) -> str:
    """A text whose links lead to pages of the site, or to the sources."""
    return outside_code(text, lambda part: LINK.sub(place.target, part))


def plain_english(text: str) -> str:
    """An English page in the Portuguese site: a notice follows its title."""
    notice = NOTICES[PORTUGUESE]
    title, _, rest = text.partition("\n")
    return f'{title}\n\n!!! note "{notice["english"]}"\n    {notice["why"]}\n\n{rest}'


def headings(text: str) -> list[tuple[int, str]]:
    """The level and the text of each heading."""
    return [(len(mark), title) for mark, title in re.findall(r"^(#+) (.*)$", FENCE.sub("", text), re.MULTILINE)]


def anchor(title: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def anchored(text: str, english: str) -> str:
    """A translation whose headings have the anchors of the English page, so that one link fits both."""
    names = iter([anchor(title) for _, title in headings(english)])

    def named(part: str) -> str:
        return re.sub(r"^#+ .*$", lambda line: f"{line[0]} {{ #{next(names)} }}", part, flags=re.MULTILINE)

    return outside_code(text, named)


def shown(text: str, place: Place, language: str, *, english: str | None = None) -> str:
    """The text of a page as the site has it; `english` is the page of which it is a translation."""
    if english is not None:
        text = anchored(text, english)
    linked = code(links(lists(text), place), language, of_crate=place.page.startswith("crates/"))
    if language == ENGLISH or english is not None:
        return linked
    here = posixpath.dirname(address(place.page)) or "."
    return plain_english(linked).replace("](CONTRIBUTING.md)", f"]({posixpath.relpath('CONTRIBUTING.md', here)})")


def images(text: str, page: str) -> set[str]:
    """The images that a page shows or links to, as paths of the repository."""
    found = [link["to"] for link in LINK.finditer(FENCE.sub("", text)) if link["to"].endswith((".png", ".svg"))]
    return {posixpath.normpath(posixpath.join(posixpath.dirname(page), to)) for to in found if "://" not in to}


def drawn(text: str, pictures: Collection[str], language: str) -> str:
    """A text in which a graph is a picture, if there is one: `graph` of the stacks, `states` of the state machine."""

    def picture(block: re.Match[str]) -> str:
        name = {"graph": "stacks"}.get(block["name"], block["name"])
        if f"docs/images/{name}.svg" not in pictures:
            return block[0]
        return f"![{name}](images/{name}.svg)" + (f"\n\n*{NOTICES[language]['states']}*" if name == "states" else "")

    return re.sub(
        r"^<!-- transcript: (?:[^\n]* )?(?P<name>\w+) -->\n```mermaid\n.*?^```$", picture, text, flags=re.MULTILINE | re.DOTALL
    )
