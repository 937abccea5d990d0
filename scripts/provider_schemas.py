#!/usr/bin/env python3
"""Generate the bindings of whole provider schemas, compile them or a sample, and print a table.

    scripts/provider_schemas.py [--whole] SCHEMA...

SCHEMA is an output of `terraform providers schema -json`, also as `.xz`. All types of every provider in it are generated.
Providers of at most 150 types compile whole, of others a sample does: the longest modules, and types at even distances.
`--whole` compiles everything, in crates of 150 types; for the AWS provider that takes five minutes. The
examples in the documentation of the types compile with them. Cargo must have built the generator (`target/debug`).
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Types that one crate holds.
CRATE = 150
# Types of a sample: the longest modules, and the whole sample.
LONGEST, SAMPLE = 4, 40
LISTS = {
    "resources": "resource_schemas",
    "data_sources": "data_source_schemas",
    "ephemeral_resources": "ephemeral_resource_schemas",
    "functions": "functions",
}
MANIFEST = """[package]
name = "bindgen-schemas"
version = "0.0.0"
edition = "2024"

[dependencies]
bon = "3"
oleoduto-cdk = {{ path = "{engine}" }}

[workspace]
"""


@dataclass(frozen=True)
class Listed:
    """A type of a provider, as the bindings file lists it."""

    key: str
    name: str


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    provider: str
    types: int
    modules: int
    lines: int
    generated: float
    compiled: int
    compile_seconds: float


def read(path: Path) -> dict[str, Any]:
    """A schema, unpacked if it is packed."""
    text = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    schema: dict[str, Any] = json.loads(text)
    return schema


def types_of(provider: dict[str, Any]) -> list[Listed]:
    """Everything that is bound of a provider."""
    return [Listed(key, name) for key, section in LISTS.items() for name in sorted(provider.get(section) or {})]


def bindings(provider: str, version: str, types: Iterable[Listed]) -> str:
    """A bindings file."""
    types = list(types)
    lists = {key: [entry.name for entry in types if entry.key == key] for key in LISTS}
    head = {"provider": provider, "version": version, "path": "crate::generated"}
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in head.items()) + "".join(
        f"{key} = {json.dumps(names)}\n" for key, names in lists.items()
    )


def generate(schema: Path, text: str, out: Path, *options: str) -> float:
    """Write the bindings; returns the seconds."""
    file = out.parent / "bindings.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    generator = TARGET / "debug" / "oleoduto-bindgen"
    began = time.monotonic()
    command = [str(word) for word in (generator, "--schema", schema, "--bindings", file, "--out", out, *options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{schema.name}: {done.stderr}")
    sys.stderr.write(done.stderr)
    return time.monotonic() - began


def examples(generated: Path) -> Iterator[str]:
    """The code in the documentation of all types."""
    for path in sorted(generated.glob("*.rs")):
        blocks = path.read_text().split("/// ```")
        for block in blocks[1::2]:
            code = [line.removeprefix("///").removeprefix(" ") for line in block.split("\n")[1:]]
            yield "\n".join(code)


def compile_crate(crate: Path) -> float:
    """Check a crate with the bindings in `src/generated` and their examples, warnings as errors; returns the seconds."""
    (crate / "Cargo.toml").write_text(MANIFEST.format(engine=ROOT / "crates" / "cdk"))
    (crate / "src" / "lib.rs").write_text("#![deny(warnings)]\n#[allow(dead_code)]\nmod examples;\npub mod generated;\n")
    modules = (f"mod n{index} {{\n{code}}}\n" for index, code in enumerate(examples(crate / "src" / "generated")))
    (crate / "src" / "examples.rs").write_text("".join(modules))
    # The versions of the project's own lock file; cargo removes what the crate does not use.
    shutil.copyfile(ROOT / "Cargo.lock", crate / "Cargo.lock")
    began = time.monotonic()
    command = ["cargo", "check", "-q", "--offline", "--manifest-path", str(crate / "Cargo.toml")]
    subprocess.run(command, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)}, check=True)
    return time.monotonic() - began


def sample(types: Sequence[Listed], generated: Path) -> list[Listed]:
    """Types at even distances, and those with the longest modules."""
    chosen = {types[index * len(types) // SAMPLE] for index in range(SAMPLE)}
    modules = [path for path in generated.glob("*.rs") if path.name != "mod.rs"]
    longest = sorted(modules, key=lambda path: -path.stat().st_size)[:LONGEST]
    heads = [path.read_text().split("`", 2)[1] for path in longest]
    return sorted(chosen | {entry for entry in types if entry.name in heads}, key=lambda entry: (entry.key, entry.name))


def parts_of(types: Sequence[Listed], generated: Path, *, whole: bool) -> list[Sequence[Listed]]:
    """The crates to compile."""
    if len(types) > CRATE and not whole:
        return [sample(types, generated)]
    return [types[at : at + CRATE] for at in range(0, len(types), CRATE)] or [types]


def judge(path: Path, *, whole: bool) -> Iterable[Row]:
    """Generate and compile each provider of a schema."""
    schema = read(path)
    for address, provider in sorted(schema["provider_schemas"].items()):
        work = TARGET / "bindgen-schemas" / f"{path.name.split('.json')[0]}-{address.rsplit('/', 1)[1]}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        file = work / "schema.json"
        file.write_text(json.dumps({**schema, "provider_schemas": {address: provider}}))
        types = types_of(provider)
        version = str(provider.get("version") or "0.0.0")
        generated = work / "all"
        seconds = generate(file, bindings(address, version, []), generated, "--all")
        modules = list(generated.glob("*.rs"))
        lines = sum(module.read_text().count("\n") for module in modules)
        compile_seconds, compiled = 0.0, 0
        # One crate after the other in one folder: cargo then replaces the results of the one before.
        crate = TARGET / "bindgen-schemas" / "crate"
        for part in parts_of(types, generated, whole=whole):
            shutil.rmtree(crate, ignore_errors=True)
            (crate / "src").mkdir(parents=True)
            generate(file, bindings(address, version, part), crate / "src" / "generated")
            compile_seconds += compile_crate(crate)
            compiled += len(part)
        yield Row(address, len(types), len(modules), lines, seconds, compiled, compile_seconds)


def main() -> None:
    """Print a row per provider as soon as it is known."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("schemas", nargs="+", type=Path, metavar="SCHEMA")
    parser.add_argument("--whole", action="store_true", help="compile all types of large providers")
    arguments = parser.parse_args()
    print("| provider | types | modules | lines | generated in | compiled | in |")
    print("|---|---|---|---|---|---|---|")
    for path in arguments.schemas:
        for row in judge(path, whole=arguments.whole):
            generated, compiled = f"{row.generated:.1f} s", f"{row.compile_seconds:.1f} s"
            cells = (row.provider, row.types, row.modules, row.lines, generated, row.compiled, compiled)
            print(f"| {path.name.split('.json')[0]}: {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
