"""The IAM actions of S3 requests, by method, path and query. Source: "Actions, resources, and condition keys for Amazon S3"
of the Service Authorization Reference, and "Required permissions" in the S3 API reference.
"""

import re
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from oleoduto_local.access.conditions import Context
from oleoduto_local.access.evaluate import Call
from oleoduto_local.access.operations import UnknownActionError
from oleoduto_local.access.request import Request

# The settings of a bucket: what follows Get, Put and Delete in the action's name. DELETE takes the permission of PUT except
# for policies and websites, which have one of their own.
BUCKET_SETTINGS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
OBJECT_SETTINGS = {
    "acl": "ObjectAcl",
    "tagging": "ObjectTagging",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
    "attributes": "ObjectAttributes",
}
VERSIONED = ("ObjectAcl", "ObjectTagging", "ObjectAttributes")
# What a request that lists a bucket may have.
LIST_PARAMETERS = {
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "encoding-type",
    "marker",
    "continuation-token",
    "start-after",
    "fetch-owner",
    "x-id",
}
SSE = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")


def calls(request: Request, partition: str) -> list[Call]:
    """What a request to S3 needs."""
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if not bucket:
        return [Call("s3:ListAllMyBuckets", "*")]
    arn = f"arn:{partition}:s3:::{bucket}"
    if key:
        return _of_object(request, query, f"{arn}/{key}", partition)
    return _of_bucket(request, query, arn)


def _of_bucket(request: Request, query: dict[str, str], arn: str) -> list[Call]:
    method = request.method
    if method == "POST" and "delete" in query:
        return _deletions(request.body, arn)
    for name, setting in BUCKET_SETTINGS.items():
        if name in query:
            verb = "Get" if method in ("GET", "HEAD") else "Put"
            if method == "DELETE" and name in ("policy", "website"):
                verb = "Delete"
            return [Call(f"s3:{verb}{setting}", arn)]
    listing: Context = {f"s3:{name}": (query[name],) for name in ("prefix", "delimiter", "max-keys") if name in query}
    if method in ("GET", "HEAD"):
        if "versions" in query:
            return [Call("s3:ListBucketVersions", arn, listing)]
        if "uploads" in query:
            return [Call("s3:ListBucketMultipartUploads", arn)]
        if query.keys() - LIST_PARAMETERS:
            raise _unknown(request)
        return [Call("s3:ListBucket", arn, listing)]
    if method in ("PUT", "DELETE") and not set(query) - {"x-id"}:
        return [Call("s3:CreateBucket" if method == "PUT" else "s3:DeleteBucket", arn)]
    raise _unknown(request)


def _unknown(request: Request) -> UnknownActionError:
    asked = f"{request.method} {request.path}?{request.query}"
    return UnknownActionError(f"the map of actions does not know the S3 request {asked}")


def _deletions(body: bytes, arn: str) -> list[Call]:
    """One call for each object of a DeleteObjects request."""
    needed = []
    try:
        document = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise UnknownActionError(f"the body of a DeleteObjects request is not XML: {error}") from error
    for entry in document.iter():
        if entry.tag.rpartition("}")[2] == "Object":
            members = {member.tag.rpartition("}")[2]: member.text or "" for member in entry}
            action = "s3:DeleteObjectVersion" if members.get("VersionId") else "s3:DeleteObject"
            needed.append(Call(action, f"{arn}/{members.get('Key', '')}"))
    return needed


def _of_object(request: Request, query: dict[str, str], arn: str, partition: str) -> list[Call]:
    method = request.method
    version = "Version" if query.get("versionId") else ""
    for name, setting in OBJECT_SETTINGS.items():
        if name in query:
            verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}[method]
            # GetObjectTagging becomes GetObjectVersionTagging.
            named = setting.replace("Object", f"Object{version}", 1) if setting in VERSIONED else setting
            return [Call(f"s3:{verb}{named}", arn)]
    if method in ("GET", "HEAD"):
        if "uploadId" in query:
            return [Call("s3:ListMultipartUploadParts", arn)]
        return [Call(f"s3:GetObject{version}", arn)]
    if method == "DELETE":
        return [Call("s3:AbortMultipartUpload" if "uploadId" in query else f"s3:DeleteObject{version}", arn)]
    if method == "PUT" or (method == "POST" and ("uploads" in query or "uploadId" in query)):
        return _writes(request, arn, partition)
    raise _unknown(request)


def _writes(request: Request, arn: str, partition: str) -> list[Call]:
    context: Context = {f"s3:{name}": (request.header(name),) for name in SSE if request.header(name)}
    needed = [Call("s3:PutObject", arn, context)]
    if request.header("x-amz-tagging"):
        needed.append(Call("s3:PutObjectTagging", arn))
    if re.fullmatch(r"(?!private$|bucket-owner-full-control$).+", request.header("x-amz-acl")):
        needed.append(Call("s3:PutObjectAcl", arn))
    source = request.header("x-amz-copy-source")
    if source:
        path, _, version = unquote(source).lstrip("/").partition("?versionId=")
        needed.append(Call(f"s3:GetObject{'Version' if version else ''}", f"arn:{partition}:s3:::{path}"))
    return needed
