"""What the runner finds in the account: what changed there, and what a destroy would stop at."""

from __future__ import annotations

import pytest
from project import Project
from runner_kit import Deployment

REPOSITORY = "oleoduto-dev-states-ml"


@pytest.fixture(scope="module")
def deployment(aws: Project) -> Deployment:
    return Deployment(aws, "STATES")


def test_what_changed_outside_is_taken_over_by_a_refresh(deployment: Deployment) -> None:
    deployment.good("apply", "ecr", "--yes")
    ecr = deployment.project.client("ecr")
    (repository,) = ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
    ecr.tag_resource(resourceArn=repository["repositoryArn"], tags=[{"Key": "by", "Value": "hand"}])
    refreshed = deployment.report("apply", "ecr", "--yes", "--refresh-only")
    assert refreshed["code"] == 0, refreshed
    assert {"Key": "by", "Value": "hand"} in ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
    repaired = deployment.report("apply", "ecr", "--yes")
    assert repaired["ecr"]["changes"]["change"] == 1


def test_a_destroy_looks_first_for_what_would_refuse(deployment: Deployment) -> None:
    toml = deployment.project.folder / "oleoduto.toml"
    disposable = toml.read_text()
    toml.write_text(disposable.replace("disposable = true\n", ""))
    deployment.good("apply", "s3", "--yes")
    s3 = deployment.project.client("s3")
    (bucket,) = [row["Name"] for row in s3.list_buckets()["Buckets"] if "dev-states" in row["Name"]]
    s3.put_object(Bucket=bucket, Key="raw/prices", Body=b"1")
    before = deployment.state("s3")
    refused = deployment.run("destroy", "s3", "--yes")
    assert refused.returncode == 1 and "aws_s3_bucket.data holds objects or versions of objects" in refused.stderr, (
        refused.stderr
    )
    assert "nothing was destroyed" in refused.stderr and "`disposable = true`" in refused.stderr
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert deployment.state("s3") == before
    toml.write_text(disposable)
    deployment.good("apply", "s3", "--yes")
    deployment.good("destroy", "s3", "--yes")
    assert bucket not in [row["Name"] for row in s3.list_buckets()["Buckets"]]
