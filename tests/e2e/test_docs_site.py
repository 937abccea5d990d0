"""The documentation site is built without a warning, in both languages, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import docs_pages
import docs_site
import pytest
from project import ROOT

PAGES = docs_pages.pages_of(docs_pages.sections(ROOT / "scripts/docs_site.toml"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as the workflow builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = ["python3", "scripts/docs_site.py", str(folder), "--sources", "https://example.org/blob/main"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def html(folder: Path, page: str) -> str:
    """A page of the site."""
    return (folder / docs_pages.address(page)).with_suffix(".html").read_text()


def test_every_page_is_there_in_both_languages_and_leads_to_the_other(site: Path) -> None:
    for page in PAGES:
        english, portuguese = html(site, page), html(site / docs_pages.PORTUGUESE, page)
        assert '<html lang="en"' in english and '<html lang="pt' in portuguese
        for here, folder, language in ((english, site, "pt-BR"), (portuguese, site / docs_pages.PORTUGUESE, "en")):
            (link,) = re.findall(rf'class="md-header__button"[^>]* href="([^"]+)" hreflang="{language}"', here)
            at = (folder / docs_pages.address(page)).parent
            assert (at / link).resolve().is_file(), f"{page}: {link}"
        assert ("ainda não foi traduzida" in portuguese) != (ROOT / docs_pages.translation(page)).is_file()


def test_each_language_has_a_search_of_its_own(site: Path) -> None:
    for folder in (site, site / docs_pages.PORTUGUESE):
        assert (folder / "search/search_index.json").stat().st_size > 100_000


def test_no_markdown_is_left_in_the_html(site: Path) -> None:
    """A list or a block that the site takes for text: GitHub's Markdown is wider than the site's."""
    for path in site.rglob("*.html"):
        text = re.sub(r"<(pre|script|code)\b.*?</\1>", "", path.read_text(), flags=re.DOTALL)
        assert not re.search(r"^(- |```|\d+\. |!!! |\| )|\]\(", text, re.MULTILINE), path


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ('<script src="https://example.org/a.js"></script>', True),
        ('<link rel="stylesheet" href="//example.org/a.css">', True),
        ('<img alt="a" src=http://example.org/a.png>', True),
        ("a { background: url(https://example.org/a.png) }", True),
        ('<a href="https://example.org/">a</a>', False),
        ('<link rel="canonical" href="https://example.org/">', False),
        ('<script src="assets/a.js"></script>', False),
    ],
)
def test_what_loads_from_elsewhere_is_found(tmp_path: Path, text: str, loads: bool) -> None:
    (tmp_path / "a.html").write_text(text)
    assert bool(docs_site.loaded_from_elsewhere(tmp_path)) is loads
