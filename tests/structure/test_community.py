"""The files by which GitHub leads contributors: forms that it accepts, and documents that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
TYPES = {"checkboxes", "dropdown", "input", "markdown", "textarea"}


def test_there_is_a_form_for_messages() -> None:
    assert "message" in [path.stem for path in FORMS]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_one(path: Path) -> None:
    """As GitHub's syntax for issue forms demands; it shows none of what it does not accept."""
    form: dict[str, Any] = yaml.safe_load(path.read_text())
    assert set(form) <= {"name", "description", "title", "labels", "body"}
    assert form["name"] and form["description"]
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    assert asked and {field["type"] for field in form["body"]} <= TYPES
    assert len({field["id"] for field in asked}) == len(asked)
    assert all(field["attributes"]["label"] for field in asked)


@pytest.mark.parametrize("name", ["CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "README.pt-BR.md", "SECURITY.md"])
def test_a_document_is_there_and_named(name: str) -> None:
    assert (ROOT / name).is_file()
    others = "".join((ROOT / other).read_text() for other in ("README.md", "CONTRIBUTING.md"))
    assert name == "LICENSE" or f"]({name})" in others
