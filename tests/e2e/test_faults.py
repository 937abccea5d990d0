"""Faults in the middle of a run: nothing is lost, and the next apply completes."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import PATIENCE, Project
from runner_kit import BUCKET, ERROR, HANGUP, Deployment, Lab, Proxy, proxy, until

REPOSITORY, LIFECYCLE = "aws_ecr_repository.ml", "aws_ecr_lifecycle_policy.ml"


@pytest.fixture
def faulty(aws: Project) -> Iterator[Proxy]:
    """A proxy in front of it."""
    with proxy(aws.endpoint()) as proxied:
        yield proxied


@pytest.fixture
def short() -> Iterator[Path]:
    """A temporary folder with a short path, which sockets need."""
    with tempfile.TemporaryDirectory(prefix="oleoduto-") as folder:
        yield Path(folder)


def completes(deployment: Deployment) -> None:
    """The next apply ends well, the state holds everything, no lock is left, and nothing is left to do."""
    deployment.good("apply", "ecr", "--yes")
    assert deployment.state("ecr") == [LIFECYCLE, REPOSITORY]
    assert deployment.locks() == []
    deployment.good("plan", "ecr", "--refresh")
    names = [row["repositoryName"] for row in deployment.project.client("ecr").describe_repositories()["repositories"]]
    assert names.count(f"oleoduto-dev-{deployment.series.lower()}-ml") == 1


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, *HANGUP])
def test_an_interrupt_ends_the_step_and_saves(aws: Project, sign: signal.Signals) -> None:
    lab = Lab(aws, f"INT{int(sign)}")
    running = lab.holding("apply", "depot", "--yes", "--json")
    running.send_signal(sign)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, out + err
    lab.release()
    content = lab.content("depot")
    assert content and {row["name"]: row["instances"][0].get("status") for row in content["resources"]} == {
        "shelf": None,
        "label": "tainted",
    }
    assert lab.locks() == []
    lab.completes()


def test_an_interrupt_lets_the_provider_end_and_saves(aws: Project, faulty: Proxy) -> None:
    deployment = Deployment(aws, "INTERRUPT", faulty.url)
    hanging = faulty.action("PutLifecyclePolicy", delay=3, answer=(503, ERROR.format("ServiceUnavailable")))
    running = deployment.start("apply", "ecr", "--yes", "--json")
    deployment.wait_for("ecr", "aws_ecr_lifecycle_policy.ml: Creating...")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, out + err
    faulty.rules.remove(hanging)
    assert deployment.state("ecr") == [REPOSITORY], "what was done is in the state"
    assert deployment.locks() == []
    completes(deployment)


def test_a_killed_runner_leaves_terraform_to_end(aws: Project) -> None:
    lab = Lab(aws, "KILLRUNNER")
    running = lab.holding("apply", "depot", "--yes")
    running.kill()
    running.communicate(timeout=PATIENCE)
    assert lab.locks(), "Terraform is still at work"
    lab.release()
    until(lambda: not lab.locks(), "the lock is freed")
    assert lab.state("depot") == list(lab.ALL)
    until(lambda: not lab.processes("terraform"), "Terraform has ended")
    lab.completes()


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


def test_all_that_a_killed_terraform_had_created_is_imported_at_once(aws: Project) -> None:
    deployment = Deployment(aws, "LOST")
    deployment.good("apply", "ecr", "--yes")
    content, s3 = deployment.content("ecr"), aws.client("s3")
    assert content
    lost = [
        {"address": f"{row['type']}.{row['name']}", "id": row["instances"][0]["attributes"]["id"]}
        for row in content["resources"]
        if row["mode"] == "managed"
    ]
    assert len(lost) == 2
    s3.put_object(Bucket=BUCKET, Key=f"{deployment.key('ecr')}.unsaved.json", Body=json.dumps(lost).encode())
    s3.delete_object(Bucket=BUCKET, Key=deployment.key("ecr"))
    report = deployment.report("apply", "ecr", "--yes")
    assert report["code"] == 0 and report["ecr"]["changes"]["add"] == 0, report
    commands = report["ecr"]["commands"]
    assert [" import " in command for command in commands].count(True) == 0, "no process for each resource"
    assert [command.split()[2] for command in commands if "/imports/ecr" in command.split()[1]] == ["plan", "apply"], commands
    assert not any(key.endswith(".unsaved.json") for key in deployment.objects())
    completes(deployment)


def test_a_killed_provider_is_an_error_and_no_loss(aws: Project, faulty: Proxy, short: Path) -> None:
    deployment = Deployment(aws, "KILLPROVIDER", faulty.url)
    deployment.environment["TMPDIR"] = str(short)
    hanging = faulty.action("PutLifecyclePolicy", delay=20, answer=(503, ERROR.format("ServiceUnavailable")))
    running = deployment.start("apply", "ecr", "--yes")
    deployment.wait_for("ecr", "aws_ecr_lifecycle_policy.ml: Creating...")
    provider = [pid for pid in deployment.processes("terraform-provider-aws", "-debug") if is_provider(pid)]
    (log,) = short.glob("oleoduto-provider-*/out")
    said = log.read_text()
    assert "Provider started" in said and '"@level":"trace"' not in said and "http.request.body" not in said, said[:2000]
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
    os.kill(provider[0], signal.SIGKILL)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1, out + err
    until(lambda: list(short.iterdir()) == [], f"{short} is empty again")
    faulty.rules.remove(hanging)
    assert deployment.state("ecr") == [REPOSITORY]
    completes(deployment)


def is_provider(pid: int) -> bool:
    """The provider itself, not the shell that guards it."""
    return "terraform-provider" in os.readlink(f"/proc/{pid}/exe")


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
    assert not deployment.out.exists() and deployment.objects() == []


def test_of_two_applies_at_once_one_waits_or_is_refused(aws: Project) -> None:
    first, second = Lab(aws, "TWO"), Lab(aws, "TWO", out="second")
    running = first.holding("apply", "depot", "--yes")
    same_folder = first.run("apply", "depot", "--yes")
    assert same_folder.returncode == 1 and "another run (pid" in same_folder.stderr
    refused = second.run("apply", "depot", "--yes")
    assert refused.returncode == 1 and "Error acquiring the state lock" in refused.stderr, refused.stderr
    waiting = second.start("apply", "depot", "--yes", "--json", "--lock-timeout", f"{PATIENCE}s")
    first.release()
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, out + err
    out, err = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0, out + err
    assert json.loads(out)["stacks"][0]["changes"]["add"] == 0, "only one of them created"
    first.completes()


def test_an_s3_that_stumbles_is_asked_again(aws: Project, faulty: Proxy) -> None:
    failing = faulty.path("PUT", "/runner-states/", answer=(503, ERROR.format("SlowDown")), times=2)
    broken = faulty.path("GET", "/runner-states", answer=(500, ERROR.format("InternalError")), times=2)
    faulty.path("*", "/runner-states/", delay=0.2)
    Lab(aws, "STUMBLE", faulty.url).completes()
    assert failing.seen == 2 and broken.seen == 2


def test_a_state_that_could_not_be_saved_is_pushed_by_the_next_apply(aws: Project, faulty: Proxy) -> None:
    lab = Lab(aws, "UNSAVED", faulty.url)
    refusing = faulty.path("PUT", "depot.tfstate?", answer=(403, ERROR.format("AccessDenied")))
    done = lab.run("apply", "depot", "--yes")
    assert done.returncode == 1 and refusing.seen > 0, done.stdout + done.stderr
    refused = lab.out / "stacks" / "depot" / "errored.tfstate"
    assert refused.is_file()
    faulty.rules.remove(refusing)
    if lab.locks():
        lab.good("unlock", "depot", "--yes")
    again = lab.run("apply", "depot", "--yes")
    assert again.returncode == 0 and "pushing the state" in again.stderr, again.stdout + again.stderr
    assert not refused.exists()
    lab.completes()


def test_a_stale_plan_is_made_anew_and_says_why(aws: Project) -> None:
    planned, elsewhere = Lab(aws, "STALE"), Lab(aws, "STALE", out="second")
    assert planned.run("plan", "depot").returncode == 2
    elsewhere.good("apply", "depot", "--yes")
    report = planned.report("apply", "depot")
    assert report["code"] == 0
    assert "its state changed after the plan" in report["depot"]["reason"]
    assert report["depot"]["changes"] == {"add": 0, "change": 0, "remove": 0, "import": 0}
    planned.completes()


def test_a_full_disk_leaves_the_output_as_it_was(aws: Project, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a file system of its own can't be mounted here")
    try:
        lab = Lab(aws, "FULL")
        lab.out = small / "out"
        (small / "ballast").write_bytes(b"0" * 57_344)
        done = lab.run("apply", "depot", "--yes")
        assert done.returncode == 1 and "No space left" in done.stderr, done.stderr
        assert not (lab.out / "manifest.json").exists(), "a folder with a manifest is whole"
    finally:
        subprocess.run(["umount", str(small)], check=True)
    Lab(aws, "FULL").completes()


def test_a_producer_destroyed_by_hand_comes_back_with_its_consumers(aws: Project) -> None:
    lab = Lab(aws, "BYHAND")
    lab.good("apply", "orders", "shipping", "--yes")
    destroy = ["terraform", f"-chdir={lab.out / 'stacks' / 'orders'}", "destroy", "-auto-approve"]
    by_hand = subprocess.run(destroy, capture_output=True, text=True, check=False, env=lab.environment)
    assert by_hand.returncode == 0, by_hand.stdout + by_hand.stderr
    again = lab.report("apply", "orders", "shipping", "--yes")
    assert again["code"] == 0
    assert again["orders"]["changes"]["add"] == 1 and "its state changed" in again["orders"]["reason"]
    lab.good("plan", "orders", "shipping", "--refresh")

    # And when consumers are destroyed although their producer is gone already.
    subprocess.run(destroy, capture_output=True, check=True, env=lab.environment)
    lab.good("destroy", "shipping", "orders", "--yes")
    assert lab.state("shipping") == []
