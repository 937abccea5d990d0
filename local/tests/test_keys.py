"""Keys of KMS on a running server: who reads and writes what a key encrypts needs the key."""

import json
import uuid
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from local_support import ACCOUNT, REGION, Aws, Server

ANY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Encrypted:
    """A bucket that a key with an alias encrypts."""

    def __init__(self, server: Server, aws: Aws) -> None:
        self.server, self.aws = server, aws
        self.bucket = f"encrypted-{uuid.uuid4().hex[:8]}"
        self.alias = f"alias/{self.bucket}"
        self.key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
        aws.client("kms").create_alias(AliasName=self.alias, TargetKeyId=self.key)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key}}
        aws.client("s3").create_bucket(Bucket=self.bucket)
        aws.client("s3").put_bucket_encryption(
            Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [{**rule, "BucketKeyEnabled": True}]}
        )

    def role(self, *statements: dict[str, Any]) -> Any:
        """S3 as a role that may do everything with the objects, and with the key what is said."""
        objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{self.bucket}/*")
        role = self.aws.role(f"role-{uuid.uuid4().hex[:8]}", [objects, *statements])
        given = self.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        session = boto3.session.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=REGION
        )
        return session.client("s3", endpoint_url=self.server.url)

    def aliased(self, *actions: str) -> dict[str, Any]:
        condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": self.alias}}
        return allow(list(actions), ANY, Condition=condition)


@pytest.fixture(scope="module")
def encrypted(server: Server, aws: Aws) -> Encrypted:
    return Encrypted(server, aws)


def test_without_the_key_an_object_can_be_neither_written_nor_read(encrypted: Encrypted) -> None:
    encrypted.aws.client("s3").put_object(Bucket=encrypted.bucket, Key="x", Body=b"rows")
    without = encrypted.role()
    with pytest.raises(ClientError, match=rf"kms:GenerateDataKey on resource: {encrypted.key} because no identity-based"):
        without.put_object(Bucket=encrypted.bucket, Key="y", Body=b"")
    with pytest.raises(ClientError, match=rf"kms:Decrypt on resource: {encrypted.key} because no identity-based") as caught:
        without.get_object(Bucket=encrypted.bucket, Key="x")
    statement = json.loads(caught.value.response["Error"]["Message"].partition("needs the statement ")[2])
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", encrypted.key)
    with pytest.raises(ClientError, match="403"):
        without.head_object(Bucket=encrypted.bucket, Key="x")


def test_a_key_is_allowed_by_its_arn_or_by_its_alias(encrypted: Encrypted) -> None:
    for statement in (
        allow(["kms:Decrypt", "kms:GenerateDataKey"], encrypted.key),
        encrypted.aliased("kms:Decrypt", "kms:GenerateDataKey"),
    ):
        s3 = encrypted.role(statement)
        s3.put_object(Bucket=encrypted.bucket, Key="z", Body=b"rows")
        assert s3.get_object(Bucket=encrypted.bucket, Key="z")["Body"].read() == b"rows"
    writer = encrypted.role(encrypted.aliased("kms:GenerateDataKey"))
    writer.put_object(Bucket=encrypted.bucket, Key="w", Body=b"")
    with pytest.raises(ClientError, match="kms:Decrypt"):
        writer.get_object(Bucket=encrypted.bucket, Key="w")


def test_the_alias_of_another_key_allows_nothing(encrypted: Encrypted, server: Server, aws: Aws) -> None:
    other = Encrypted(server, aws)
    stranger = encrypted.role(other.aliased("kms:Decrypt", "kms:GenerateDataKey"))
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        stranger.put_object(Bucket=encrypted.bucket, Key="x", Body=b"")


def of_service(service: str, **condition: Any) -> str:
    """The policy of a key that the account's policies and one service may use."""
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    use = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Resource": "*", **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [account, use]})


@pytest.mark.parametrize(
    ("service", "group", "allowed"),
    [
        (f"logs.{REGION}.amazonaws.com", "/mine/*", True),
        (f"logs.{REGION}.amazonaws.com", "/other/*", False),
        ("logs.eu-west-1.amazonaws.com", "/mine/*", False),
    ],
)
def test_a_log_group_takes_a_key_only_if_its_policy_lets_the_service_use_it(
    aws: Aws, service: str, group: str, allowed: bool
) -> None:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    policy = of_service(service, Condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}})
    key = aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    logs, name = aws.client("logs"), f"/mine/{uuid.uuid4().hex[:8]}"
    if allowed:
        logs.create_log_group(logGroupName=name, kmsKeyId=key)
        return
    with pytest.raises(ClientError, match="does not exist or is not allowed to be used with Arn") as caught:
        logs.create_log_group(logGroupName=name, kmsKeyId=key)
    assert "does not let" in str(caught.value)


@pytest.mark.parametrize("state", ["missing", "disabled"])
def test_a_log_group_takes_no_key_that_cannot_be_used(aws: Aws, state: str) -> None:
    kms = aws.client("kms")
    key = kms.create_key(Policy=of_service(f"logs.{REGION}.amazonaws.com"))["KeyMetadata"]["Arn"]
    if state == "missing":
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{uuid.uuid4()}"
    else:
        # moto takes the id only.
        kms.disable_key(KeyId=key.rpartition("/")[2])
    with pytest.raises(ClientError, match=r"does not exist in|is Disabled"):
        aws.client("logs").create_log_group(logGroupName=f"/mine/{uuid.uuid4().hex[:8]}", kmsKeyId=key)


def test_an_object_with_keys_of_s3_needs_no_key(encrypted: Encrypted) -> None:
    s3 = encrypted.role()
    s3.put_object(Bucket=encrypted.bucket, Key="plain", Body=b"rows", ServerSideEncryption="AES256")
    assert s3.get_object(Bucket=encrypted.bucket, Key="plain")["Body"].read() == b"rows"
