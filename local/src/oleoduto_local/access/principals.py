"""Access keys and whose they are: the administrator of this start, and the roles that moto's STS has given keys of."""

import hmac
import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.patching import load, require

ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Keys:
    """An access key. Temporary ones have a session token."""

    key_id: str
    secret: str
    token: str | None = None

    def variables(self) -> dict[str, str]:
        """The environment variables that give an AWS SDK these keys."""
        session = {"AWS_SESSION_TOKEN": self.token} if self.token else {}
        return {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret, **session}

    def arguments(self) -> dict[str, Any]:
        """The arguments that give a boto3 client these keys."""
        return {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.secret, "aws_session_token": self.token}


@dataclass(frozen=True)
class Principal:
    """Who calls. The administrator has no role; `arn` is what GetCallerIdentity says."""

    arn: str
    role_arn: str | None = None

    @property
    def is_admin(self) -> bool:
        return self.role_arn is None


def random_keys() -> Keys:
    """Keys that nobody can guess; they have no character that a shell would read."""
    return Keys("AKIA" + "".join(secrets.choice(ALPHABET) for _ in range(16)), secrets.token_hex(20))


class Principals:
    """The owners of the keys of one start."""

    def __init__(self, admin: Keys, account: str) -> None:
        self.admin = admin
        self._admin = Principal(f"arn:aws:iam::{account}:user/admin")

    def secret_of(self, key_id: str) -> str:
        """The secret of an access key; a key of another start or of a real account is unknown."""
        if hmac.compare_digest(key_id, self.admin.key_id):
            return self.admin.secret
        session = self._session(key_id)
        if session is None:
            raise RefusalError(
                "unknown-key",
                f"The security token included in the request is invalid: the local AWS has not made the access key {key_id}; "
                'eval "$(oleoduto local env)" gives the keys of this start',
            )
        return str(session.secret_access_key)

    def owner(self, key_id: str, token: str, now: datetime) -> Principal:
        """Whose key it is; the keys of a role need their session token and end with it."""
        session = self._session(key_id)
        if session is None:
            return self._admin
        if not hmac.compare_digest(token, session.session_token):
            raise RefusalError("unknown-token", "The security token included in the request is invalid")
        if now.replace(tzinfo=None) > session.expiration.replace(tzinfo=None):
            raise RefusalError("expired-token", "The security token included in the request is expired")
        return Principal(session.arn, session.role_arn)

    def _session(self, key_id: str) -> Any:
        for account in list(require(load("moto.sts.models"), "sts_backends").values()):
            for backend in list(account.values()):
                found = backend.get_assumed_role_from_access_key(key_id)
                if found is not None:
                    return found
        return None
