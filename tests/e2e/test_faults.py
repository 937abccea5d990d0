"""Faults in the middle of a run: nothing is lost, and the next apply completes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import PATIENCE, Project
from runner_kit import ERROR, HANGUP, Deployment, Proxy, proxy, until

REPOSITORY, LIFECYCLE = "aws_ecr_repository.ml", "aws_ecr_lifecycle_policy.ml"


@pytest.fixture
def faulty(aws: Project) -> Iterator[Proxy]:
    """A proxy in front of it."""
    with proxy(aws.endpoint()) as proxied:
        yield proxied


def completes(deployment: Deployment) -> None:
    """The next apply ends well, the state holds everything, no lock is left, and nothing is left to do."""
    deployment.good("apply", "ecr", "--yes")
    assert deployment.state("ecr") == [LIFECYCLE, REPOSITORY]
    assert deployment.locks() == []
    deployment.good("plan", "ecr", "--refresh")
    names = [row["repositoryName"] for row in deployment.project.client("ecr").describe_repositories()["repositories"]]
    assert names.count(f"oleoduto-dev-{deployment.series.lower()}-ml") == 1


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, *HANGUP])
def test_an_interrupt_lets_terraform_end_and_save(aws: Project, faulty: Proxy, sign: signal.Signals) -> None:
    deployment = Deployment(aws, f"INT{int(sign)}", faulty.url)
    hanging = faulty.action("PutLifecyclePolicy", delay=3, answer=(503, ERROR.format("ServiceUnavailable")))
    running = deployment.start("apply", "ecr", "--yes", "--json")
    deployment.wait_for("ecr", "aws_ecr_lifecycle_policy.ml: Creating...")
    running.send_signal(sign)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, out + err
    faulty.rules.remove(hanging)
    assert deployment.state("ecr") == [REPOSITORY], "what was done is in the state"
    assert deployment.locks() == []
    completes(deployment)


def test_a_killed_runner_leaves_terraform_to_end(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "KILLRUNNER", faulty.url)
    faulty.action("CreateRepository", delay=3)
    running = deployment.start("apply", "ecr", "--yes")
    deployment.wait_for("ecr", "Creating...")
    running.kill()
    running.communicate(timeout=PATIENCE)
    assert deployment.locks(), "Terraform is still at work"
    until(lambda: not deployment.locks(), "the lock is freed")
    assert deployment.state("ecr") == [LIFECYCLE, REPOSITORY]
    until(lambda: not deployment.processes("terraform"), "Terraform and its provider have ended")
    completes(deployment)


def test_what_a_killed_terraform_had_created_is_imported(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "KILLTERRAFORM", faulty.url)
    # Never handed on: what is under way when Terraform dies does not happen.
    hanging = faulty.action("PutLifecyclePolicy", delay=20, answer=(503, ERROR.format("ServiceUnavailable")))
    running = deployment.start("apply", "ecr", "--yes")
    deployment.wait_for("ecr", "aws_ecr_lifecycle_policy.ml: Creating...")
    (terraform,) = deployment.processes("terraform", "apply", "-auto-approve")
    os.kill(terraform, signal.SIGKILL)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1 and "Terraform was killed" in out + err, out + err
    faulty.rules.remove(hanging)

    assert deployment.locks(), "a killed Terraform can't free its lock"
    refused = deployment.run("apply", "ecr", "--yes")
    assert refused.returncode == 1 and "oleoduto unlock ecr" in refused.stdout + refused.stderr
    assert "Error acquiring the state lock" in refused.stderr
    asked = deployment.run("unlock", "ecr")
    assert asked.returncode == 1 and "ecr is locked by" in asked.stderr and deployment.locks()
    deployment.good("unlock", "ecr", "--yes")
    assert deployment.locks() == []

    again = deployment.run("apply", "ecr", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"importing {REPOSITORY}" in again.stderr
    completes(deployment)


def test_a_killed_provider_is_an_error_and_no_loss(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "KILLPROVIDER", faulty.url)
    hanging = faulty.action("PutLifecyclePolicy", delay=20, answer=(503, ERROR.format("ServiceUnavailable")))
    running = deployment.start("apply", "ecr", "--yes")
    deployment.wait_for("ecr", "aws_ecr_lifecycle_policy.ml: Creating...")
    provider = [pid for pid in deployment.processes("terraform-provider-aws", "-debug") if is_provider(pid)]
    os.kill(provider[0], signal.SIGKILL)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1, out + err
    faulty.rules.remove(hanging)
    assert deployment.state("ecr") == [REPOSITORY]
    completes(deployment)


def is_provider(pid: int) -> bool:
    """The provider itself, not the shell that guards it."""
    return "terraform-provider" in os.readlink(f"/proc/{pid}/exe")


def test_of_two_applies_at_once_one_waits_or_is_refused(aws: Project, faulty: Proxy) -> None:
    first = Deployment(aws, "TWO", faulty.url)
    slow = faulty.action("CreateRepository", delay=6)
    running = first.start("apply", "ecr", "--yes")
    first.wait_for("ecr", "Creating...")

    same_folder = first.run("apply", "ecr", "--yes")
    assert same_folder.returncode == 1 and "another run (pid" in same_folder.stderr
    second = Deployment(aws, "TWO", out="second")
    refused = second.run("apply", "ecr", "--yes")
    assert refused.returncode == 1 and "Error acquiring the state lock" in refused.stderr, refused.stderr
    waited = second.run("apply", "ecr", "--yes", "--lock-timeout", "60s")
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, out + err
    assert slow.seen == 1, "only one of them created"
    assert waited.returncode == 0, waited.stdout + waited.stderr
    completes(first)


def test_an_s3_that_stumbles_is_asked_again(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "STUMBLE", faulty.url)
    failing = faulty.path("PUT", "/runner-states/", answer=(503, ERROR.format("SlowDown")), times=2)
    broken = faulty.path("GET", "/runner-states", answer=(500, ERROR.format("InternalError")), times=2)
    faulty.path("*", "/runner-states/", delay=0.2)
    completes(deployment)
    assert failing.seen == 2 and broken.seen == 2


def test_a_state_that_could_not_be_saved_is_pushed_by_the_next_apply(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "UNSAVED", faulty.url)
    refusing = faulty.path("PUT", "ecr.tfstate?", answer=(403, ERROR.format("AccessDenied")))
    done = deployment.run("apply", "ecr", "--yes")
    assert done.returncode == 1 and refusing.seen > 0, done.stdout + done.stderr
    assert (deployment.out / "stacks" / "ecr" / "errored.tfstate").is_file()
    faulty.rules.remove(refusing)
    if deployment.locks():
        deployment.good("unlock", "ecr", "--yes")
    again = deployment.run("apply", "ecr", "--yes")
    assert again.returncode == 0 and "pushing the state" in again.stderr, again.stdout + again.stderr
    assert not (deployment.out / "stacks" / "ecr" / "errored.tfstate").exists()
    completes(deployment)


def test_a_stale_plan_is_made_anew_and_says_why(aws: Project) -> None:
    planned, elsewhere = Deployment(aws, "STALE"), Deployment(aws, "STALE", out="second")
    assert planned.run("plan", "ecr").returncode == 2
    elsewhere.good("apply", "ecr", "--yes")
    report = planned.report("apply", "ecr")
    assert report["code"] == 0
    assert "its state changed after the plan" in report["ecr"]["reason"]
    assert report["ecr"]["changes"] == {"add": 0, "change": 0, "remove": 0, "import": 0}
    completes(planned)


def test_expired_credentials_and_a_wrong_account_change_nothing(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "EXPIRED", faulty.url)
    expired = faulty.path("POST", "/", answer=(403, f"<ErrorResponse>{ERROR.format('ExpiredToken')[21:]}</ErrorResponse>"))
    done = deployment.run("apply", "ecr", "--yes")
    assert done.returncode == 1 and "the credentials have expired" in done.stderr, done.stderr
    assert not deployment.out.exists()
    faulty.rules.remove(expired)
    other = subprocess.run(
        deployment.project.command("--account", "999999999999", "apply", "ecr", "--yes", "--out", str(deployment.out)),
        capture_output=True,
        text=True,
        check=False,
        env=deployment.environment,
    )
    assert other.returncode == 1, other.stdout
    assert "credentials belong to account 123456789012" in other.stderr and "uses 999999999999" in other.stderr
    assert not deployment.out.exists()
    completes(deployment)


def test_a_full_disk_leaves_the_output_as_it_was(aws: Project, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a file system of its own can't be mounted here")
    try:
        deployment = Deployment(aws, "FULL")
        deployment.out = small / "out"
        (small / "ballast").write_bytes(b"0" * 150_000)
        done = deployment.run("apply", "ecr", "--yes")
        assert done.returncode == 1 and "No space left" in done.stderr, done.stderr
        assert not (deployment.out / "manifest.json").exists(), "a folder with a manifest is whole"
    finally:
        subprocess.run(["umount", str(small)], check=True)
    roomy = Deployment(aws, "FULL")
    completes(roomy)


def test_a_producer_destroyed_by_hand_comes_back_with_its_consumers(aws: Project) -> None:
    deployment = Deployment(aws, "BYHAND")
    deployment.good("apply", "s3", "iam", "--yes")
    chdir = f"-chdir={deployment.out / 'stacks' / 's3'}"
    by_hand = subprocess.run(
        ["terraform", chdir, "destroy", "-auto-approve"],
        capture_output=True,
        text=True,
        check=False,
        env=deployment.environment,
    )
    assert by_hand.returncode == 0, by_hand.stdout + by_hand.stderr
    again = deployment.report("apply", "s3", "iam", "--yes")
    assert again["code"] == 0
    assert again["s3"]["changes"]["add"] == deployment.declared("s3") and "its state changed" in again["s3"]["reason"]
    deployment.good("plan", "s3", "iam", "--refresh")

    # And when consumers are destroyed although their producer is gone already.
    subprocess.run(
        ["terraform", chdir, "destroy", "-auto-approve"], capture_output=True, check=True, env=deployment.environment
    )
    deployment.good("destroy", "iam", "s3", "--yes")
    names = [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]]
    assert not any("byhand" in name for name in names)
