"""The Lambda function of the state machine: what a run is called, and what follows when one of its jobs fails.

With ``recovery`` and ``training_vars`` all that is in the function's zip: the standard library is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oleoduto_jobs import recovery, training_vars


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Answer the state that calls: one with a ``failure`` asks what follows, the first one asks for the run."""
    del context
    return recovery.decide(event) if "failure" in event else training_vars.run(event)
