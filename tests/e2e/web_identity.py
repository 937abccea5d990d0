"""Roles of workflows, taken as GitHub's own action does: by a token that names the repository and the job's environment.

GitHub signs such tokens with a key of its own; these are signed with the key that the local AWS checks tokens with.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from xml.etree import ElementTree

from joserfc import jwt
from joserfc.jwk import OctKey

ISSUER = "https://token.actions.githubusercontent.com"


def take_role(local: dict[str, str], role: str, subject: str, session: str, seconds: int = 3600) -> dict[str, str]:
    """The variables with the keys of a role; `local` has the local AWS's address, region and secret key."""
    claims = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": subject, "exp": int(time.time()) + 300}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(local["AWS_SECRET_ACCESS_KEY"]))
    # A request that nobody signs, and of many jobs: boto3 takes longer to load than all else here.
    asked = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": session,
        "WebIdentityToken": token,
        "DurationSeconds": str(seconds),
    }
    body = urllib.parse.urlencode(asked).encode()
    try:
        with urllib.request.urlopen(local["AWS_ENDPOINT_URL"], body, timeout=60) as answer:
            found = ElementTree.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{role} is not given: {error.read().decode()}") from error
    given = {tag.tag.rpartition("}")[2]: tag.text or "" for tag in found.iter()}
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
