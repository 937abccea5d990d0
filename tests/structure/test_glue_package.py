"""The package of the Glue jobs leaves out what only images have (`stacks/src/support/files.rs`): nothing else imports that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "jobs" / "src" / "oleoduto_jobs"
LEFT_OUT = ("oleoduto_jobs.ml", "oleoduto_jobs.contract")


def left_out_imports(text: str) -> Iterator[str]:
    """The imports of modules that the package of the Glue jobs leaves out, at the head of a file or in a function."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if any(f"{name}.".startswith(f"{module}.") for module in LEFT_OUT))


def test_the_glue_jobs_need_nothing_of_the_image() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in ("ml", "contract.py")]
    assert len(files) > 50
    found = {str(file.relative_to(PACKAGE)): list(left_out_imports(file.read_text(encoding="utf-8"))) for file in files}
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "text",
    ["import oleoduto_jobs.ml.data", "def f():\n    from oleoduto_jobs import contract", "from oleoduto_jobs.ml import data"],
)
def test_an_import_of_the_image_is_found(text: str) -> None:
    assert list(left_out_imports(text))
