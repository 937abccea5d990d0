"""What the workflows ask GitHub's API: the rules that protect an environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runner_kit import serving

REPOSITORY = "owner/name"
REVIEWERS = {"type": "required_reviewers", "reviewers": [{"type": "User", "reviewer": {"login": "someone"}}]}
BRANCHES = {"type": "branch_policy"}


class FakeGitHub:
    """The rules of each environment, and what happens when a workflow asks for them."""

    def __init__(self) -> None:
        self.url = ""
        self.rules: dict[str, list[Any]] = {}
        self.when_asked: Callable[[], None] = lambda: None

    def protect(self, name: str) -> None:
        """Reviewers, and one branch for the role that writes."""
        self.rules = {name: [REVIEWERS], f"{name}-apply": [BRANCHES]}


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Serve it on this machine."""
    github = FakeGitHub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            github.when_asked()
            start = f"/repos/{REPOSITORY}/environments/"
            rules = github.rules.get(self.path.removeprefix(start))
            allowed = self.headers.get("Authorization", "").startswith("Bearer ") and self.path.startswith(start)
            body = json.dumps({"protection_rules": rules}).encode()
            self.send_response(401 if not allowed else 404 if rules is None else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield github
