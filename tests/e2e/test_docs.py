"""The documents show what the commands print; `transcripts.py` says how."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import docs_pages
import pytest
import transcripts
from project import ROOT, Project

# The sections of the environment whose runbook is in the documents.
WATCHED = """
[env.dev.schedule]
expression = "cron(0 9 ? * MON-FRI *)"

[env.dev.alarms]
email = "on-call@example.org"
budget = 100
"""
COMMANDS = sorted({block.source for block in transcripts.blocks() if block.source.startswith("oleoduto ")})


@pytest.fixture
def folder(binary: Path, tmp_path: Path) -> Project:
    """A project in which nothing is started."""
    return Project(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_what_the_documents_show(folder: Project, command: str) -> None:
    transcripts.check(command, folder.run(*shlex.split(command)[1:]), ordered=True)


@pytest.mark.parametrize(("page", "options"), [("docs/runbook.md", ()), ("docs/runbook.pt-BR.md", ("--language", "pt-BR"))])
def test_the_runbook_is_what_the_program_prints(folder: Project, page: str, options: tuple[str, ...]) -> None:
    """The page is the runbook of `dev` with every alarm; UPDATE_TRANSCRIPTS=1 writes it again."""
    folder.configure(folder.configuration.read_text() + WATCHED)
    printed = folder.run("--account", "123456789012", "--region", "us-east-1", "runbook", *options)
    assert printed.returncode == 0, printed.stderr
    document = ROOT / page
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        document.write_text(printed.stdout)
    assert document.read_text() == printed.stdout, f"UPDATE_TRANSCRIPTS=1 writes {page} again"


COMMANDS_PAGES = {
    "docs/commands.md": """\
# Commands

What `oleoduto COMMAND --help` prints, of every command; the options that all take are under [oleoduto](#oleoduto) only.
`oleoduto man` writes the same as manual pages, `oleoduto completions SHELL` completes them. A program of your own
([guide](../crates/aws/docs/guide.md)) has those that work on stacks. This page is written by a test (`tests/e2e/test_docs.py`).
""",
    "docs/commands.pt-BR.md": """\
# Comandos

O que `oleoduto COMMAND --help` imprime, de cada comando, em inglês, como está no programa; as opções que todos aceitam aparecem
só em [oleoduto](#oleoduto). `oleoduto man` escreve o mesmo como páginas de manual, `oleoduto completions SHELL` completa os
comandos. Um programa seu ([guia](../crates/aws/docs/guide.pt-BR.md)) tem os que trabalham com stacks. Esta página é escrita por
um teste (`tests/e2e/test_docs.py`).
""",
}


def test_the_page_of_commands_is_what_the_program_says(folder: Project) -> None:
    """`docs/commands.md` and its translation have the help of each command; UPDATE_TRANSCRIPTS=1 writes them again."""
    sections = "".join(described(folder, ()))
    for page, head in COMMANDS_PAGES.items():
        document = ROOT / page
        if os.environ.get("UPDATE_TRANSCRIPTS"):
            document.write_text(head + sections)
        assert document.read_text() == head + sections, f"UPDATE_TRANSCRIPTS=1 writes {page} again"


def described(folder: Project, command: tuple[str, ...]) -> Iterator[str]:
    """The sections of a command and of those below it."""
    done = folder.run(*command, "--help")
    assert done.returncode == 0, done.stderr
    text, _, common = done.stdout.partition("\nGlobal options:\n")
    shown = text if command else f"{text}\nGlobal options:\n{common}"
    # The value that a variable has now is left out.
    lines = [line.rstrip() for line in re.sub(r"(\[env: \w+)=[^\]]*", r"\1", shown).strip().splitlines()]
    yield f"\n{'#' * (2 + max(len(command) - 1, 0))} {' '.join(command) or 'oleoduto'}\n\n```\n" + "\n".join(lines) + "\n```\n"
    listed = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.MULTILINE)
    for name in re.findall(r"^  (\S+)", listed[1], re.MULTILINE) if listed else []:
        if name != "help":
            yield from described(folder, (*command, name))


def test_a_command_in_a_document_exists_and_is_run_by_a_test() -> None:
    """Every call in a shell block or after a prompt: its command, its flags, and a test that calls the command."""
    known = (ROOT / "docs/commands.md").read_text()
    sections = dict(re.findall(r"^#{2,4} ([\w -]+)\n\n```\n(.*?)^```$", known, re.MULTILINE | re.DOTALL))
    common = set(re.findall(r"--[a-z-]+", sections["oleoduto"]))
    tests = "".join(path.read_text() for path in (ROOT / "tests/e2e").glob("*.py"))
    checked = 0
    for page in docs_pages.pages_of(docs_pages.sections(ROOT / "scripts/docs_site.toml")):
        # Those of the mistakes are wrong on purpose, and a test runs each.
        for call in calls((ROOT / page).read_text()) if page != "docs/mistakes.md" else ():
            name = docs_pages.subcommand(call)
            below = re.search(rf"\b{name} ([a-z]+)", call)
            section = f"{name} {below[1]}" if below and f"{name} {below[1]}" in sections else name
            assert section in sections, f"{page}: `{call}`"
            flags = set(re.findall(r"(?<= )--[a-z][a-z-]*", call))
            assert flags <= common | set(re.findall(r"--[a-z-]+", sections[section])), f"{page}: `{call}`"
            run = all(f'"{word}"' in tests for word in section.split()) or any(section in command for command in COMMANDS)
            assert run, f"{page}: no test runs `{call}`"
            checked += 1
    assert checked > 40


def calls(document: str) -> Iterator[str]:
    """The calls of `oleoduto` in the blocks of a document: all of a shell's lines, and what follows a prompt elsewhere."""
    for fence in docs_pages.FENCE.finditer(document):
        lines = fence["body"] if fence["info"] == "sh" else "\n".join(re.findall(r"^\$ .*$", fence["body"], re.MULTILINE))
        yield from (call for call in docs_pages.commands(lines) if docs_pages.subcommand(call))


def test_a_number_for_a_text_is_told_as_troubleshooting_quotes_it(folder: Project) -> None:
    """The words are those of the library that reads the file; `tests/structure/test_site.py` looks for the others."""
    folder.configure(folder.configuration.read_text().replace("[env.dev]\n", "[env.dev]\naccount = 123456789012\n"))
    said = folder.run("list").stderr
    (quoted,) = re.findall(r"^### `(invalid type: .*)`$", (ROOT / "docs/troubleshooting.md").read_text(), re.MULTILINE)
    assert re.search(re.escape(quoted).replace("…", "`[0-9]+`"), said), said


@pytest.mark.slow
def test_a_backtest_runs_as_the_documents_call_it(folder: Project) -> None:
    """With two cheap candidates: their figures have tests of their own (`jobs/tests/test_backtest.py`)."""
    candidates = "no_change_last_price,no_change_monthly_mean"
    done = folder.run("backtest", "--source", "sample", "--origins", "2018-01..2018-06", "--candidates", candidates)
    assert done.returncode == 0, done.stderr
    assert "no_change_monthly_mean" in done.stdout and "MSPE" in done.stdout, done.stdout


def test_the_commands_that_the_site_marks_run_against_the_local_aws() -> None:
    """The site says below a block that its commands ask AWS, and that tests run them."""
    tests = "".join(path.read_text() for path in (ROOT / "tests/e2e").glob("*.py"))
    assert [name for name in sorted(docs_pages.ASK_AWS) if f'"{name}"' not in tests] == []


def test_the_mistakes_are_those_of_a_snapshot() -> None:
    (snapshot,) = (ROOT / "crates/aws/tests/it/snapshots").glob("*every_mistake_of_three_stacks*")
    errors = snapshot.read_text().split("\n\n")
    shown = [error.strip() for error in errors if "did you mean" in error or "written as a literal" in error]
    transcripts.check("mistakes", "\n\n".join(shown), ordered=True)


def test_the_diagram_has_the_states_and_transitions_of_the_state_machine(folder: Project) -> None:
    folder.configure(f"{folder.configuration.read_text()}\n[env.dev.mlflow]\n")
    out = folder.folder / "out"
    done = folder.run("--account", "123456789012", "--region", "us-east-1", "synth", "--out", str(out))
    assert done.returncode == 0, done.stderr
    stack = json.loads((out / "stacks/stepfunctions/cdk.tf.json").read_text())
    definition = stack["resource"]["aws_sfn_state_machine"]["pipeline"]["definition"]
    transcripts.check("states", "\n".join(["graph LR", *transitions(definition)]), ordered=True)


FAILURE = re.compile(r"\w+(Failed|Again)|NotRecorded")


def transitions(definition: str) -> list[str]:
    """Arrows of Mermaid, from the text of an Amazon States Language definition in HCL; failures are left out."""
    arrows, state, label = [], "", ""
    token = r'"(\w+)" = \{"Type" = "\w+"|"(StringEquals|Next|Default)" = "(\w+)"'
    for name, key, value in re.findall(token, definition):
        if name:
            state = name
        elif key == "StringEquals":
            label = f"|{value}|"
        elif not FAILURE.fullmatch(value) and not FAILURE.fullmatch(state):
            arrows.append(f"  {state} -->{label if key == 'Next' else '|otherwise|'} {value}")
            label = ""
    return arrows
