"""Who may read the page's data: one-time keys from the terminal, sessions of pages, and addresses of documents."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable

from oleoduto_local.errors import LocalAwsError

# Seconds in which a key must be used: a browser may start slowly.
KEY_SECONDS = 600
# A key carries the client's clock, which is the server's own.
CLOCK_SECONDS = 5
# A page takes a session each time it is opened from the terminal; the oldest one ends.
MOST_SESSIONS = 32
# What the administrator's secret signs here, and nowhere else.
PURPOSE = "oleoduto local ui"


class NoEntryError(LocalAwsError):
    """A key or a session that lets nobody in. `problem` is a word that the page translates."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def entry_key(secret: str, nanoseconds: int) -> str:
    """The one-time key of a moment, as `oleoduto local ui` makes it (src/local/ui.rs)."""
    signature = hmac.new(secret.encode(), f"{PURPOSE}\n{nanoseconds}".encode(), hashlib.sha256)
    return f"{nanoseconds}-{signature.hexdigest()}"


class Sessions:
    """The sessions of one start. `secret` is the administrator's."""

    def __init__(self, secret: str, now: Callable[[], int] = time.time_ns) -> None:
        self._secret = secret
        self._now = now
        self._documents = secrets.token_bytes(32)
        self._used: dict[str, int] = {}
        self._open: list[str] = []
        self._lock = threading.Lock()

    def enter(self, key: str) -> str:
        """A new session for a key, which is of no use afterwards."""
        moment, _, _ = key.partition("-")
        # What is not a number has no signature either.
        made = int(moment) if moment.isascii() and moment.isdigit() and len(moment) < 21 else 0
        if not hmac.compare_digest(key.encode(), entry_key(self._secret, made).encode()):
            raise NoEntryError("key", "the key is not one of this start: `oleoduto local ui` gives another")
        age = self._now() - made
        if not -CLOCK_SECONDS * 10**9 <= age <= KEY_SECONDS * 10**9:
            raise NoEntryError("key", f"the key is older than {KEY_SECONDS} s: `oleoduto local ui` gives another")
        with self._lock:
            if key in self._used:
                raise NoEntryError("key", "the key was used before: `oleoduto local ui` gives another")
            oldest = self._now() - (KEY_SECONDS + CLOCK_SECONDS) * 10**9
            self._used = {used: at for used, at in self._used.items() if at > oldest} | {key: made}
            session = secrets.token_urlsafe(32)
            self._open = [*self._open[1 - MOST_SESSIONS :], session]
        return session

    def check(self, session: str) -> None:
        """Refuse what is not a session of this start."""
        with self._lock:
            known = [hmac.compare_digest(session.encode(), one.encode()) for one in self._open]
        if not any(known):
            raise NoEntryError("session", "the page has no session: `oleoduto local ui` opens it with one")

    def folder_key(self, folder: str) -> str:
        """What the address of a folder's documents needs: a browser sends no session when it goes to a document."""
        return hmac.new(self._documents, folder.encode(), hashlib.sha256).hexdigest()

    def check_folder(self, folder: str, key: str) -> None:
        """Refuse an address that `folder_key` has not made."""
        if not hmac.compare_digest(self.folder_key(folder).encode(), key.encode()):
            raise NoEntryError("document", "the address is not one of this start: the page has another")
