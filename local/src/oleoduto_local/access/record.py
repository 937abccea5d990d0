"""The record of judged calls: each different one once, in memory and in a file of which each line is a JSON object."""

import json
import os
import threading
from pathlib import Path
from typing import Any

from oleoduto_local.access.evaluate import Call, Decision
from oleoduto_local.access.roles import RolePolicies

FILE = "calls.jsonl"


class Record:
    """Calls of roles with their judgements, and the policies that the roles had."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._calls: set[tuple[Any, ...]] = set()
        self._policies: dict[str, RolePolicies] = {}
        self._lock = threading.Lock()
        self.path.unlink(missing_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)

    def policies(self, role: str, policies: RolePolicies) -> None:
        """Note the policies of a role, if they are not those that were noted last."""
        with self._lock:
            if self._policies.get(role) == policies:
                return
            self._policies[role] = policies
            documents = {name: json.loads(text) for name, text in policies.documents}
            boundary = None if policies.boundary is None else json.loads(policies.boundary)
            self._write({"role": role, "policies": documents, "boundary": boundary})

    def call(self, role: str, call: Call, decision: Decision) -> None:
        """Note a call."""
        statement = decision.statement
        by = f"{statement.policy}#{statement.index}" if statement else None
        context = tuple(sorted(call.context.items()))
        key = (role, call.action, call.resource, context, decision.allowed, by)
        with self._lock:
            if key in self._calls:
                return
            self._calls.add(key)
            line = {"role": role, "action": call.action, "resource": call.resource, "allowed": decision.allowed, "by": by}
            self._write({**line, "context": dict(context)} if context else line)

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
