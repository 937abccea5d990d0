"""Keys of KMS: what a role needs to read and write objects that S3 encrypts with one, and the aliases of keys.

Source: "Using server-side encryption with AWS KMS keys" in the S3 user guide. moto encrypts nothing, but knows which key an
object and a bucket have.
"""

from typing import Any

from oleoduto_local.access.evaluate import Call
from oleoduto_local.access.resources import Place
from oleoduto_local.patching import load, require

READS = ("s3:GetObject", "s3:GetObjectVersion")
WRITES = ("s3:PutObject",)
ALIASES = "kms:resourcealiases"


def of_object(call: Call, place: Place) -> Call | None:
    """The call to KMS that S3 makes for a role, if the object that it reads or writes has a key."""
    if call.action not in (*READS, *WRITES):
        return None
    name, _, path = call.resource.rpartition(":::")[2].partition("/")
    bucket: Any = require(load("moto.s3.models"), "s3_backends")[place.account][place.partition].buckets.get(name)
    if bucket is None:
        return None
    key = _of_read(bucket, path) if call.action in READS else _of_write(bucket, call)
    if key is None:
        return None
    return named(Call("kms:Decrypt" if call.action in READS else "kms:GenerateDataKey", _arn(key, place)), place)


def named(call: Call, place: Place) -> Call:
    """A call to KMS with the aliases of its key."""
    if not call.action.startswith("kms:") or ":key/" not in call.resource:
        return call
    key = _backend(place).keys.get(call.resource.rpartition("/")[2])
    aliases = tuple(key.aliases) if key else ()
    return Call(call.action, call.resource, {**call.context, ALIASES: aliases}) if aliases else call


def _of_read(bucket: Any, path: str) -> str | None:
    found = bucket.keys.get(path)
    encrypted = found is not None and getattr(found, "encryption", None) == "aws:kms"
    return str(found.kms_key_id) if encrypted and found.kms_key_id else None


def _of_write(bucket: Any, call: Call) -> str | None:
    """The key that the request names, else the bucket's own."""
    (asked,) = call.context.get("s3:x-amz-server-side-encryption", ("",))
    (key,) = call.context.get("s3:x-amz-server-side-encryption-aws-kms-key-id", ("",))
    if asked and asked != "aws:kms":
        return None
    if key:
        return key
    default = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    return default.get("KMSMasterKeyID") if default.get("SSEAlgorithm") == "aws:kms" else None


def _arn(key: str, place: Place) -> str:
    """The ARN of a key that is named by its ARN, its id or an alias; an alias that nobody has stays what it is."""
    backend = _backend(place)
    identifier = backend.get_key_id_from_alias(key) if key.startswith("alias/") else backend.get_key_id(key)
    return f"arn:{place.partition}:kms:{place.region}:{place.account}:key/{identifier or key}"


def _backend(place: Place) -> Any:
    return require(load("moto.kms.models"), "kms_backends")[place.account][place.region]
