"""What the patches of Step Functions share."""

from datetime import UTC, datetime

PARSER = "moto.stepfunctions.parser"


def iso_milliseconds(at: datetime) -> str:
    """AWS's form of times in the context object: 2026-11-23T12:00:00.000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
