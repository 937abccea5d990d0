"""What every patch and runner needs of the server: settings, endpoint, AWS clients, jobs, logs, scratch
folders.
"""

import logging
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from oleoduto_local.access.evaluate import Call
from oleoduto_local.access.judge import Judge, partition_of
from oleoduto_local.access.principals import Keys, Principals
from oleoduto_local.access.record import Record
from oleoduto_local.access.roles import Roles, ServiceRole
from oleoduto_local.alarms.clock import Clock
from oleoduto_local.alarms.watcher import Watcher
from oleoduto_local.environment import job_environment
from oleoduto_local.log_parts import LogParts
from oleoduto_local.logsink import CloudWatch, LogSink, LogTarget
from oleoduto_local.models import session
from oleoduto_local.mounts import reopen
from oleoduto_local.process import Registry
from oleoduto_local.settings import Settings
from oleoduto_local.spark_jvm import Jvms
from oleoduto_local.warm_python import Hosts

LOG = logging.getLogger("oleoduto_local")


def file_name(name: str) -> str:
    """A name that is safe as one path component."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:200] or "_"


class Ends:
    """How many background threads have ended: who waits for a job looks again when one has."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def tell(self) -> None:
        """One more."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Until the count is another than `seen`, or the seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, seconds)


class LocalAws:
    """The running local AWS. `url` is its endpoint, such as http://127.0.0.1:4566; `admin` may do everything."""

    def __init__(self, settings: Settings, url: str, admin: Keys) -> None:
        # A server that was killed left the folders of its jobs as the jobs saw them.
        reopen(settings.work_dir / "sagemaker")
        self.settings = settings
        self.url = url
        self.principals = Principals(admin, settings.account)
        self.roles = Roles(settings.account)
        self.judge = Judge(self.roles, Record(settings.data_dir))
        self.registry = Registry()
        # Not among the jobs that run, which a user sees.
        self.helpers = Registry()
        self.jvms = Jvms(self.helpers, lambda name: self.scratch("spark", name))
        self.pythons = Hosts(self.helpers, lambda name: self.scratch("python", name))
        self.ends = Ends()
        self.clock = Clock()
        self.watcher = Watcher(settings.account, self.clock)
        self.cloudwatch = CloudWatch()
        self.log_parts = LogParts()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._clients_lock = threading.Lock()

    def client(self, service: str, keys: Keys, region: str | None = None) -> Any:
        """A client of the server's own endpoint; built once for each key, since building is slow and not thread-safe."""
        key = (service, region or self.settings.region, keys.key_id)
        with self._clients_lock:
            if key not in self._clients:
                self._clients[key] = boto3.session.Session(botocore_session=session()).client(
                    service,  # type: ignore[call-overload]
                    region_name=key[1],
                    endpoint_url=self.url,
                    **keys.arguments(),
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

    def environment(self, extra: dict[str, str], keys: Keys, region: str | None = None) -> dict[str, str]:
        return job_environment(self.url, region or self.settings.region, {**extra, **keys.variables()})

    def scratch(self, service: str, name: str) -> Path:
        """A fresh folder for one job."""
        folder = self.settings.work_dir / service / file_name(name)
        if folder.exists():
            reopen(folder)
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder

    def sink(self, service: str, name: str, target: LogTarget, role: ServiceRole) -> LogSink:
        """Where a job's lines go: its log file, and CloudWatch Logs as far as the job's role may write there."""
        path = self.settings.logs_dir / service / f"{file_name(name)}.log"
        self.log_parts.begin(path)
        allowed = {source: group for source, group in target.groups.items() if self._may_log(group, target, role)}
        return LogSink(path, self.cloudwatch, self.settings.account, replace(target, groups=allowed))

    def _may_log(self, group: str, target: LogTarget, role: ServiceRole) -> bool:
        """The services write a job's log as its role, and go on without a log if they may not."""
        arn = f"arn:{partition_of(target.region)}:logs:{target.region}:{self.settings.account}:log-group:{group}"
        calls = [Call(f"logs:{action}", f"{arn}:log-stream:{target.stream}") for action in ("CreateLogStream", "PutLogEvents")]
        if not self.cloudwatch.has(self.settings.account, target.region, group):
            calls.insert(0, Call("logs:CreateLogGroup", arn))
        return all(self.judge.decide(role.principal, call).allowed for call in calls)

    def in_background(self, name: str, work: Callable[[], object]) -> None:
        """Runs `work` in a thread of its own; what it raises is logged, since nobody waits for it."""

        def run() -> None:
            try:
                work()
            except Exception:
                LOG.exception("the thread %s failed", name)
            finally:
                self.ends.tell()

        threading.Thread(target=run, name=name, daemon=True).start()
