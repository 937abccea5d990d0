"""The documentation of a crate is written with its doc tests, and a mistake in it is an error."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "documented.sh"


def documented(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """The script, called as `cargo test --doc` calls rustdoc for a crate with this text."""
    (folder / "lib.rs").write_text(f"//! {text}\n")
    call = [
        "--edition=2024",
        "--crate-type",
        "lib",
        "--crate-name",
        "told",
        "--test",
        "lib.rs",
        "--test-run-directory",
        str(folder),
    ]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder)}
    return subprocess.run([str(SCRIPT), *call], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("mistake", ["See [`Missing`].", "A bare https://example.com/page address.", "An <unclosed> tag."])
def test_a_mistake_is_an_error(tmp_path: Path, mistake: str) -> None:
    done = documented(tmp_path, mistake)
    assert done.returncode != 0
    assert "error:" in done.stderr, done.stderr


def test_sound_documentation_is_written_and_its_tests_run(tmp_path: Path) -> None:
    done = documented(tmp_path, "Sound.\n//! ```\n//! assert_eq!(1, 1);\n//! ```")
    assert done.returncode == 0, done.stderr
    assert "test result: ok. 1 passed" in done.stdout, done.stdout
    assert (tmp_path / "doc" / "told" / "index.html").is_file()


def test_a_failing_doc_test_fails(tmp_path: Path) -> None:
    done = documented(tmp_path, "Wrong.\n//! ```\n//! assert_eq!(1, 2);\n//! ```")
    assert done.returncode != 0
    assert "1 failed" in done.stdout, done.stdout
