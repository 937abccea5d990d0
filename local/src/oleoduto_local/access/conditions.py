"""The Condition of a policy statement. An operator or a key that is not known here is an error, not a pass."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from oleoduto_local.access.policy import Condition, UnknownPolicyError, pattern

Context = Mapping[str, tuple[str, ...]]
Compare = Callable[[str, str], bool]

# The keys that requests to the local AWS can have, in lower case. A request that lacks a known key is what AWS defines it
# to be: false for the positive operators, true for the negative ones and `...IfExists`.
KNOWN_KEYS = re.compile(
    r"aws:(securetransport|sourceaccount|sourceowner|sourcearn|principalarn|principalaccount|requestedregion|resourceaccount"
    r"|requesttag/.+|tagkeys)"
    r"|s3:(prefix|delimiter|max-keys|x-amz-server-side-encryption|x-amz-server-side-encryption-aws-kms-key-id|tlsversion)"
    r"|iam:(passedtoservice|permissionsboundary|policyarn|awsservicename)"
    r"|cloudwatch:namespace"
    r"|kms:(viaservice|grantisforawsresource|resourcealiases|encryptioncontext:.+)"
    r"|sts:externalid"
    r"|sts:rolesessionname"
    r"|dynamodb:leadingkeys"
    r"|[a-z0-9.-]+\.[a-z]+(/.+)?:(aud|sub|amr)"
)


def _like(value: str, wanted: str) -> bool:
    return pattern(wanted).fullmatch(value) is not None


def _arn_like(value: str, wanted: str) -> bool:
    # Each of the six parts is compared by itself: a `*` does not reach over a colon.
    parts, patterns = value.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


def _dated(compare: Callable[[datetime, datetime], bool]) -> Compare:
    return lambda value, wanted: compare(datetime.fromisoformat(value), datetime.fromisoformat(wanted))


def _number(compare: Callable[[float, float], bool]) -> Compare:
    return lambda value, wanted: compare(float(value), float(wanted))


# Operator: the comparison, and whether it is negated.
OPERATORS: dict[str, tuple[Compare, bool]] = {
    "StringEquals": (str.__eq__, False),
    "StringNotEquals": (str.__eq__, True),
    "StringEqualsIgnoreCase": (lambda value, wanted: value.lower() == wanted.lower(), False),
    "StringNotEqualsIgnoreCase": (lambda value, wanted: value.lower() == wanted.lower(), True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "Bool": (lambda value, wanted: value.lower() == wanted.lower(), False),
    "NumericEquals": (_number(float.__eq__), False),
    "NumericNotEquals": (_number(float.__eq__), True),
    "NumericLessThan": (_number(float.__lt__), False),
    "NumericLessThanEquals": (_number(float.__le__), False),
    "NumericGreaterThan": (_number(float.__gt__), False),
    "NumericGreaterThanEquals": (_number(float.__ge__), False),
    "DateLessThan": (_dated(datetime.__lt__), False),
    "DateGreaterThan": (_dated(datetime.__gt__), False),
}


def holds(condition: Condition, context: Context) -> bool:
    """Whether a condition holds for a request."""
    if not KNOWN_KEYS.fullmatch(condition.key):
        raise UnknownPolicyError(f"the local AWS does not know the condition key {condition.key}")
    values = context.get(condition.key, ())
    if condition.operator == "Null":
        return (not values) == (condition.values == ("true",))
    quantifier, _, operator = condition.operator.rpartition(":")
    if_exists = operator.endswith("IfExists")
    found = OPERATORS.get(operator.removesuffix("IfExists"))
    if found is None or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise UnknownPolicyError(f"the local AWS does not know the condition operator {condition.operator}")
    compare, negated = found
    if not values:
        return quantifier == "ForAllValues" or if_exists or (negated and quantifier == "")

    def accepted(value: str) -> bool:
        try:
            return any(compare(value, wanted) for wanted in condition.values) != negated
        except ValueError as error:
            raise UnknownPolicyError(f"{condition.operator} cannot compare {condition.key}: {error}") from error

    return all(map(accepted, values)) if quantifier == "ForAllValues" else any(map(accepted, values))
