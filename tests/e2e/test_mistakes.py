"""`docs/mistakes.md` and its translation: what users are told about their mistakes; UPDATE_TRANSCRIPTS=1 writes both again."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mistakes_kit import GROUPS, PLACE, Mistake, Title
from project import ROOT, Project, clean_environment

DOCUMENTS = (ROOT / "docs/mistakes.md", ROOT / "docs/mistakes.pt-BR.md")
HEAD = Title(
    """# Mistakes, and what they are told

A test makes each of them and writes this page (`tests/e2e/test_mistakes.py`). `PROJECT` is the project's folder. Words that
choose an account and a region are left out of the commands, and the lines of pip out of the answers. No command changed
anything.
""",
    """# Enganos e o que o programa responde

Um teste comete cada um e escreve esta página (`tests/e2e/test_mistakes.py`). Comandos e mensagens estão como o programa os
imprime, em inglês. `PROJECT` é a pasta do projeto. As palavras que escolhem uma conta e uma região ficam fora dos comandos, e
as linhas do pip fora das respostas. Nenhum comando mudou nada.
""",
)
# A full file system for the command and its children alone: it ends with them.
FULL_DISK = """mkdir -p "$0" && mount -t tmpfs -o size=16k tmpfs "$0" &&
{ head -c 16384 /dev/zero > "$0/ballast" 2> /dev/null; exec "$@"; }"""
OWN_MOUNTS = ("unshare", "--map-root-user", "--mount", "sh", "-c")
# Traces of a program that did not expect something, of another program's structures, and of a cause that nobody unpacked.
NOISE = re.compile(
    r"Traceback|panicked|DispatchFailure|Error \{|Error\(|Some\(|States\.TaskFailed|\{\"|os error \d+\).*os error"
)

# What `oleoduto` and pip show before they fail.
SHOWN_BEFORE = re.compile(r"  ok  set-up |setting up |  (ERROR|WARNING): ")


def told(mistake: Mistake, folder: Path) -> tuple[int, str]:
    """The exit code of a mistake's command, and what it prints, without what differs between two runs."""
    folder.mkdir()
    project = Project(folder)
    variables = {**clean_environment(), **mistake.prepare(project)}
    disk = [*OWN_MOUNTS, FULL_DISK, str(folder / mistake.full_disk)] if mistake.full_disk else []
    done = subprocess.run(
        [*disk, project.command()[0], *mistake.words],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = re.sub(r"(?<=cdktf\.out/stacks/)[^:]+", "...", (done.stdout + done.stderr).replace(str(folder), "PROJECT"))
    lines = [line.rstrip() for line in said.splitlines()]
    return done.returncode, "\n".join(line for line in lines if not SHOWN_BEFORE.match(line)).strip()


def command(mistake: Mistake) -> str:
    """The command as a person types it."""
    words = mistake.words[len(PLACE) :] if mistake.words[: len(PLACE)] == PLACE else mistake.words
    return f"$ oleoduto {shlex.join(words)}"


def heading(title: str) -> str:
    """The line of a document above a mistake, between empty ones."""
    return f"\n### {title[0].upper()}{title[1:]}\n"


def kept(mistake: Mistake) -> str:
    """What the English document says below the heading of a mistake."""
    text, above = DOCUMENTS[0].read_text(), heading(mistake.title.english)
    begin = text.index(above) + len(above)
    end = re.compile(r"\n##+ |\Z").search(text, begin)
    assert end is not None
    return text[begin : end.start()]


def page(language: int, shown: Mapping[Mistake, str]) -> str:
    """The document in the language of this place in a title."""
    text = HEAD[language]
    for title, group in GROUPS.items():
        text += f"\n## {title[language]}\n"
        text += "".join(f"{heading(mistake.title[language])}{shown[mistake]}" for mistake in group)
    return text


def test_every_mistake_is_told_in_words_and_the_document_says_which(binary: Path, tmp_path: Path) -> None:
    # Where a user may not mount, as in some containers, what is told of a full disk stays as it was written elsewhere.
    own_mounts = subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False).returncode == 0
    every = [mistake for group in GROUPS.values() for mistake in group]
    mistakes = [mistake for mistake in every if mistake.full_disk is None or own_mounts]
    folders = [tmp_path / str(number) for number in range(len(mistakes))]
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(mistakes, pool.map(told, mistakes, folders), strict=True))
    shown = {mistake: kept(mistake) for mistake in every if mistake not in answers}
    for mistake, (code, said) in answers.items():
        assert code in (1, 2), f"{mistake.title.english}: exit code {code}: {said}"
        assert said.startswith("error: ") and not NOISE.search(said), f"{mistake.title.english}: {said}"
        shown[mistake] = f"\n```console\n{command(mistake)}\n{said}\n```\n"
    pages = [page(language, shown) for language in range(len(DOCUMENTS))]
    for document, text in zip(DOCUMENTS, pages, strict=True):
        if os.environ.get("UPDATE_TRANSCRIPTS"):
            document.write_text(text)
        assert document.read_text() == text, f"UPDATE_TRANSCRIPTS=1 writes {document} again"
    # A command that was refused has started nothing and written nothing.
    for folder in folders:
        assert not (folder / ".oleoduto/local").exists() and not (folder / "cdktf.out/manifest.json").exists(), folder
