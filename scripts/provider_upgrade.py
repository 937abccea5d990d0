#!/usr/bin/env python3
"""Compile and synthesize the pipeline's stacks with the bindings of another version of the AWS provider.

    scripts/provider_upgrade.py SCHEMA VERSION

SCHEMA is the output of `terraform providers schema -json` of that version, also as `.xz`. If it lacks the provider's own
configuration, the present one stands in. Whatever the version deprecates is an
error where the stacks or oleoduto-aws use it. Cargo must have built the generator (`target/debug`). The script changes nothing
in the repository.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
MEMBERS = ["backend", "crates/aws", "crates/cdk", "stacks"]
# What the copy has of its own.
OWN = {"Cargo.toml", "Cargo.lock", "crates", "target", ".git"}


def manifest() -> str:
    """The workspace without the program, and with deprecations as errors."""
    text = (ROOT / "Cargo.toml").read_text()
    text = re.sub(r"(?ms)^\[package\]\n.*?(?=^\[profile\.dev\]|\Z)", "", text)
    members = ", ".join(f'"{member}"' for member in MEMBERS)
    text = re.sub(r"(?m)^members = \[.*\]$", f'members = [{members}]\nresolver = "3"', text)
    return text.replace("[workspace.lints.rust]\n", '[workspace.lints.rust]\ndeprecated = "deny"\n')


def copy(folder: Path) -> None:
    """The repository as links, but for the crate with the bindings."""
    for entry in ROOT.iterdir():
        if entry.name not in OWN:
            (folder / entry.name).symlink_to(entry)
    (folder / "Cargo.toml").write_text(manifest())
    shutil.copyfile(ROOT / "Cargo.lock", folder / "Cargo.lock")
    (folder / "crates").mkdir()
    for crate in (ROOT / "crates").iterdir():
        if crate.name != "aws":
            (folder / "crates" / crate.name).symlink_to(crate)
    shutil.copytree(ROOT / "crates" / "aws", folder / "crates" / "aws")


def generate(folder: Path, schema: bytes, version: str) -> None:
    """Write the bindings of the version."""
    (folder / "schema.json").write_bytes(schema)
    bindings = folder / "crates" / "aws" / "bindings.toml"
    old = re.search(r'(?m)^version = "(.*)"$', bindings.read_text())
    if old is None:
        sys.exit(f"error: {bindings} names no version")
    bindings.write_text(bindings.read_text().replace(old.group(0), f'version = "{version}"'))
    out = folder / "crates" / "aws" / "src" / "generated"
    present = (out / "provider.rs").read_text()
    generator = [str(TARGET / "debug" / "oleoduto-bindgen"), "--schema", str(folder / "schema.json")]
    subprocess.run([*generator, "--bindings", str(bindings), "--out", str(out)], check=True)
    providers = json.loads(schema)["provider_schemas"]
    if not providers["registry.terraform.io/hashicorp/aws"].get("provider", {}).get("block", {}).get("attributes"):
        print("the schema lacks the provider's configuration: that of the present version stands in", file=sys.stderr)
        (out / "provider.rs").write_text(present.replace(old.group(1), version))


def main() -> None:
    """Generate, compile and synthesize."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    schema, version = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="oleoduto-upgrade-") as scratch:
        folder = Path(scratch)
        copy(folder)
        packed = schema.read_bytes()
        generate(folder, lzma.decompress(packed) if schema.suffix == ".xz" else packed, version)
        # The unit tests of the stacks synthesize all of them.
        test = ["cargo", "test", "-q", "--offline", "-p", "oleoduto-stacks", "--lib"]
        subprocess.run(test, cwd=folder, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)}, check=True)
    print(f"the stacks compile and synthesize with hashicorp/aws {version}, and use nothing that it deprecates")


if __name__ == "__main__":
    main()
