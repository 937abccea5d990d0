"""Headless Chromium over the DevTools protocol, through a pair of pipes: no driver and no package."""

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from chromium_kit import CHROMIUM
from local_support import PATIENCE

# What Chromium reads commands from and writes answers to.
COMMANDS, ANSWERS = 3, 4
FLAGS = (
    *(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
    ),
    *("--disable-component-update", "--disable-dev-shm-usage", "--no-proxy-server", "--remote-debugging-pipe"),
)


class Browser:
    """A browser with one tab. `messages` has what the page wrote to its console, and its uncaught errors."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        read_commands, self._write = os.pipe()
        self._read, write_answers = os.pipe()
        # The shell gives the pipes the numbers that Chromium expects.
        script = f'exec "$@" {COMMANDS}<&{read_commands} {ANSWERS}>&{write_answers}'
        command = ["/bin/bash", "-c", script, "chromium", CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._log = (profile.parent / f"{profile.name}.log").open("wb")
        self._process = subprocess.Popen(
            command, pass_fds=(read_commands, write_answers), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        os.close(read_commands)
        os.close(write_answers)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.messages: list[str] = []
        self.requested: list[str] = []
        (page,) = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        self._session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        for descriptor in (self._write, self._read):
            os.close(descriptor)
        self._log.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result; events that come before it are noted."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self._write, left) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            content = os.read(self._read, 1 << 20)
            assert content, f"Chromium ended: {Path(self._log.name).read_text(errors='replace')[-2000:]}"
            self._buffer += content
        message, _, self._buffer = self._buffer.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.messages.append(str(parameters["exceptionDetails"].get("exception", {}).get("description")))
        elif event.get("method") == "Log.entryAdded":
            self.messages.append(str(parameters["entry"]["text"]))
        elif event.get("method") == "Network.requestWillBeSent":
            self.requested.append(str(parameters["request"]["url"]))

    def see(self, width: int, height: int, scheme: str = "light") -> None:
        """The window's size, and whether the user prefers light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url: str) -> None:
        """Load a page. One that is open and gets another key reloads itself a moment later, so the old document is marked."""
        self.run("window.left = true; undefined")
        self.call("Page.navigate", url=url)
        self.wait("!window.left && document.readyState === 'complete'", f"{url} is loaded")

    def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, script: str, what: str, seconds: float = PATIENCE) -> Any:
        """The first true value of an expression; an element is true."""
        script = f"(found => found instanceof Node || found)({script})"

        def look() -> Any:
            # A page that is being loaded has no elements yet.
            done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
            return done["result"].get("value") if "exceptionDetails" not in done else None

        return wait_for_value(look, what, seconds, lambda: f"{self.messages} {self.text('body')[:1500]}")

    def text(self, selector: str) -> str:
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def press(self, key: str, code: int, text: str = "") -> None:
        """A key, as the keyboard sends it."""
        names = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **names)
        self.call("Input.dispatchKeyEvent", type="keyUp", **names)

    def screenshot(self, path: Path) -> None:
        """The window as it is seen."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


def wait_for_value(look: Callable[[], Any], what: str, seconds: float, state: Callable[[], str]) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}; {state()}"
        time.sleep(0.1)
