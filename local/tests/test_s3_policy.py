"""Bucket policies: what a TLS-only bucket lets through, and that a plain Deny still denies."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_support import Aws

from oleoduto_local.patches.s3 import named


def deny(bucket: str, condition: dict[str, Any] | None) -> str:
    statement: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        {"Bool": {"aws:SecureTransport": ["false"]}, "StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
    ],
)
def test_conditions_that_do_not_hold_deny_nothing(aws: Aws, condition: dict[str, Any]) -> None:
    aws.s3.create_bucket(Bucket="tls-only")
    aws.s3.put_bucket_policy(Bucket="tls-only", Policy=deny("tls-only", condition))
    aws.s3.put_object(Bucket="tls-only", Key="a", Body=b"1")
    assert aws.s3.get_object(Bucket="tls-only", Key="a")["Body"].read() == b"1"
    assert aws.s3.head_object(Bucket="tls-only", Key="a")["ContentLength"] == 1


@pytest.mark.parametrize("condition", [None, {"Bool": {"aws:SecureTransport": "true"}}])
def test_a_deny_that_holds_denies(aws: Aws, condition: dict[str, Any] | None) -> None:
    bucket = f"closed-{'plain' if condition is None else 'tls'}"
    aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=deny(bucket, condition))
    with pytest.raises(ClientError, match=r"403|AccessDenied|Forbidden"):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")


def test_a_versioned_bucket_with_delete_markers_can_be_emptied(aws: Aws) -> None:
    bucket = "versioned-and-emptied"
    aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    aws.s3.delete_object(Bucket=bucket, Key="a")
    listed = aws.s3.list_object_versions(Bucket=bucket)
    assert len(listed["Versions"]) == 1 and len(listed["DeleteMarkers"]) == 1
    for entry in [*listed["Versions"], *listed["DeleteMarkers"]]:
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]}]
        assert "Errors" not in aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    aws.s3.delete_bucket(Bucket=bucket)


def test_settings_have_the_root_element_that_aws_gives_them() -> None:
    body = (
        '<?xml version="1.0"?>\n<GetBucketVersioningResponse xmlns="x"><Status>Enabled</Status></GetBucketVersioningResponse>'
    )
    assert named("GetBucketVersioning", body).startswith('<?xml version="1.0"?>\n<VersioningConfiguration xmlns="x"><Status>')
    assert named("GetBucketVersioning", body).endswith("</VersioningConfiguration>")
    assert named("ListObjects", body) == body
    assert named("GetBucketVersioning", None) is None


def test_versioning_is_read_back(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket="versions")
    assert "Status" not in aws.s3.get_bucket_versioning(Bucket="versions")
    aws.s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    assert aws.s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"
