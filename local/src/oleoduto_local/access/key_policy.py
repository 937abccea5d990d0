"""What the policy of a key lets a service do that acts by no role: CloudWatch and Budgets publish to encrypted topics,
CloudWatch Logs encrypts groups. Only the key's own policy can allow it.

Source: "Key policies in AWS KMS" in the developer guide of KMS.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from oleoduto_local.access.evaluate import Call, trusts
from oleoduto_local.access.policy import UnknownPolicyError, parse
from oleoduto_local.patching import load, require


def refusal(
    account: str, region: str, key: str, service: str, actions: Iterable[str], context: Mapping[str, tuple[str, ...]]
) -> str | None:
    """Why a service may not use a key; none if it may. The service is named as in policies: `logs.us-east-1.amazonaws.com`."""
    backend: Any = require(load("moto.kms.models"), "kms_backends")[account][region]
    found = backend.keys.get(backend.any_id_to_key_id(key))
    if found is None:
        return f"the key {key} does not exist in {region}"
    if found.key_state != "Enabled":
        return f"the key {found.arn} is {found.key_state}"
    try:
        policy = parse(f"of {found.arn}", found.policy)
        given = {"aws:sourceaccount": (account,), **context}
        denied = [
            action for action in actions if not trusts(policy, Call(action, found.arn, given), [("Service", service)]).allowed
        ]
    except (UnknownPolicyError, json.JSONDecodeError) as error:
        return f"the policy of the key {found.arn} can't be judged: {error}"
    return f"the policy of the key {found.arn} does not let {service} call {', '.join(denied)}" if denied else None
