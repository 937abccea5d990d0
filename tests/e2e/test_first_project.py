"""From an empty folder to a plan: what a newcomer types, with its seconds, as docs/engine.md shows it."""

from __future__ import annotations

import lzma
import os
import shutil
import time
from pathlib import Path

import pytest
import transcripts
from crate_kit import oleoduto, run
from project import BINARY, ROOT, Project

# No part of the repository; CI has it.
SCHEMA = ROOT.parent / "shared" / "data" / "schemas" / "random.json.xz"
# The features of the repository: cargo leaves a program out of a program, but chooses features as if it were there.
SAME_FEATURES = f'\n[dependencies.oleoduto]\npath = "{ROOT}"\n'
NAMES = """//! The stack `names`: a random string for each table.

use oleoduto_aws::dynamodb_table::DynamodbTableRefs;
use oleoduto_cdk::{App, Backend};

use crate::bindings::random::provider::RandomProvider;
use crate::bindings::random::string::RandomString;

/// Declare the stack. Another table gets another string.
pub(crate) fn declare(app: &mut App, state: Backend, table: &DynamodbTableRefs) {
    let stack = app.stack("names", state);
    stack.provider(RandomProvider::builder().build());
    let suffix = RandomString::builder().length(6).special(false).upper(false).keepers([("table", table.arn().text())]);
    let suffix = stack.add("suffix", suffix.build());
    stack.output("suffix", suffix.result());
}
"""
# What the newcomer changes in the library of the template.
EDITS = (
    ("#[rustfmt::skip]\nmod bindings;\n", "#[rustfmt::skip]\nmod bindings;\nmod names;\n"),
    (
        "    app.tags(",
        '    let path = format!("../../../states/{environment}/names.tfstate").into();\n'
        "    names::declare(&mut app, Backend::Local { path }, &table);\n    app.tags(",
    ),
)


@pytest.fixture(scope="module")
def aws(project: Project) -> Project:
    """A running local AWS."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    return project


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """The schema of hashicorp/random, beside the folder in which the newcomer works."""
    if not SCHEMA.is_file() and not os.environ.get("CI"):
        pytest.skip(f"{SCHEMA} is missing")
    file = tmp_path / "random.json"
    file.write_bytes(lzma.decompress(SCHEMA.read_bytes()))
    return file


class Log:
    """What a terminal shows."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lines = folder, [""]

    def step(self, shown: str, *command: str, code: int = 0, **environment: str) -> str:
        """A command with its output and seconds; what cargo does is silent."""
        began = time.monotonic()
        done = run(self.folder, *command, **environment)
        seconds = time.monotonic() - began
        assert done.returncode == code, done.stdout + done.stderr
        self.lines += [
            f"$ {shown}",
            *done.stderr.splitlines(),
            *done.stdout.splitlines(),
            f"  ({shown.split(maxsplit=1)[0]}: {seconds:.1f} s)",
        ]
        return done.stdout


def test_from_an_empty_folder_to_a_plan(aws: Project, tmp_path: Path, schema: Path) -> None:
    """An API with a table, and a random string for the table: made, bound, changed, synthesized and planned."""
    log = Log(tmp_path)
    program = str(BINARY)
    log.step("oleoduto new orders --template lambda-api", program, "new", "orders", "--template", "lambda-api")
    project = log.folder = tmp_path / "orders"
    # Of the test alone: the caches of the repository, and the versions and features of what it has built.
    (project / ".oleoduto").mkdir()
    (project / ".oleoduto" / "cache").symlink_to(ROOT / ".oleoduto" / "cache")
    shutil.copyfile(ROOT / "Cargo.lock", project / "Cargo.lock")
    manifest = project / "Cargo.toml"
    manifest.write_text(manifest.read_text() + SAME_FEATURES)
    add = ("add", "hashicorp/random", "random_string", "--schema", "../random.json", "--provider-version", "3.6.0")
    log.step(f"oleoduto {' '.join(add)}", program, *add)
    (project / "src" / "names.rs").write_text(NAMES)
    library = project / "src" / "lib.rs"
    for old, new in EDITS:
        text = library.read_text()
        assert text.count(old) == 1, old
        library.write_text(text.replace(old, new))
    log.lines += ["$ edit src/names.rs src/lib.rs   # a stack with the random string, which reads the table"]
    place = {**aws.endpoint(), "AWS_REGION": "us-east-1"}
    written = log.step("cargo run -- synth", "cargo", "run", "-q", "--", "synth", **place)
    assert written.splitlines() == [f"cdktf.out/stacks/{stack}/cdk.tf.json" for stack in ("orders", "names")]
    planned = log.step("cargo run -- plan orders", "cargo", "run", "-q", "--", "plan", "orders", code=2, **place)
    assert "aws_dynamodb_table.items" in planned and "aws_apigatewayv2_api.api" in planned, planned
    checked = oleoduto(project, "bindings", "check", "--schema", str(schema))
    assert checked.returncode == 0, checked.stderr
    transcripts.check("first-project", "\n".join(log.lines), {f"{tmp_path}/": ""})
