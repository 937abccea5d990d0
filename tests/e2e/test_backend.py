"""`oleoduto backend`: the bucket of states, looked at through boto3."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import transcripts
from botocore.exceptions import ClientError
from project import LAB, PATIENCE, Project, clean_environment
from runner_kit import until

ACCOUNT = "123456789012"
BUCKET = f"oleoduto-tfstate-{ACCOUNT}-us-east-1"
OWN = "oleoduto/backend.tfstate"


@pytest.fixture(scope="module")
def aws(project: Project) -> Project:
    """A running local AWS."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    return project


@pytest.fixture
def backend(aws: Project, tmp_path: Path) -> Iterator[Backend]:
    """The commands, from a folder of the test's own; nothing is left of the bucket at the end."""
    yield Backend(aws, tmp_path)
    try:
        s3 = aws.client("s3")
        listed = s3.list_object_versions(Bucket=BUCKET)
        for row in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=BUCKET, Key=row["Key"], VersionId=row["VersionId"])
        s3.delete_bucket(Bucket=BUCKET)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchBucket"


class Backend:
    """`oleoduto backend` from a machine of its own: a project folder."""

    def __init__(self, aws: Project, folder: Path) -> None:
        self.aws, self.project = aws, Project(folder)
        self.environment = {**clean_environment(), **aws.endpoint(), "OLEODUTO_ACCOUNT": ACCOUNT}

    def command(self, *arguments: str) -> list[str]:
        """The words of a call."""
        return self.project.command("backend", *arguments)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        options: Any = {"capture_output": True, "text": True, "timeout": PATIENCE}
        return subprocess.run(self.command(*arguments), check=False, env=self.environment, stdin=subprocess.DEVNULL, **options)

    def good(self, *arguments: str, transcript: str = "") -> str:
        """Run a command that must work."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        if transcript:
            transcripts.check(transcript, done, {f"{self.project.folder}/": ""})
        return done.stdout

    def own_state(self) -> list[str]:
        """The resources in the backend's own state, in the bucket."""
        content = self.aws.client("s3").get_object(Bucket=BUCKET, Key=OWN)["Body"].read()
        return sorted(row["type"] for row in json.loads(content)["resources"] if row["mode"] == "managed")


WHOLE = [
    "aws_s3_bucket",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
]


def protected(aws: Project) -> None:
    """The bucket is what the command promises."""
    s3 = aws.client("s3")
    rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny" and statement["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
    owner = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"][0]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"


def test_up_again_and_from_another_machine_and_down(backend: Backend, tmp_path: Path) -> None:
    assert backend.run("status").returncode == 2
    unasked = backend.run("up")
    assert unasked.returncode == 1 and "give --yes" in unasked.stderr
    backend.good("up", "--yes", transcript="backend-up")
    protected(backend.aws)
    assert backend.own_state() == WHOLE
    assert not list(backend.project.folder.rglob("backend.tfstate*")), "no state is left on the machine"
    version = backend.aws.client("s3").head_object(Bucket=BUCKET, Key=OWN)["VersionId"]
    backend.good("up", "--yes")
    other = Backend(backend.aws, make(tmp_path / "other"))
    other.good("up", "--yes")
    assert backend.own_state() == WHOLE
    assert backend.aws.client("s3").head_object(Bucket=BUCKET, Key=OWN)["VersionId"] == version, "nothing changed"

    s3 = backend.aws.client("s3")
    assert json.loads(backend.good("status", "--json"))["weaknesses"] == []
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_policy(Bucket=BUCKET)
    weak = backend.run("status")
    assert weak.returncode == 2 and "versioning is off" in weak.stdout and "without TLS" in weak.stdout
    backend.good("up", "--yes")
    protected(backend.aws)

    key = "oleoduto/dev/x/s3.tfstate"
    used = {"version": 4, "serial": 3, "resources": [{"mode": "managed", "type": "t", "name": "n", "instances": [{}]}]}
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(used))
    refused = other.run("down", "--yes")
    assert refused.returncode == 1 and f"{key}: 1 resources" in refused.stderr
    protected(backend.aws)
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({**used, "resources": []}))
    other.good("down", "--yes", transcript="backend-down")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=BUCKET)
    assert "nothing to do" in backend.good("down", "--yes")


def test_a_bucket_that_exists_is_adopted(backend: Backend) -> None:
    s3 = backend.aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="kept.tfstate", Body=b'{"version": 4, "resources": []}')
    done = backend.run("up", "--yes")
    assert done.returncode == 0 and "adopting the existing bucket" in done.stderr, done.stdout + done.stderr
    protected(backend.aws)
    assert backend.own_state() == WHOLE
    assert s3.get_object(Bucket=BUCKET, Key="kept.tfstate")["Body"].read().startswith(b"{")


def test_any_program_has_a_bucket_of_states(aws: Project, tmp_path: Path) -> None:
    """The shop's stacks name it: created, shown, used, kept while it is used, and destroyed; the account must be theirs."""
    project = Project(tmp_path)
    environment = {**clean_environment(), **aws.endpoint()}

    def shop(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = [str(LAB), "--project-dir", str(project.folder), *arguments]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE, env=environment)

    missing = shop("backend", "status")
    assert missing.returncode == 2 and "create it with `shop_lab backend up`" in missing.stdout, missing.stderr
    told = shop("apply", "--yes")
    assert told.returncode == 1 and "create it with `shop_lab backend up`" in told.stderr, told.stderr
    foreign = shop("backend", "up", "--yes", "--account", "210987654321")
    assert foreign.returncode == 1 and f"belong to account {ACCOUNT}" in foreign.stderr, foreign.stderr
    assert "Nothing was done" in foreign.stderr
    other = shop("backend", "--bucket", "other", "up", "--yes")
    assert "no stack has its state in the bucket `other`, but in `runner-states`" in other.stderr, other.stderr
    made = shop("backend", "up", "--yes")
    assert made.returncode == 0, made.stderr
    transcripts.check("shop-backend-up", made, {f"{project.folder}/": ""})
    again = shop("backend", "up", "--yes")
    assert again.returncode == 0, again.stderr
    applied = shop("apply", "--yes")
    assert applied.returncode == 0, applied.stderr
    shown = json.loads(shop("backend", "status", "--json").stdout)
    assert shown["weaknesses"] == [] and shown["account"] == ACCOUNT
    stacks = [f"shop/dev/{stack}.tfstate" for stack in ("depot", "orders", "shipping")]
    assert [state["key"] for state in shown["states"]] == ["runner-states/backend.tfstate", *stacks]
    used = shop("backend", "down", "--yes")
    assert used.returncode == 1 and "(`shop_lab destroy --env NAME`)" in used.stderr, used.stderr
    destroyed = shop("destroy", "--yes")
    assert destroyed.returncode == 0, destroyed.stderr
    down = shop("backend", "down", "--yes")
    assert down.returncode == 0 and "the bucket `runner-states` is destroyed" in down.stdout, down.stderr
    assert shop("backend", "status").returncode == 2


THEIRS = {
    "Sid": "Auditors",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/audit/${{aws:username}}/*",
}


def test_an_adopted_bucket_keeps_the_statements_of_its_policy(backend: Backend, tmp_path: Path) -> None:
    s3 = backend.aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS]}))

    def statements() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
        return found

    backend.good("up", "--yes")
    assert [row["Sid"] for row in statements()] == ["TlsOnly", "Auditors"] and statements()[1] == THEIRS
    Backend(backend.aws, make(tmp_path / "other")).good("up", "--yes")
    assert statements()[1] == THEIRS
    assert json.loads(backend.good("status", "--json"))["weaknesses"] == []


def test_what_is_in_use_keeps_the_bucket(backend: Backend) -> None:
    backend.good("up", "--yes")
    s3 = backend.aws.client("s3")
    used = {"version": 4, "serial": 3, "resources": [{"mode": "managed", "type": "t", "name": "n", "instances": [{}]}]}
    lock = {"ID": "1-2", "Operation": "OperationTypeApply", "Who": "ana@laptop", "Created": "2026-01-01T00:00:00Z"}

    def refuses(why: str, status: int) -> None:
        refused = backend.run("down", "--yes")
        assert refused.returncode == 1 and why in refused.stderr, refused.stdout + refused.stderr
        shown = backend.run("status")
        assert shown.returncode == status, shown.stdout
        protected(backend.aws)

    # Somebody's first apply: locked, and there is no state yet.
    s3.put_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate.tflock", Body=json.dumps(lock))
    refuses("oleoduto/dev/x/s3.tfstate: not written yet and locked", 0)
    s3.delete_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate.tflock")

    for text in [b"", b"not json", b"{}"]:
        s3.put_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate", Body=text)
        refuses("oleoduto/dev/x/s3.tfstate", 2)
    s3.put_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate", Body=json.dumps(used))
    s3.delete_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate")
    refuses("deleted, and its last version", 2)
    for row in s3.list_object_versions(Bucket=BUCKET, Prefix="oleoduto/dev/x/s3.tfstate")["Versions"]:
        s3.delete_object(Bucket=BUCKET, Key=row["Key"], VersionId=row["VersionId"])

    s3.put_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate.unsaved.json", Body=b"[]")
    refuses("not in the state yet", 2)
    s3.delete_object(Bucket=BUCKET, Key="oleoduto/dev/x/s3.tfstate.unsaved.json")
    s3.put_object(Bucket=BUCKET, Key="photos/cat.png", Body=b"meow")
    refuses("objects that are not states: photos/cat.png", 0)
    s3.delete_object(Bucket=BUCKET, Key="photos/cat.png")
    backend.good("down", "--yes")


def test_settings_that_are_weaker_than_they_look_are_found(backend: Backend) -> None:
    backend.good("up", "--yes")
    s3 = backend.aws.client("s3")
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    policy["Statement"][0]["Action"] = "s3:GetObject"
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    weak = backend.run("status")
    assert weak.returncode == 2 and "without TLS" in weak.stdout and "ACLs are enabled" in weak.stdout
    backend.good("up", "--yes")
    protected(backend.aws)


def test_the_lock_table_of_old_terraform_comes_and_goes_with_the_bucket(backend: Backend) -> None:
    text = backend.project.configuration.read_text()
    backend.project.configure(f'{text}\n[env.old]\n[env.old.backend]\ntype = "s3"\ndynamodb_table = "tf-locks"\n')
    backend.environment["OLEODUTO_ENV"] = "old"
    tables = backend.aws.client("dynamodb")

    def create(key: str) -> None:
        tables.create_table(
            TableName="tf-locks",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    create("Wrong")
    refused = backend.run("up", "--yes")
    assert refused.returncode == 1 and "its key is not `LockID`" in refused.stderr
    tables.delete_table(TableName="tf-locks")
    create("LockID")
    # It exists: taken over, not made again.
    backend.good("up", "--yes")
    assert backend.own_state() == ["aws_dynamodb_table", *WHOLE]
    assert json.loads(backend.good("status", "--json"))["locking"] == "dynamodb:tf-locks"
    tables.delete_table(TableName="tf-locks")
    gone = backend.run("status")
    assert gone.returncode == 2 and "the lock table `tf-locks` does not exist" in gone.stdout
    create("LockID")
    backend.good("up", "--yes")

    # A destroy that was killed when the bucket was gone and the table was not: its state is in the file by then.
    s3 = backend.aws.client("s3")
    state = s3.get_object(Bucket=BUCKET, Key=OWN)["Body"].read()
    (folder,) = (backend.project.folder / ".oleoduto" / "backend").iterdir()
    (folder / "backend.tfstate").write_bytes(state)
    for row in s3.list_object_versions(Bucket=BUCKET)["Versions"]:
        s3.delete_object(Bucket=BUCKET, Key=row["Key"], VersionId=row["VersionId"])
    for row in s3.list_object_versions(Bucket=BUCKET).get("DeleteMarkers", []):
        s3.delete_object(Bucket=BUCKET, Key=row["Key"], VersionId=row["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    backend.good("down", "--yes")
    assert tables.list_tables()["TableNames"] == []


@pytest.mark.parametrize("moment", ["aws_s3_bucket.states: Creating...", "aws_s3_bucket_policy.states: Creation complete"])
def test_up_goes_on_after_a_kill(backend: Backend, moment: str) -> None:
    options: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    running = subprocess.Popen(backend.command("up", "--yes"), env=backend.environment, **options)
    logs = backend.project.folder / ".oleoduto" / "backend"
    until(lambda: any(moment in log.read_text() for log in logs.rglob("backend-apply.log")), moment)
    running.kill()
    running.wait()
    # A power cut: Terraform dies too.
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and belongs(entry, backend.project.folder):
            os.kill(int(entry.name), signal.SIGKILL)
    lock = backend.project.folder / ".oleoduto" / "backend"
    again = backend.run("up", "--yes")
    if again.returncode != 0 and "lock" in again.stderr:
        # What a killed Terraform leaves in the bucket is freed by the owner.
        assert "oleoduto backend unlock" in again.stderr
        assert "freed" in backend.good("unlock", "--yes")
        again = backend.run("up", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    protected(backend.aws)
    assert backend.own_state() == WHOLE
    assert not list(lock.rglob("backend.tfstate"))


def belongs(process: Path, folder: Path) -> bool:
    """Whether a Terraform or provider process works for a folder."""
    try:
        line = (process / "cmdline").read_text()
        return "terraform" in line and str(folder) in line + os.readlink(process / "cwd")
    except OSError:
        return False


def test_another_account_is_refused(backend: Backend) -> None:
    backend.environment["OLEODUTO_ACCOUNT"] = "999999999999"
    done = backend.run("up", "--yes")
    assert done.returncode == 1 and "uses 999999999999" in done.stderr
    assert not (backend.project.folder / ".oleoduto" / "backend").exists()


def make(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder
