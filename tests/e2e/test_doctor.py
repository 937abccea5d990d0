"""`oleoduto doctor`, `completions` and `man`: with fake programs on PATH and an AWS that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from doctor_kit import ACCOUNT, GOOD, doctor, path_with, says, told
from project import Project, clean_environment

WITH_BUCKET = '[project]\nname = "oleoduto"\nseries = "EIA366_PBRENT366"\n\n[env.dev.backend]\ntype = "s3"\n'
PROGRAMS = ("terraform", "java", "python", "git", "docker", "node")


def test_without_aws_it_says_so_and_does_not_fail(bare_project: Project, tmp_path: Path) -> None:
    found = doctor(bare_project, PATH=path_with(tmp_path / "bin", **says()))
    assert found.code == 0
    assert all(found.findings[name]["verdict"] == "ok" for name in PROGRAMS)
    assert found.findings["credentials"]["verdict"] == "warning"
    assert found.findings["credentials"]["fix"]


@pytest.mark.parametrize(
    ("environment", "what", "verdict"),
    [
        ({}, "region", "note"),
        ({"AWS_REGION": "eu-west-1"}, "credentials", "note"),
        # Somebody has set this up, and it does not work.
        ({"AWS_REGION": "eu-west-1", "AWS_PROFILE": "gone"}, "environment", "warning"),
        ({"AWS_REGION": "eu-west-1", "AWS_PROFILE": "gone", "OLEODUTO_ACCOUNT": ACCOUNT}, "credentials", "warning"),
    ],
)
def test_what_a_local_run_does_not_need_is_no_warning(
    bare_project: Project, tmp_path: Path, environment: dict[str, str], what: str, verdict: str
) -> None:
    """With an empty home, and programs that only AWS or another command line needs too old."""
    old = says(node="v20.1.0", docker="Docker version 19.3.1")
    nothing = {"HOME": str(tmp_path), "PATH": path_with(tmp_path / "bin", **old), "AWS_EC2_METADATA_DISABLED": "true"}
    found = told(bare_project, {**clean_environment(), **nothing, **environment})
    assert found.code == 0
    row = found.findings[what]
    assert row["verdict"] == verdict and row["fix"], row
    assert "`oleoduto local run`" in row["fix"] or verdict == "warning"
    others = {name: row["verdict"] for name, row in found.findings.items() if row["verdict"] != "ok" and name != what}
    assert others == {"docker": "note", "node": "note"}


@pytest.mark.parametrize(
    ("program", "text", "verdict", "code"),
    [
        ("terraform", "Terraform v1.9.8\n\nYour version is out of date! The latest version is 1.14.0", "failure", 1),
        ("terraform", "OpenTofu v1.10.0", "ok", 0),
        ("terraform", "no number at all", "failure", 1),
        ("java", 'openjdk version "1.8.0_392"', "warning", 0),
        ("java", 'openjdk version "21" 2023-09-19', "ok", 0),
        ("node", "v22.18.0", "note", 0),
        ("docker", "Docker version 19.3.1", "note", 0),
        ("python", "Python 3.10.9", "warning", 0),
    ],
)
def test_versions_are_judged(bare_project: Project, tmp_path: Path, program: str, text: str, verdict: str, code: int) -> None:
    name = {"python": "python3"}.get(program, program)
    found = doctor(bare_project, PATH=path_with(tmp_path / "bin", **says(**{name: text})))
    assert (found.findings[program]["verdict"], found.code) == (verdict, code), found.findings[program]
    assert bool(found.findings[program]["fix"]) == (verdict != "ok")


def test_a_terraform_that_is_not_there_is_a_failure(bare_project: Project) -> None:
    found = doctor(bare_project, TERRAFORM_BINARY_NAME="no-such-terraform")
    assert found.code == 1 and "no-such-terraform" in found.findings["terraform"]["found"]


def test_a_program_that_fails_is_not_ok_because_it_prints_a_number(bare_project: Project, tmp_path: Path) -> None:
    broken = "echo 'exec format error in build 1.11.4' >&2; exit 126"
    found = doctor(bare_project, PATH=path_with(tmp_path / "bin", **{**says(), "terraform": broken}))
    assert (found.findings["terraform"]["verdict"], found.code) == ("failure", 1)


def test_programs_are_asked_at_the_same_time(bare_project: Project, tmp_path: Path) -> None:
    """None of them answers before all were started."""
    started = f"until [ $(ls {tmp_path}/*.started | wc -l) -eq {len(GOOD)} ]; do sleep 0.05; done"
    waiting = {name: f"touch {tmp_path}/{name}.started; {started}; {script}" for name, script in says().items()}
    found = doctor(bare_project, PATH=path_with(tmp_path / "bin", **waiting))
    assert all(found.findings[name]["verdict"] == "ok" for name in PROGRAMS), found.findings


def test_credentials_of_another_account_are_a_failure(bare_project: Project, fake_aws: Callable[..., str]) -> None:
    found = doctor(bare_project, AWS_ENDPOINT_URL=fake_aws(account="999999999999"))
    assert found.code == 1
    assert found.findings["credentials"]["verdict"] == "failure"
    assert "999999999999" in found.findings["credentials"]["found"] and ACCOUNT in found.findings["credentials"]["found"]


def self_signed(file: Path) -> Path:
    """A file with a certificate of 127.0.0.1 that nobody else has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's AWS")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    unsigned = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1))
    certificate = unsigned.add_extension(address, critical=False).sign(key, hashes.SHA256())
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_the_certificate_of_aws_is_checked(bare_project: Project, fake_aws: Callable[..., str], tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "certificate.pem")
    url = fake_aws(certificate=certificate)
    trusted = doctor(bare_project, AWS_ENDPOINT_URL=url, SSL_CERT_FILE=str(certificate))
    assert trusted.findings["credentials"]["verdict"] == "ok", trusted.findings
    refused = doctor(bare_project, AWS_ENDPOINT_URL=url)
    assert refused.findings["credentials"]["verdict"] == "warning", refused.findings


def test_a_clock_that_agrees_is_ok(bare_project: Project, fake_aws: Callable[..., str]) -> None:
    found = doctor(bare_project, AWS_ENDPOINT_URL=fake_aws())
    assert found.findings["clock"]["verdict"] == "ok"
    assert found.findings["credentials"]["verdict"] == "ok"


@pytest.mark.parametrize(("skew", "verdict"), [(120, "warning"), (400, "failure"), (-400, "failure")])
def test_a_clock_that_is_off_is_found(bare_project: Project, fake_aws: Callable[..., str], skew: int, verdict: str) -> None:
    assert doctor(bare_project, AWS_ENDPOINT_URL=fake_aws(skew=skew)).findings["clock"]["verdict"] == verdict


def test_an_aws_that_never_answers_does_not_hold_it_for_ever(bare_project: Project, fake_aws: Callable[..., str]) -> None:
    bare_project.configure(WITH_BUCKET)
    assert doctor(bare_project, timeout=120, AWS_ENDPOINT_URL=fake_aws(silent=True)).code in (0, 1)


def commands(project: Project, *above: str) -> list[tuple[str, ...]]:
    """Every command below one, by what `--help` lists."""
    shown = project.run(*above, "--help")
    assert shown.returncode == 0, shown.stderr
    _, _, listed = shown.stdout.partition("Commands:\n")
    words = [line.split()[0] for line in listed.split("\n\n")[0].splitlines() if line.startswith("  ") and line[2] != " "]
    found: list[tuple[str, ...]] = []
    for word in words:
        if word != "help":
            found += [(*above, word), *commands(project, *above, word)]
    return found


def test_every_command_has_a_manual_page_and_completions(bare_project: Project, tmp_path: Path) -> None:
    listed = commands(bare_project)
    assert {("synth",), ("backend", "up"), ("local", "run"), ("doctor",)} <= set(listed)
    assert bare_project.run("man", "--out", str(tmp_path / "man")).returncode == 0
    pages = {path.name for path in (tmp_path / "man").iterdir()}
    assert pages == {"oleoduto.1", *(f"{'-'.join(('oleoduto', *words))}.1" for words in listed)}
    for shell in ["bash", "zsh", "fish"]:
        script = bare_project.run("completions", shell)
        assert script.returncode == 0
        for words in listed:
            assert words[-1] in script.stdout, (shell, words)
    assert bare_project.run("completions", "no-such-shell").returncode == 2
