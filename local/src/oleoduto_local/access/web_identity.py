"""AssumeRoleWithWebIdentity, the one call that is not signed: its token is.

The tests stand for GitHub and make tokens that are signed with the secret key of this start, since nobody here has
GitHub's own key. Everything else is judged as AWS does: the provider, the audience, the trust policy.
"""

from typing import Any
from urllib.parse import parse_qs

from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request
from oleoduto_local.access.roles import Roles
from oleoduto_local.patching import load, require

ACTION = "AssumeRoleWithWebIdentity"
# A token has a few kilobytes; nobody is known yet.
LARGEST = 65536
# What a session lasts, and the longest that a role allows, if nothing else is said.
SESSION_SECONDS = 3600


def is_asked(request: Request) -> bool:
    """Whether a request without a signature asks for this."""
    length = request.header("content-length")
    if request.method != "POST" or request.header("authorization") or not length.isdigit() or int(length) > LARGEST:
        return False
    return ACTION.encode() in request.body and parameters(request).get("Action") == ACTION


def parameters(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


def check_token(request: Request, secret: str, roles: Roles) -> None:
    """Refuse a token that was not made with the secret key, or that the role's trust policy does not accept."""
    # Only tests of the workflows ask for this, and each start would pay.
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    given = parameters(request)
    try:
        token = jwt.decode(given.get("WebIdentityToken", ""), OctKey.import_key(secret), algorithms=["HS256"])
        must = jwt.ClaimsOption(essential=True)
        jwt.JWTClaimsRegistry(iss=must, sub=must, aud=must, exp=must).validate(token.claims)
    except (JoseError, ValueError) as error:
        raise RefusalError("identity-token", f"The web identity token could not be validated: {error}") from error
    claims: dict[str, Any] = token.claims
    issuer = str(claims["iss"]).removeprefix("https://")
    arn = given.get("RoleArn", "")
    role = roles.find(arn) if arn.count(":") > 4 else None
    partition = arn.split(":")[1] if role else "aws"
    provider_arn = f"arn:{partition}:iam::{roles.account}:oidc-provider/{issuer}"
    providers = require(load("moto.iam.models"), "iam_backends")[roles.account][partition].open_id_providers
    if provider_arn not in providers:
        raise RefusalError("identity-token", f"No OpenIDConnect provider found in your account for https://{issuer}")
    if claims["aud"] not in providers[provider_arn].client_id_list:
        raise RefusalError("identity-token", f"Incorrect token audience: {claims['aud']}")
    context = {f"{issuer}:{name}": (str(claims[name]),) for name in ("aud", "sub")}
    if role is None or not roles.may_take(role, f"sts:{ACTION}", [("Federated", provider_arn)], context).allowed:
        raise RefusalError("denied", f"Not authorized to perform sts:{ACTION} on {arn} as {claims['sub']}")
    longest = int(role.max_session_duration or SESSION_SECONDS)
    seconds = given.get("DurationSeconds", str(SESSION_SECONDS))
    if not seconds.isdigit() or int(seconds) > longest:
        raise RefusalError(
            "invalid", f"The requested DurationSeconds ({seconds}) exceeds the MaxSessionDuration of {arn}: {longest}"
        )
