"""What the page shows, read from the services of the local AWS."""

import json
import os
import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from oleoduto_local.context import LocalAws, file_name
from oleoduto_local.log_parts import LogPiece, read_piece
from oleoduto_local.patches.stepfunctions_common import PARSER, history_of
from oleoduto_local.patching import load, require
from oleoduto_local.ui.runs import Visit, milliseconds, run_date, visits_of
from oleoduto_local.ui.tables import Table, tables

RUNS = 20
REPORTS = "reports/"
# The documents of a run that a person reads, in the order of their links.
DOCUMENTS = ("report.html", "series.html", "quality.html")


@dataclass(frozen=True)
class Run:
    """An execution. Times are milliseconds since 1970."""

    id: str
    name: str
    machine: str
    definition: str
    status: str
    started: int
    ended: int | None
    visits: list[Visit]
    message: str | None


@dataclass(frozen=True)
class Folder:
    """The reports of a run date in a bucket."""

    bucket: str
    date: str
    names: tuple[str, ...]


class Source:
    """Reads of one local AWS; nothing here changes anything in it."""

    def __init__(self, local: LocalAws) -> None:
        self._local = local

    def machine(self) -> tuple[str, str] | None:
        """Name and definition of the newest state machine."""
        machines = self._machines()
        return (machines[-1].name, machines[-1].definition) if machines else None

    def executions(self) -> list[Any]:
        """The newest executions of all state machines, the newest first."""
        found = [execution for machine in self._machines() for execution in list(machine.executions)]
        return sorted(found, key=lambda execution: execution.start_date, reverse=True)[:RUNS]

    def run(self, execution: Any, with_visits: bool = True) -> Run:
        """An execution as it is now."""
        status = str(execution.status)
        ended = None if status == "RUNNING" or execution.stop_date is None else milliseconds(execution.stop_date)
        visits = visits_of(history_of(execution), status, ended) if with_visits else []
        machine = execution.state_machine
        error = execution.error or execution.cause
        return Run(
            execution.execution_arn,
            execution.name,
            machine.name,
            machine.definition,
            status,
            milliseconds(execution.start_date),
            ended,
            visits,
            str(error) if error else None,
        )

    def log(self, visit: Visit, start: int | None) -> LogPiece | None:
        """What the job of a stay has written; none if it has written nothing yet."""
        if visit.log is None:
            return None
        folder, name = visit.log
        path = self._local.settings.logs_dir / folder / f"{file_name(name)}.log"
        span = self._local.log_parts.span(path, visit.entered, visit.left)
        return read_piece(path, span, start, visit.left is not None) if span and path.exists() else None

    def tables(self) -> list[Table]:
        """The tables of the catalog."""
        return tables(self._client("glue"), self.s3)

    @property
    def s3(self) -> Any:
        """A client of the administrator."""
        return self._client("s3")

    def reports(self, visits: list[Visit]) -> Folder | None:
        """The reports of a run, as far as they are written."""
        date = run_date(visits)
        if date is None:
            return None
        for bucket in self.s3.list_buckets()["Buckets"]:
            prefix = f"{REPORTS}dataproc={date}/"
            listed = self.s3.list_objects_v2(Bucket=bucket["Name"], Prefix=prefix).get("Contents", [])
            names = {item["Key"][len(prefix) :] for item in listed}
            if names:
                return Folder(bucket["Name"], date, tuple(name for name in DOCUMENTS if name in names))
        return Folder("", date, ())

    def document(self, bucket: str, date: str, name: str) -> bytes:
        """A document of a run date."""
        body: bytes = self.s3.get_object(Bucket=bucket, Key=f"{REPORTS}dataproc={date}/{name}")["Body"].read()
        return body

    def mlflow(self) -> str | None:
        """The address of the experiment in MLflow's UI, as `oleoduto local mlflow` announces it while it serves it."""
        folder = self._local.settings.data_dir / "mlflow"
        try:
            said = json.loads((folder / "ui.json").read_text(encoding="utf-8"))
            os.kill(int(said["pid"]), 0)
        except (FileNotFoundError, ProcessLookupError):
            return None
        url = str(said["url"])
        if urlsplit(url).hostname != "127.0.0.1":
            return None
        with sqlite3.connect(f"{(folder / 'mlflow.db').as_uri()}?mode=ro", uri=True) as store:
            found = store.execute("SELECT experiment_id FROM experiments WHERE name = ?", (said["series"],)).fetchone()
        return f"{url}/#/experiments/{found[0]}" if found else url

    def _machines(self) -> list[Any]:
        settings = self._local.settings
        backend = require(load(f"{PARSER}.models"), "stepfunctions_parser_backends")[settings.account][settings.region]
        return sorted(require(backend, "state_machines"), key=lambda machine: machine.creation_date)

    def _client(self, service: str) -> Any:
        return self._local.client(service, self._local.principals.admin)
