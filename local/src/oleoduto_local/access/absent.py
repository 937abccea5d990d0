"""Objects that are missing: S3 says so only to who may list the bucket, and denies the access of others.

Source: "Permissions" of GetObject in the S3 API reference.
"""

from typing import Any

from oleoduto_local.access.evaluate import Call
from oleoduto_local.patching import load, require


def listing_of(call: Call, account: str, partition: str) -> Call | None:
    """The listing that reading an object needs besides, if the object is missing."""
    if call.action != "s3:GetObject":
        return None
    name, _, key = call.resource.rpartition(":::")[2].partition("/")
    buckets = require(load("moto.s3.models"), "s3_backends")[account][partition].buckets
    bucket: Any = buckets.get(name)
    if bucket is None:
        return None
    found = bucket.keys.get(key)
    if found is not None and not isinstance(found, require(load("moto.s3.models"), "FakeDeleteMarker")):
        return None
    return Call("s3:ListBucket", f"arn:{partition}:s3:::{name}", {"s3:prefix": (key,)})
