"""Each component can be released on its own: what would be published is complete, and no more than that."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from project import ROOT

# The repository's profiles, as text.
PROFILES = "[profile." + (ROOT / "Cargo.toml").read_text().split("[profile.", 1)[1]


def toml(path: str) -> dict[str, Any]:
    """A TOML file of the repository."""
    return tomllib.loads((ROOT / path).read_text())


def run(*command: str, cwd: Path = ROOT, **environment: str) -> str:
    """A command that must succeed."""
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


def published() -> dict[str, str]:
    """Folders of the crates that may be published, by name."""
    members = [".", *toml("Cargo.toml")["workspace"]["members"]]
    packages = {member: toml(f"{member}/Cargo.toml")["package"] for member in members}
    return {package["name"]: member for member, package in packages.items() if package.get("publish", True) is not False}


def test_the_crates_compile_from_what_would_be_published(tmp_path: Path) -> None:
    """Unpacked beside each other, with nothing of the repository around them."""
    version = toml("Cargo.toml")["workspace"]["package"]["version"]
    crates = published()
    assert {"oleoduto", "oleoduto-aws", "oleoduto-cdk", "oleoduto-cli", "oleoduto-runner", "oleoduto-stacks"} <= set(crates)
    target = tmp_path / "packed"
    wanted = [word for name in crates for word in ("--package", name)]
    # Verified below, all at once: cargo would compile every dependency anew for each.
    run("cargo", "package", "--locked", "--no-verify", "--allow-dirty", *wanted, CARGO_TARGET_DIR=str(target))
    patches = []
    for name in crates:
        with tarfile.open(target / "package" / f"{name}-{version}.crate") as archive:
            names = [member.name for member in archive.getmembers()]
            archive.extractall(tmp_path, filter="data")
        foreign = [path for path in names if path.split("/")[1] in {"jobs", "local", "bench", ".venv", "target"}]
        assert not foreign, f"{name} holds {foreign[:3]}"
        patches.append(f'{name} = {{ path = "{tmp_path}/{name}-{version}" }}')
    member = tmp_path / f"oleoduto-{version}"
    (tmp_path / "Cargo.toml").write_text(
        f'[workspace]\nresolver = "3"\nmembers = ["{member.name}"]\n\n[patch.crates-io]\n'
        + "\n".join(patches)
        + "\n"
        + PROFILES
    )
    # The repository's lock, profile and target: the dependencies, which are there already, are not compiled anew.
    (tmp_path / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
    run("cargo", "build", "--quiet", "--package", "oleoduto", cwd=tmp_path, CARGO_TARGET_DIR=str(ROOT / "target"))


def test_the_wheel_holds_the_package_and_is_reproducible(tmp_path: Path) -> None:
    project = toml("jobs/pyproject.toml")["project"]
    uv = str(ROOT / ".venv/bin/uv")
    digests = set()
    for name in ("one", "two"):
        out = tmp_path / name
        pinned = ["--build-constraints", str(ROOT / "scripts/build.lock"), "--require-hashes"]
        run(uv, "build", "--wheel", "--quiet", *pinned, "--out-dir", str(out), "jobs", SOURCE_DATE_EPOCH="1577836800")
        (wheel,) = out.glob("*.whl")
        digests.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert len(digests) == 1, "the same sources gave two different wheels"
    assert wheel.name == f"oleoduto_jobs-{project['version']}-py3-none-any.whl"
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = ROOT / "jobs/src"
    expected = {
        str(path.relative_to(sources))
        for path in (sources / "oleoduto_jobs").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == expected

    environment = tmp_path / "environment"
    run(uv, "venv", "--quiet", str(environment))
    python = str(environment / "bin/python")
    run(uv, "pip", "install", "--quiet", "--no-deps", "--python", python, str(wheel))
    said = run(python, "-c", "import oleoduto_jobs; print(oleoduto_jobs.__version__)", cwd=tmp_path)
    assert said.strip() == project["version"]


def test_the_changelog_knows_every_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = " ".join(re.findall(r"^## (.*)$", text, re.MULTILINE))
    for component, version in (
        ("crates", toml("Cargo.toml")["workspace"]["package"]["version"]),
        ("jobs", toml("jobs/pyproject.toml")["project"]["version"]),
    ):
        assert f"{component} {version}" in headings, f"CHANGELOG.md has no section for {component} {version}"
