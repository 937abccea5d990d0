"""What the release workflow does beyond building: `python3 scripts/release.py COMMAND`. Standard library, Python 3.11+.

    check TAG                     whether the tag, the crates and the changelog name the same version
    notes TAG                     the section of the changelog
    package BINARY TARGET FOLDER  BINARY and the licenses as FOLDER/oleoduto-TARGET.tar.gz, with its checksum beside it

A package is a function of its files: the same binary gives the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import sys
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What travels with the binary.
DOCUMENTS = ("LICENSE", "README.md", "README.pt-BR.md", "CHANGELOG.md")


def version() -> str:
    """The version of the crates."""
    return str(tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"])


def section(changelog: str, version: str) -> str:
    """What a changelog says of a version of the crates; empty if it says nothing."""
    for heading, text in re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL):
        if re.search(rf"\bcrates {re.escape(version)}(?![\w.])", heading):
            return str(text).strip()
    return ""


def mistakes(tag: str, version: str, changelog: str) -> list[str]:
    """Why a tag can't be released."""
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is `{tag}`, but Cargo.toml has version {version}: tag v{version}, or change the version first")
    if not section(changelog, version):
        found.append(f"CHANGELOG.md has no section `## crates {version}`, or it is empty: write what changed")
    return found


def package(binary: Path, target: str, folder: Path) -> Path:
    """Write the archive and its checksum; return the archive."""
    name = f"oleoduto-{target}"
    members = [(binary, binary.name, 0o755), *((ROOT / document, document, 0o644) for document in DOCUMENTS)]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, member, mode in members:
            data = path.read_bytes()
            info = tarfile.TarInfo(f"{name}/{member}")
            info.size, info.mode = len(data), mode
            archive.addfile(info, io.BytesIO(data))
    folder.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(content.getvalue(), mtime=0)
    file = folder / f"{name}.tar.gz"
    file.write_bytes(packed)
    # The form of `sha256sum --check`.
    (folder / f"{file.name}.sha256").write_text(f"{hashlib.sha256(packed).hexdigest()}  {file.name}\n")
    return file


def main(arguments: list[str]) -> int:
    """Do what the arguments say."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    match arguments:
        case ["check", tag]:
            found = mistakes(tag, version(), changelog)
            for mistake in found:
                print(f"error: {mistake}", file=sys.stderr)
            return 1 if found else 0
        case ["notes", tag]:
            print(section(changelog, tag.removeprefix("v")))
            return 0
        case ["package", binary, target, folder]:
            print(package(Path(binary), target, Path(folder)))
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
