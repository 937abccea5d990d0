"""The walks of ARCHITECTURE.md whose checks are Python: what is told when the steps of one file are left out.

`tests/sources/walks/` makes the others in the same way.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "ARCHITECTURE.md").read_text()
PACKAGE = "jobs/src/oleoduto_jobs"
# What tells of a walk that is not whole: tests by their names. The last ones have the name of what was added.
CHECKS = {
    "A command of the image": (
        "jobs/tests/test_imports_of_commands.py",
        "test_every_command_has_what_is_imported_before_it_runs or test_a_command_is_called_by_its_own_word",
        "test_a_command_is_called_by_its_own_word[count]",
    ),
    "A model": (
        "jobs/tests/test_page.py",
        "test_every_candidate_has_a_name_for_readers",
        "test_every_candidate_has_a_name_for_readers[trailing_mean]",
    ),
}

Steps = dict[str, list[str]]


def walk(title: str) -> tuple[Steps, dict[str, str]]:
    """The lines for each file, and what is told without them, by the file's name."""
    part = re.split(r"\n##+ ", DOCUMENT.split(f"\n#### {title}\n", 1)[1], maxsplit=1)[0]
    found = re.search(r"```diff\n(.*?)\n```", part, re.DOTALL)
    assert found is not None
    files = re.split(r"^\+\+\+ (.*)\n", found[1], flags=re.MULTILINE)[1:]
    told = dict(re.findall(r"^\| `(.*?)` \| (.*) \|$", part, re.MULTILINE))
    return {path: lines.splitlines() for path, lines in zip(files[::2], files[1::2], strict=True)}, told


def edited(text: str, steps: list[str]) -> str:
    """A text with the lines that have a `+`, each below the line above it in the steps."""
    lines, place = text.splitlines(), 0
    for step in steps:
        if not step.startswith("+"):
            assert lines.count(step[1:]) == 1, f"`{step[1:]}` must be one line of the file"
            place = lines.index(step[1:]) + 1
            continue
        lines.insert(place, step[1:])
        place += 1
    return "\n".join(lines) + "\n"


def make(folder: Path, steps: Steps, left_out: str | None) -> None:
    """The package with the steps of all files but one."""
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for path, lines in steps.items():
        if path != left_out:
            file = folder / path
            file.write_text(edited(file.read_text() if file.exists() else "", lines))


def check(title: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of this repository over the package of a folder."""
    file, names, _ = CHECKS[title]
    source = f"pythonpath={folder / 'jobs' / 'src'} {ROOT}"
    options = ("-v", "-x", "--noconftest", "-p", "no:cacheprovider", "-o", source, "--rootdir", str(ROOT))
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, file, "-k", names],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


WALKS = {title: walk(title) for title in CHECKS}


@pytest.mark.parametrize("title", CHECKS)
def test_what_is_told_has_a_row_for_each_file(title: str) -> None:
    steps, told = WALKS[title]
    assert list(told) == [Path(path).name for path in steps]


@pytest.mark.parametrize("title", CHECKS)
def test_a_whole_walk_passes(title: str, tmp_path: Path) -> None:
    make(tmp_path, WALKS[title][0], None)
    done = check(title, tmp_path)
    assert done.returncode == 0, done.stdout
    assert f"{CHECKS[title][2]} PASSED" in done.stdout, "the check is of the copy, which has one more"


@pytest.mark.parametrize(("title", "left_out"), [(title, path) for title, (steps, _) in WALKS.items() for path in steps])
def test_a_file_that_is_left_out_is_told(title: str, left_out: str, tmp_path: Path) -> None:
    steps, told = WALKS[title]
    make(tmp_path, steps, left_out)
    done = check(title, tmp_path)
    assert done.returncode != 0, done.stdout
    said = re.sub(r"\nE +", " ", done.stdout)
    assert told[Path(left_out).name] in said, said
