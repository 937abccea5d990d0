"""Roles of workflows, taken as GitHub's own action does: by a token that names the repository and the job's environment.

GitHub signs such tokens with a key of its own; these are signed with the key that the local AWS checks tokens with.
"""

from __future__ import annotations

import time

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from joserfc import jwt
from joserfc.jwk import OctKey

ISSUER = "https://token.actions.githubusercontent.com"


def take_role(local: dict[str, str], role: str, subject: str, session: str, seconds: int = 3600) -> dict[str, str]:
    """The variables with the keys of a role; `local` has the local AWS's address, region and secret key."""
    claims = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": subject, "exp": int(time.time()) + 300}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(local["AWS_SECRET_ACCESS_KEY"]))
    sts = boto3.client(
        "sts",
        endpoint_url=local["AWS_ENDPOINT_URL"],
        region_name=local["AWS_REGION"],
        config=Config(signature_version=UNSIGNED),
    )
    given = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName=session, WebIdentityToken=token, DurationSeconds=seconds
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
