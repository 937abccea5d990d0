"""What pip installs on Glue: complete with what Glue has, and what the tests run with."""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "jobs/glue"
SOURCES = sorted(FOLDER.glob("*.in"))
ON_GLUE = {"python_version": "3.11", "python_full_version": "3.11.0", "sys_platform": "linux", "platform_system": "Linux"}


def pins(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Versions and hashes by name; an entry per package of a lock."""
    entries = path.read_text().replace("\\\n", " ").splitlines()
    found = [re.match(r"([\w.-]+)(?:\[.*\])?==([\w.]+)(.*)", entry) for entry in entries]
    return {canonicalize_name(match[1]): (match[2], frozenset(re.findall(r"sha256:\w+", match[3]))) for match in found if match}


def needed(item: str) -> list[Requirement]:
    """What an installed package of that name needs on Glue, with the extras asked for."""
    requirement = Requirement(item)
    found = []
    for text in requires(requirement.name) or []:
        dependency = Requirement(text)
        extras = requirement.extras or {""}
        if dependency.marker is None or any(dependency.marker.evaluate({**ON_GLUE, "extra": extra}) for extra in extras):
            found.append(dependency)
    return found


def test_each_job_has_a_lock() -> None:
    assert {path.stem for path in SOURCES} == {path.stem for path in (ROOT / "jobs/scripts").glob("*.py")}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.stem))
def test_pip_installs_what_the_tests_run_with_and_nothing_of_glues_own(source: Path) -> None:
    tested, provided, lock = pins(ROOT / "requirements.lock"), pins(FOLDER / "provided.txt"), pins(source.with_suffix(".lock"))
    assert lock and not lock.keys() & provided.keys()
    for name, (version, hashes) in lock.items():
        assert version == tested[name][0] and hashes, f"{name}: run jobs/glue/lock.sh"
        assert hashes <= tested[name][1], f"{name} has a hash that is not in requirements.lock"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.stem))
def test_a_lock_is_complete_with_what_glue_has(source: Path) -> None:
    provided, lock = pins(FOLDER / "provided.txt"), pins(source.with_suffix(".lock"))
    there = {name: version for name, (version, _) in [*provided.items(), *lock.items()]}
    open_items, seen = source.read_text().split(), set()
    while open_items:
        item = open_items.pop()
        requirement = Requirement(item)
        name = canonicalize_name(requirement.name)
        assert name in there and there[name] in requirement.specifier, f"{item}: run jobs/glue/lock.sh"
        if name in lock and item not in seen:
            open_items += [str(dependency) for dependency in needed(item)]
        seen.add(item)
    assert lock.keys() <= {canonicalize_name(Requirement(item).name) for item in seen}
