"""What every patch and runner needs of the server: settings, endpoint, AWS clients, jobs, logs, scratch
folders.
"""

import logging
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from oleoduto_local.access.principals import Keys, Principals
from oleoduto_local.environment import job_environment
from oleoduto_local.logsink import CloudWatch, LogSink
from oleoduto_local.process import Registry
from oleoduto_local.settings import Settings

LOG = logging.getLogger("oleoduto_local")


def file_name(name: str) -> str:
    """A name that is safe as one path component."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:200] or "_"


class LocalAws:
    """The running local AWS. `url` is its endpoint, such as http://127.0.0.1:4566; `admin` may do everything."""

    def __init__(self, settings: Settings, url: str, admin: Keys) -> None:
        self.settings = settings
        self.url = url
        self.principals = Principals(admin, settings.account)
        self.registry = Registry()
        self.cloudwatch = CloudWatch()
        self._clients: dict[tuple[str, str], Any] = {}
        self._clients_lock = threading.Lock()

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of the server's own endpoint; built once, since building is slow and not thread-safe."""
        key = (service, region or self.settings.region)
        with self._clients_lock:
            if key not in self._clients:
                self._clients[key] = boto3.session.Session().client(
                    service,  # type: ignore[call-overload]
                    region_name=key[1],
                    endpoint_url=self.url,
                    **self.principals.admin.arguments(),
                    config=Config(
                        parameter_validation=False,
                        retries={"total_max_attempts": 1},
                        # Lambda may take 15 minutes; the functions' own time limits apply.
                        read_timeout=1000,
                        s3={"addressing_style": "path"},
                        proxies={},
                    ),
                )
            return self._clients[key]

    def environment(self, extra: dict[str, str], region: str | None = None) -> dict[str, str]:
        keys = self.principals.admin.variables()
        return job_environment(self.url, region or self.settings.region, {**extra, **keys})

    def scratch(self, service: str, name: str) -> Path:
        """A fresh folder for one job."""
        folder = self.settings.work_dir / service / file_name(name)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder

    def sink(self, service: str, name: str, groups: dict[str, str], stream: str, region: str) -> LogSink:
        """Where a job's lines go: its log file, and the CloudWatch Logs groups of stdout and stderr."""
        path = self.settings.logs_dir / service / f"{file_name(name)}.log"
        return LogSink(path, self.cloudwatch, self.settings.account, region, groups, stream)

    def in_background(self, name: str, work: Callable[[], object]) -> None:
        """Runs `work` in a thread of its own; what it raises is logged, since nobody waits for it."""

        def run() -> None:
            try:
                work()
            except Exception:
                LOG.exception("the thread %s failed", name)

        threading.Thread(target=run, name=name, daemon=True).start()
