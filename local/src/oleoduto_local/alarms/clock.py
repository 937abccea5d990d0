"""The time of CloudWatch, which can be moved ahead: a day without success then takes no day."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's time, and what it was moved ahead by."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """In UTC."""
        with self._lock:
            return datetime.now(UTC) + self._ahead

    def naive(self) -> datetime:
        """In UTC without saying so, as moto has its times."""
        return self.now().replace(tzinfo=None)

    def advance(self, seconds: float) -> datetime:
        """Move the time ahead, and return it."""
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
        return self.now()
