"""Bucket policies: what a TLS-only bucket lets through, and that a plain Deny still denies."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError
from local_support import Aws

from oleoduto_local.patches.s3 import ROOTS, named


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
    assert named("HeadObject", body) == body
    assert named("GetBucketVersioning", None) is None


def test_answers_have_the_root_elements_that_aws_gives_them(aws: Aws) -> None:
    """Java's SDK fails at the end of an upload in parts otherwise, as Spark does with files of more than 64 MB."""
    roots: dict[str, str] = {}

    def keep(operation_model: Any, response_dict: dict[str, Any], **_more: Any) -> None:
        body = response_dict["body"]
        if isinstance(body, bytes) and body:
            roots[operation_model.name] = ElementTree.fromstring(body).tag.rpartition("}")[2]

    s3, place = aws.client("s3"), {"Bucket": "root-elements", "Key": "a"}
    s3.meta.events.register("before-parse.s3", keep)
    s3.create_bucket(Bucket="root-elements")
    upload = s3.create_multipart_upload(**place)["UploadId"]
    part = {"ETag": s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"1")["ETag"], "PartNumber": 1}
    s3.list_parts(**place, UploadId=upload)
    s3.list_multipart_uploads(Bucket="root-elements")
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": [part]})
    source = {"CopySource": "root-elements/a"}
    s3.copy_object(Bucket="root-elements", Key="b", **source)
    other = s3.create_multipart_upload(Bucket="root-elements", Key="c")["UploadId"]
    s3.upload_part_copy(Bucket="root-elements", Key="c", UploadId=other, PartNumber=1, **source)
    s3.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.get_object_tagging(**place)
    for read in (s3.get_bucket_acl, s3.get_bucket_location, s3.list_objects, s3.list_objects_v2, s3.list_object_versions):
        read(Bucket="root-elements")
    s3.list_buckets()
    s3.delete_objects(Bucket="root-elements", Delete={"Objects": [{"Key": "b"}]})
    assert roots == {name: ROOTS[name] for name in roots}
    assert len(roots) == 14, sorted(roots)


def test_versioning_is_read_back(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket="versions")
    assert "Status" not in aws.s3.get_bucket_versioning(Bucket="versions")
    aws.s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    assert aws.s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"
