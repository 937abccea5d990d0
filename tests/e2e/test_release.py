"""Each component can be released on its own: what would be published is complete, no more, and builds a new project."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from crate_kit import oleoduto, succeed, validate
from project import BINARY, ROOT


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


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What would be published, unpacked: the folder of each crate by its name."""
    folder = tmp_path_factory.mktemp("published")
    version = toml("Cargo.toml")["workspace"]["package"]["version"]
    crates = published()
    assert {"oleoduto", "oleoduto-aws", "oleoduto-cdk", "oleoduto-cli", "oleoduto-runner", "oleoduto-stacks"} <= set(crates)
    target = folder / "packed"
    wanted = [word for name in crates for word in ("--package", name)]
    # The verification of cargo would compile every dependency anew for each crate; the tests below say the same for less.
    run("cargo", "package", "--locked", "--no-verify", "--allow-dirty", *wanted, CARGO_TARGET_DIR=str(target))
    for name in crates:
        with tarfile.open(target / "package" / f"{name}-{version}.crate") as archive:
            archive.extractall(folder, filter="data")
    return {name: folder / f"{name}-{version}" for name in crates}


def patches(folders: dict[str, Path]) -> str:
    """The lines of a manifest that take crates from folders instead of a registry."""
    lines = [f'{name} = {{ path = "{folder}" }}' for name, folder in folders.items()]
    return "[patch.crates-io]\n" + "\n".join(lines) + "\n"


# What clippy adds to the lists of the compiler, for each crate.
OF_CLIPPY = {Path("clippy.toml"), Path("Cargo.toml")}


def compiled(crate: str) -> set[Path]:
    """The files of the repository that the compiler read for a crate, as it lists them beside what it wrote."""
    files = set()
    for listed in (BINARY.parent / "deps").glob(f"{crate.replace('-', '_')}-*.d"):
        # The first line is one rule of a Makefile; a space in a name has a backslash. Lists of former builds stay there, too.
        names = re.split(r"(?<!\\) ", listed.read_text().split("\n", 1)[0].split(": ", 1)[1].strip())
        files |= {ROOT / name.replace("\\ ", " ") for name in names}
    return {file.relative_to(ROOT) for file in files if file.is_file() and file.is_relative_to(ROOT)}


def test_what_would_be_published_is_complete_and_no_more(binary: Path, packed: dict[str, Path]) -> None:
    assert binary.is_file()
    for name, folder in published().items():
        files = compiled(name) - OF_CLIPPY
        assert files, f"{name} was compiled"
        for file in files:
            assert file.is_relative_to(folder), f"{name} needs {file}, which is not in its folder"
            assert (packed[name] / file.relative_to(folder)).is_file(), f"the package {name} lacks {file}"
        foreign = {"jobs", "local", "bench", ".venv", "target"} & {path.name for path in packed[name].iterdir()}
        assert not foreign, f"{name} holds {foreign}"


def test_what_would_be_published_resolves(packed: dict[str, Path]) -> None:
    """With nothing of the repository around it, the program has the versions of the lock and each feature that it names."""
    program = packed["oleoduto"]
    manifest = program / "Cargo.toml"
    others = {name: folder for name, folder in packed.items() if name != "oleoduto"}
    manifest.write_text(f"{manifest.read_text()}\n[workspace]\n\n{patches(others)}")
    shutil.copyfile(ROOT / "Cargo.lock", program / "Cargo.lock")
    shown = json.loads(succeed(program, "cargo", "metadata", "--format-version", "1", "--features", "oleoduto-cdk/testing"))
    mine = {
        package["name"]: Path(package["manifest_path"]).parent for package in shown["packages"] if package["source"] is None
    }
    assert mine == packed
    locked = {(package["name"], package["version"]) for package in toml("Cargo.lock")["package"]}
    assert {(package["name"], package["version"]) for package in shown["packages"]} <= locked


@pytest.mark.parametrize(
    ("template", "stacks"), [("bucket", ["my-orders"]), ("lambda-api", ["my-orders"]), ("pipeline", ["data", "flow"])]
)
def test_a_new_project_builds_tests_and_synthesizes(binary: Path, tmp_path: Path, template: str, stacks: list[str]) -> None:
    """With the engine of this version, and without a warning of cargo, clippy, rustfmt or Terraform."""
    assert binary.is_file()
    # In a folder of another workspace, as people do.
    (tmp_path / "Cargo.toml").write_text("[workspace]\nmembers = []\n")
    made = oleoduto(tmp_path, "new", "my-orders", "--template", template, "--engine", "registry")
    assert made.returncode == 0, made.stderr
    project = tmp_path / "my-orders"
    again = oleoduto(tmp_path, "new", "my-orders")
    assert again.returncode == 1
    assert "my-orders exists: choose another name" in again.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Cargo.toml", "my-orders"]
    succeed(project, "cargo", "fmt", "--check")
    # With the program as a dependency, which cargo leaves out of a program, the dependencies have its features.
    manifest = project / "Cargo.toml"
    here = patches({name: ROOT / folder for name, folder in published().items()})
    manifest.write_text(f'{manifest.read_text()}\n[dependencies.oleoduto]\nversion = "*"\n\n{here}')
    shutil.copyfile(ROOT / "Cargo.lock", project / "Cargo.lock")
    # With clippy as the compiler: `cargo clippy` would check every dependency anew.
    linted = str(ROOT / "scripts" / "linted.sh")
    tested = succeed(project, linted, "test", "-q")
    assert "1 passed" in tested, tested
    written = succeed(project, linted, "run", "-q", "--", "synth").splitlines()
    assert written == [f"cdktf.out/stacks/{stack}/cdk.tf.json" for stack in stacks]
    assert succeed(project, linted, "run", "-q", "--", "list").splitlines() == stacks
    # The last one needs those before it.
    validate(project / "cdktf.out" / "stacks" / stacks[-1])
    assert os.access(project, os.R_OK | os.X_OK)


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


def release(*words: str) -> subprocess.CompletedProcess[str]:
    """What the release workflow calls."""
    script = [sys.executable, str(ROOT / "scripts/release.py"), *words]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def test_a_tag_of_another_version_is_not_released() -> None:
    version = toml("Cargo.toml")["workspace"]["package"]["version"]
    assert release("check", f"v{version}").returncode == 0
    other = release("check", "v9.9.9")
    assert other.returncode == 1 and f"Cargo.toml has version {version}" in other.stderr
    assert "The first version" in release("notes", "v0.1.0").stdout


def test_a_package_is_the_same_each_time_and_its_program_runs(tmp_path: Path) -> None:
    # A real binary of this build is 300 MB with its debug information, and nothing here depends on what a program does.
    program = tmp_path / "oleoduto"
    program.write_text("#!/bin/sh\necho it runs\n")
    for folder in ("a", "b"):
        done = release("package", str(program), "x86_64-unknown-linux-gnu", str(tmp_path / folder))
        assert done.returncode == 0, done.stderr
    name = "oleoduto-x86_64-unknown-linux-gnu.tar.gz"
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    run("sha256sum", "--check", f"{name}.sha256", cwd=tmp_path / "a")
    run("tar", "-xzf", name, cwd=tmp_path / "a")
    unpacked = tmp_path / "a" / name.removesuffix(".tar.gz")
    assert sorted(file.name for file in unpacked.iterdir()) == sorted(
        ["oleoduto", "LICENSE", "README.md", "README.pt-BR.md", "CHANGELOG.md"]
    )
    assert run(str(unpacked / "oleoduto")) == "it runs\n"


def test_the_workflow_packs_what_binstall_looks_for() -> None:
    metadata = toml("Cargo.toml")["package"]["metadata"]["binstall"]
    filled = metadata["pkg-url"].replace("{ target }", "T").replace("{ version }", "1").replace("{ repo }", "R")
    assert filled == "R/releases/download/v1/oleoduto-T.tar.gz"
    assert metadata["bin-dir"] == "oleoduto-{ target }/{ bin }{ binary-ext }"
    workflow = (ROOT / ".github/workflows/release.yaml").read_text()
    targets = re.findall(r"^ +- target: (\S+)$", workflow, re.MULTILINE)
    assert {target.split("-")[0] for target in targets} == {"x86_64", "aarch64"} and len(targets) == 4
    pinned = re.search(r'RUST: "(.*)"', workflow)
    generated = re.search(r'RUST: "(.*)"', (ROOT / ".github/workflows/scan.yaml").read_text())
    assert pinned and generated and pinned[1] == generated[1], "one toolchain for all workflows"
