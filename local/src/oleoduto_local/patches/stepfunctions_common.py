"""What the patches of Step Functions share."""

from datetime import UTC, datetime
from typing import Any

PARSER = "moto.stepfunctions.parser"


def iso_milliseconds(at: datetime) -> str:
    """AWS's form of times in the context object: 2026-11-23T12:00:00.000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def history_of(execution: Any) -> list[dict[str, Any]]:
    """The events of an execution so far; none while it is being set up."""
    environment = execution.exec_worker.env if execution.exec_worker else None
    return list(environment.event_manager.get_event_history()) if environment else []
