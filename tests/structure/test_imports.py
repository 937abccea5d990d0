"""The imports of the Python packages form no circle: not between files, and not between the folders of a package."""

from __future__ import annotations

import ast
import graphlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("jobs/src/oleoduto_jobs", "local/src/oleoduto_local")

Module = tuple[str, ...]


def modules(package: Path) -> dict[Module, Path]:
    """The files of a package by their module path; the path of `__init__.py` is its folder's."""
    found = {}
    for path in package.rglob("*.py"):
        words = (package.name, *path.relative_to(package).with_suffix("").parts)
        found[words[:-1] if words[-1] == "__init__" else words] = path
    return found


def imported(path: Path, module: Module) -> Iterator[Module]:
    """What a file imports, inside functions too; imports for type checkers are left out."""
    tree = ast.parse(path.read_text())
    package = module if path.name == "__init__.py" else module[:-1]
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = (*above, *(node.module.split(".") if node.module else ()))
            yield from ((*base, alias.name) for alias in node.names)


def circles(package: Path) -> list[str]:
    """The circles among the parts of each folder, as text."""
    known = modules(package)
    levels: dict[Module, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, path in known.items():
        for name in imported(path, module):
            words = next((name[:end] for end in range(len(name), 0, -1) if name[:end] in known), ())
            common = next((i for i, (one, other) in enumerate(zip(module, words, strict=False)) if one != other), None)
            if common is None:
                common = min(len(module), len(words))
            if words and words != module:
                one, other = (side[common] if len(side) > common else "__init__" for side in (module, words))
                levels[module[:common]][one].add(other)
    found = []
    for level, parts in sorted(levels.items()):
        try:
            graphlib.TopologicalSorter(parts).prepare()
        except graphlib.CycleError as error:
            found.append(f"{'.'.join(level)}: {' <- '.join(error.args[1])}")
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_form_no_circle(package: str) -> None:
    assert circles(ROOT / package) == []


def test_a_circle_is_found_and_named(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "deep" / "one.py").write_text("from pack import two\n")
    (package / "two.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .deep.one import x\n")
    assert circles(package) == []
    (package / "two.py").write_text("def later() -> None:\n    from .deep import one\n")
    (found,) = circles(package)
    assert found.startswith("pack: ") and "deep" in found and "two" in found
