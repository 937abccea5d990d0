"""Targets that cargo does not build for tests have none: `test = false` saves a build, and would hide a test."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"#\[(\w+::)?test\]|proptest!|cfg\(test\)")


def manifests() -> dict[Path, dict[str, Any]]:
    """Each member of the workspace, by its folder."""
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    return {ROOT / member: tomllib.loads((ROOT / member / "Cargo.toml").read_text()) for member in members}


def sources(folder: Path, manifest: dict[str, Any]) -> list[Path]:
    """The files of the targets without tests. A program beside a library has one file, which uses the library."""
    found: list[Path] = []
    if manifest.get("lib", {}).get("test") is False:
        found += [file for file in (folder / "src").rglob("*.rs") if file.name != "main.rs"]
    return found + [folder / program["path"] for program in manifest.get("bin", []) if program.get("test") is False]


@pytest.mark.parametrize("folder", [pytest.param(f, id=f.name) for f, m in manifests().items() if sources(f, m)])
def test_a_target_without_tests_has_none(folder: Path) -> None:
    for file in sources(folder, manifests()[folder]):
        text = file.read_text()
        assert not TEST.search(text), f"{file.relative_to(ROOT)} has a test, but its target has `test = false` in Cargo.toml"
        if file.name == "main.rs" and (folder / "src" / "lib.rs").exists():
            assert not re.search(r"^(pub )?mod ", text, re.MULTILINE), f"{file.relative_to(ROOT)} has modules of its own"
