"""S3: bucket policies whose conditions mean what they mean on AWS; delete markers that can be deleted; names of buckets;
listings beside deletions."""

import json
import re
from collections.abc import Iterator
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import add, load, replace, require

# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!(?:\d+\.){3}\d+$)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)"
)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def applies(statement: dict[str, Any]) -> bool:
    """Whether the statement's conditions hold for a request here.

    The loopback endpoint stands for AWS's HTTPS one, so aws:SecureTransport is true. Other condition keys
    are not known here; a statement that needs one does not apply.
    """
    for operator, entries in (statement.get("Condition") or {}).items():
        for key, wanted in entries.items():
            if operator not in ("Bool", "BoolIfExists") or key.lower() != "aws:securetransport":
                return False
            if "true" not in [str(value).lower() for value in listed(wanted)]:
                return False
    return True


def effective(policy: str) -> str:
    """The policy with the statements that apply, without their conditions."""
    document = json.loads(policy)
    kept = [statement for statement in listed(document.get("Statement", [])) if applies(statement)]
    for statement in kept:
        statement.pop("Condition", None)
    return json.dumps({**document, "Statement": kept})


def install_names() -> None:
    backend = require(load("moto.s3.models"), "S3Backend")
    errors = load("moto.s3.exceptions")

    # moto takes every name of 3 to 63 characters.
    def create_bucket(self: Any, bucket_name: str, *arguments: Any, **named: Any) -> Any:
        if BUCKET_NAME.fullmatch(bucket_name) is None:
            raise errors.InvalidBucketName()
        return original(self, bucket_name, *arguments, **named)

    original = replace(backend, "create_bucket", create_bucket)


def install_listing() -> None:
    """moto lists the keys of a bucket as they were, then asks for the versions of each: a listing beside a deletion fails."""
    store = require(load("moto.s3.utils"), "_VersionedKeyStore")
    iterable = require(store, "_self_iterable")

    def lists(self: Any) -> Iterator[tuple[str, list[Any]]]:
        return ((key, list(versions)) for key, versions in iterable(self).items() if versions)

    def items(self: Any) -> Iterator[tuple[str, Any]]:
        return ((key, versions[-1]) for key, versions in lists(self))

    def values(self: Any) -> Iterator[Any]:
        return (newest for _, newest in items(self))

    for names, made in ((("lists", "iterlists"), lists), (("items", "iteritems"), items), (("values", "itervalues"), values)):
        for name in names:
            replace(store, name, made)


def install(_local: LocalAws) -> None:
    install_names()
    install_listing()
    bucket = require(load("moto.s3.models"), "FakeBucket")
    access = load("moto.iam.access_control")
    policy_class, results = require(access, "IAMPolicy"), require(access, "PermissionResult")

    # moto reads a Deny whose condition does not hold as a denial: a TLS-only bucket would refuse every read.
    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return results.NEUTRAL
        text = self.policy.decode() if isinstance(self.policy, bytes) else self.policy
        return policy_class(effective(text)).is_action_permitted(action, resource)

    replace(bucket, "get_permission", get_permission)

    # moto frees the body of every version that is deleted, and forgets that a delete marker has none: emptying a
    # versioned bucket (terraform destroy) fails otherwise.
    add(require(load("moto.s3.models"), "FakeDeleteMarker"), "dispose", lambda self, garbage=False: None)

    # moto wraps these answers in <ACTIONResponse>; on AWS their root has a name of its own, and SDKs that check it (Rust's,
    # and Java's for uploads in parts) refuse moto's. Source: the S3 API reference, "Response Syntax" of each action.
    response = require(load("moto.s3.responses"), "S3Response")
    original = require(response, "serialized")

    def serialized(self: Any, action_result: Any) -> Any:
        status, headers, body = original(self, action_result)
        return status, headers, named(self.data.get("Action", ""), body)

    replace(response, "serialized", serialized)


ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CopyObject": "CopyObjectResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "IntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "InventoryConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetBucketPolicyStatus": "PolicyStatus",
    "GetBucketReplication": "ReplicationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectLegalHold": "LegalHold",
    "GetObjectLockConfiguration": "ObjectLockConfiguration",
    "GetObjectRetention": "Retention",
    "GetObjectTagging": "Tagging",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListParts": "ListPartsResult",
    "UploadPartCopy": "CopyPartResult",
}


def named(action: str, body: Any) -> Any:
    """The body with the root element that AWS gives the answer of an action."""
    root = ROOTS.get(action)
    if root is None or not isinstance(body, (str, bytes)):
        return body
    text = body.decode() if isinstance(body, bytes) else body
    return text.replace(f"<{action}Response", f"<{root}").replace(f"</{action}Response>", f"</{root}>")
