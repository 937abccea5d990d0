"""Build the documentation site: `python3 scripts/docs_site.py [FOLDER]`. Standard library only; needs Python 3.11+.

The pages are those of `docs_site.toml`, in English in FOLDER (by default `.oleoduto/site`) and in Portuguese in
FOLDER/pt-BR. They are first written in the form of the site (`docs_pages.py`), then MkDocs of `docs_site.lock` makes HTML of
them, where a warning is an error. `--sources URL` is where the files of the repository can be read, for links to them; without
it they are named only.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs_pages import (
    ENGLISH,
    LANGUAGES,
    PORTUGUESE,
    Place,
    Section,
    address,
    drawn,
    images,
    pages_of,
    sections,
    shown,
    translation,
)
from lint_ci import ROOT, environment

HERE = ROOT / "scripts"
# What loads something: scripts, styles, images, frames; a link that a reader follows does not.
LOADS = re.compile(
    r"<(?:script|img|iframe|source|audio|video|embed|object)\b[^>]*?\b(?:src|data|srcset)=[\"']?(?:https?:)?//"
    r"|<link\b(?![^>]*\brel=[\"']?(?:canonical|alternate|next|prev))[^>]*\bhref=[\"']?(?:https?:)?//"
    r"|url\([\"']?(?:https?:)?//|@import [\"'](?:https?:)?//",
    re.IGNORECASE,
)


def write_pages(folder: Path, navigation: list[Section], language: str, sources: str | None) -> None:
    """The pages of a language in the form of the site, and their images."""
    pages = pages_of(navigation)
    pictures = [str(path.relative_to(ROOT)) for path in (ROOT / "docs/images").glob("*.svg")]
    for page in pages:
        english = drawn((ROOT / page).read_text(), pictures, language)
        other = ROOT / translation(page)
        translated = language == PORTUGUESE and other.is_file()
        text = drawn(other.read_text(), pictures, language) if translated else english
        place = Place(page, pages, images(text, page), sources)
        target = folder / address(page)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(shown(text, place, language, english=english if translated else None))
        for image in place.images:
            copy = folder / address(image)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / image, copy)


def settings(pages: Path, out: Path, navigation: list[Section], language: str) -> dict[str, object]:
    """What MkDocs is told about a language, besides docs_site.yaml."""
    home, other = ("", f"{PORTUGUESE}/") if language == ENGLISH else ("../", "")
    return {
        "INHERIT": str(HERE / "docs_site.yaml"),
        "site_name": "Oleoduto",
        "docs_dir": str(pages),
        "site_dir": str(out),
        "nav": [{section.titles[language]: [address(page) for page in section.pages]} for section in navigation],
        "theme": {"language": language, "custom_dir": str(HERE / "docs_site")},
        "plugins": [{"search": {"lang": ["en"] if language == ENGLISH else ["pt", "en"]}}],
        "extra": {
            "alternate": [
                {"name": "English", "lang": ENGLISH, "link": home},
                {"name": "Português", "lang": PORTUGUESE, "link": other},
            ]
        },
    }


def build(program: Path, out: Path, sources: str | None) -> None:
    """Both languages of the site; the English one empties the folder first."""
    navigation = sections(HERE / "docs_site.toml")
    for language in LANGUAGES:
        target = out if language == ENGLISH else out / PORTUGUESE
        with tempfile.TemporaryDirectory() as scratch:
            pages = Path(scratch, "pages")
            write_pages(pages, navigation, language, sources)
            config = Path(scratch, "mkdocs.yml")
            # JSON is YAML.
            config.write_text(json.dumps(settings(pages, target, navigation, language)))
            # Not `--quiet`, which would hide warnings from `--strict` too.
            command = [program, "build", "--strict", "--config-file", config]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(done.stdout + done.stderr, file=sys.stderr)
                sys.exit(f"error: the pages in {language} have the faults above: correct them in the files that they name")


def loaded_from_elsewhere(out: Path) -> list[str]:
    """The files that would load something from another host, with the place."""
    found = []
    for path in sorted(out.rglob("*")):
        if path.suffix in (".html", ".css"):
            found += [f"{path.relative_to(out)}: {match[0]}" for match in LOADS.finditer(path.read_text())]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the documentation site")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / ".oleoduto" / "site")
    parser.add_argument("--sources", help="URL below which the files of the repository can be read, such as .../blob/main")
    given = parser.parse_args()
    out = given.folder.absolute()
    build(environment("docs_site") / "mkdocs", out, given.sources)
    if foreign := loaded_from_elsewhere(out):
        sys.exit("error: the site must work without other hosts, but loads from them:\n" + "\n".join(foreign))
    print(f"{out / 'index.html'}\n{out / PORTUGUESE / 'index.html'}")


if __name__ == "__main__":
    main()
