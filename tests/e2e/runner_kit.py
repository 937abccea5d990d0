"""What the tests of the runner share: a project with states in S3, and a proxy in front of the local AWS that misbehaves."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import transcripts
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from project import LAB, PATIENCE, Project, clean_environment

ACCOUNT = "123456789012"
BUCKET = "runner-states"
# An answer of S3 that refuses; the code is put in.
ERROR = "<?xml version='1.0'?><Error><Code>{0}</Code><Message>{0} of the test</Message></Error>"
# Whoever runs these tests under `nohup` has told the commands to ignore SIGHUP.
HANGUP = [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else []


@dataclass
class Rule:
    """What happens to requests that match: a delay, then an answer of our own or, without one, the real one."""

    matches: Callable[[str, str, dict[str, str]], bool]
    delay: float = 0.0
    answer: tuple[int, str] | None = None
    times: int = 10**9
    seen: int = 0


@dataclass
class Proxy:
    """A loopback proxy with rules."""

    target: str
    rules: list[Rule] = field(default_factory=list)
    url: str = ""

    def action(self, name: str, **effect: Any) -> Rule:
        """A rule for an API action, by its X-Amz-Target or the action in its body."""
        rule = Rule(lambda _method, _path, headers: headers.get("x-amz-target", "").endswith(f".{name}"), **effect)
        self.rules.append(rule)
        return rule

    def path(self, method: str, part: str, **effect: Any) -> Rule:
        """A rule for requests of a method (or any, with "*") whose path contains a text."""
        rule = Rule(lambda m, path, _headers: method in ("*", m) and part in path, **effect)
        self.rules.append(rule)
        return rule


def signed_for(url: str, method: str, given: dict[str, str], body: bytes, keys: Credentials) -> dict[str, str]:
    """The headers of a request, signed again: a signature holds for one host, which the proxy is not."""
    scope = given["authorization"].partition("Credential=")[2].partition(",")[0].split("/")
    headers = {key: value for key, value in given.items() if key not in ("authorization", "host", "connection")}
    request = AWSRequest(method, url, headers, body)
    request.context["timestamp"] = given["x-amz-date"]
    signer = (S3SigV4Auth if scope[3] == "s3" else SigV4Auth)(keys, scope[3], scope[2])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers.items())


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer in a thread of its own."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def proxy(environment: dict[str, str]) -> Iterator[Proxy]:
    """Run a proxy in front of the endpoint that an environment names, with the keys that it has."""
    target = environment["AWS_ENDPOINT_URL"]
    keys = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    proxied = Proxy(target)
    host = urlsplit(target).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            for rule in proxied.rules:
                if rule.seen < rule.times and rule.matches(self.command, self.path, headers):
                    rule.seen += 1
                    time.sleep(rule.delay)
                    if rule.answer:
                        self.reply(rule.answer[0], {"content-type": "text/xml"}, rule.answer[1].encode())
                        return
            upstream = http.client.HTTPConnection(host, timeout=120)
            signed = signed_for(f"{target}{self.path}", self.command, headers, body, keys)
            upstream.request(self.command, self.path, body, signed)
            answer = upstream.getresponse()
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in ("transfer-encoding", "connection")}
            self.reply(answer.status, kept, answer.read())

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for key, value in headers.items():
                if key.lower() != "content-length" or self.command == "HEAD":
                    self.send_header(key, value)
            if self.command != "HEAD":
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = serve

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    proxied.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield proxied


def states_in_s3(project: Project) -> None:
    """Give the project a configuration of its own, with states in a bucket."""
    text = project.configuration.read_text()
    backend = f'\n[env.dev.backend]\ntype = "s3"\nbucket = "{BUCKET}"\n'
    project.configure(text.replace("[env.dev]\n", "[env.dev]\ndisposable = true\n") + backend)
    project.client("s3").create_bucket(Bucket=BUCKET)


class Deployment:
    """One series of a project: names and states of its own, so that tests do not meet."""

    def __init__(self, project: Project, series: str, endpoint: str | None = None, out: str = "out") -> None:
        self.project, self.series = project, series
        self.out = project.folder / series / out
        self.environment = {**clean_environment(), **project.endpoint()}
        if endpoint:
            self.environment["AWS_ENDPOINT_URL"] = endpoint

    def command(self, *arguments: str) -> list[str]:
        """The words of a call."""
        common = ["--account", ACCOUNT, "--series", self.series]
        return self.project.command(*common, *arguments, "--out", str(self.out))

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            **more,
        )

    def good(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that must work."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def report(self, *arguments: str, transcript: str = "") -> dict[str, Any]:
        """The report of a command, by stack; the exit code is in `code`. A transcript compares what people see instead."""
        done = self.run(*arguments, *([] if transcript else ["--json"]))
        if transcript:
            self.compare(transcript, done)
        report = json.loads((self.out / "run.json").read_text() if transcript else done.stdout)
        return {"code": done.returncode, **{stack["name"]: stack for stack in report["stacks"]}}

    def compare(self, transcript: str, done: subprocess.CompletedProcess[str]) -> None:
        """Compare an output with the documents, in which the series and the environment have names of a user."""
        names = {f"oleoduto-dev-{self.series.lower()}": "oleoduto-prod-eia366-pbrent366"}
        transcripts.check(transcript, done, names)

    def declared(self, stack: str) -> int:
        """How many resources a synthesized stack has."""
        text = (self.out / "stacks" / stack / "cdk.tf.json").read_text()
        return sum(len(named) for named in json.loads(text)["resource"].values())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, stack: str, text: str, seconds: float = PATIENCE) -> None:
        """Wait until Terraform's log of an apply has a text."""
        log = self.out / "logs" / f"{stack}-apply.log"
        until(lambda: log.is_file() and text in log.read_text(), f"`{text}` in {log}", seconds)

    def folder(self) -> str:
        """The folder of its states in the bucket."""
        return f"oleoduto/dev/{self.series.lower()}"

    def key(self, stack: str) -> str:
        """The key of a stack's state."""
        return f"{self.folder()}/{stack}.tfstate"

    def write(self, section: str, line: str) -> None:
        """Give the environment this last section of oleoduto.toml, with one line."""
        path = self.project.folder / "oleoduto.toml"
        text = path.read_text().split(f"\n[env.dev.{section}]")[0]
        path.write_text(f"{text}\n[env.dev.{section}]\n{line}\n")

    def content(self, stack: str) -> dict[str, Any] | None:
        """A stack's state, if there is one."""
        s3 = self.project.client("s3")
        try:
            return dict(json.loads(s3.get_object(Bucket=BUCKET, Key=self.key(stack))["Body"].read()))
        except s3.exceptions.NoSuchKey:
            return None

    def state(self, stack: str) -> list[str]:
        """The addresses in a stack's state, which must be there."""
        content = self.content(stack)
        assert content is not None, f"{stack} has no state"
        rows = [row for row in content["resources"] if row["mode"] == "managed"]
        return sorted(f"{row['type']}.{row['name']}" for row in rows if row["instances"])

    def locks(self) -> list[str]:
        """The locks that are held."""
        return [key for key in self.objects() if key.endswith(".tflock")]

    def objects(self) -> list[str]:
        """The keys of its objects in the bucket."""
        found = self.project.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{self.folder()}/").get("Contents", [])
        return [row["Key"] for row in found]

    def processes(self, *words: str) -> list[int]:
        """Processes of this deployment's folder whose command line has all the words."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    line = (entry / "cmdline").read_text().replace("\0", " ")
                    cwd = os.readlink(entry / "cwd")
                except OSError:
                    continue
                if all(word in line for word in words) and str(self.out) in line + cwd:
                    found.append(int(entry.name))
        return found


class Lab(Deployment):
    """The shop of `examples/shop/src/bin/shop_lab.rs`: stacks of Terraform's own `terraform_data`, with states in that bucket.

    What is tested with it is the runner: no provider is started, and a command takes a tenth of the time. Its step in the stack
    `depot` waits while it is held, between the resources `shelf` and `label`.
    """

    ALL = ("terraform_data.label", "terraform_data.shelf")

    def __init__(self, project: Project, series: str, endpoint: str | None = None, out: str = "out") -> None:
        super().__init__(project, series, endpoint, out)
        self.home = project.folder / series
        self.home.mkdir(exist_ok=True)

    def command(self, *arguments: str) -> list[str]:
        common = ["--project-dir", str(self.home), "--env", self.series]
        return [str(LAB), *common, *arguments, "--out", str(self.out)]

    def folder(self) -> str:
        return f"shop/{self.series}"

    def label(self, text: str) -> None:
        """Change the program: another text on the label."""
        (self.home / "lab.json").write_text(json.dumps({"label": text}))

    def labelled(self) -> str | None:
        """The text on the label, as the state has it."""
        content = self.content("depot")
        rows = [row for row in content["resources"] if row["name"] == "label"] if content else []
        return str(rows[0]["instances"][0]["attributes"]["output"]["value"]["text"]) if rows else None

    def holding(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, and return when its step waits; `release` lets it go on."""
        (self.home / "held").unlink(missing_ok=True)
        (self.home / "hold").touch()
        running = self.start(*arguments)
        until(lambda: (self.home / "held").exists() or running.poll() is not None, "the step is held")
        assert running.poll() is None, running.communicate()
        return running

    def release(self) -> None:
        """Let the step go on; the next one does not wait."""
        (self.home / "hold").unlink()

    def completes(self) -> None:
        """The next apply ends well, the state holds everything, no lock is left, and nothing is left to do."""
        self.good("apply", "depot", "--yes")
        assert self.state("depot") == list(self.ALL)
        assert self.locks() == []
        self.good("plan", "depot", "--refresh")


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE, pause: float = 0.05) -> None:
    """Wait for something, or fail saying what did not happen. What costs more than a look is asked less often."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(pause)
