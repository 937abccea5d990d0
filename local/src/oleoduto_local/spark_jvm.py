"""JVMs of Spark that outlive a job: the next one finds Spark's classes loaded and compiled.

Half of a short Spark job is the start of its JVM. So each JVM is a process of its own, and a job's Python connects to it, as
PySpark does where `PYSPARK_GATEWAY_PORT` is set. A job gets a Spark context of its own in it, with its own settings and keys.
A JVM is kept only after a job that ended by itself and left it clean; it waits a few minutes for the next one.
"""

import json
import logging
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.protocol import Py4JError

from oleoduto_local import class_archive
from oleoduto_local.environment import job_environment
from oleoduto_local.errors import JobError
from oleoduto_local.process import Command, Job, OnLine, Outcome, Registry, Stream

LOG = logging.getLogger("oleoduto_local")
HOST = Path(__file__).with_name("spark_host.py")
START_SECONDS = 120.0
"""On a busy machine with cold caches."""
IDLE_SECONDS = 300.0
"""Its memory is given back then."""
END_SECONDS = 10.0


class Jvm:
    """One JVM. The lines that it writes go to whom it works for."""

    def __init__(self, job: Job, folder: Path, jars: tuple[Path, ...], url: str, region: str) -> None:
        self._job, self._folder = job, folder
        self._receiver: OnLine | None = None
        self._last_lines: list[str] = []
        self._own_settings: Mapping[str, str] = {}
        connection = folder / "connection.json"
        self._environment = job_environment(
            url,
            region,
            {
                "PYSPARK_PYTHON": sys.executable,
                "PYSPARK_SUBMIT_ARGS": class_archive.submit_arguments(start_settings(jars, folder)),
                "SPARK_LOCAL_IP": "127.0.0.1",
                # The launcher's own JVM (it only builds the command line) starts faster so.
                "SPARK_LAUNCHER_OPTS": class_archive.JVM,
                "TMPDIR": str(folder),
            },
        )
        command = Command([sys.executable, str(HOST), str(connection)], self._environment, folder)
        self._thread = threading.Thread(target=job.run, args=(command, self._take), name="spark-jvm", daemon=True)
        self._thread.start()
        self.port, self.secret = self._connection(connection)

    def _take(self, stream: Stream, line: str) -> None:
        receiver = self._receiver
        if receiver is not None:
            receiver(stream, line)
        else:
            self._last_lines = [*self._last_lines[-9:], line]

    def _connection(self, path: Path) -> tuple[int, str]:
        deadline = time.monotonic() + START_SECONDS
        while not path.is_file():
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.end()
                said = " ".join(line for line in self._last_lines if line.strip()) or "it said nothing"
                raise JobError(f"the JVM of Spark did not start: {said}")
            time.sleep(0.02)
        found = json.loads(path.read_text(encoding="utf-8"))
        return int(found["port"]), str(found["secret"])

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._thread.is_alive()

    def variables(self) -> dict[str, str]:
        """What makes PySpark connect to it."""
        return {"PYSPARK_GATEWAY_PORT": str(self.port), "PYSPARK_GATEWAY_SECRET": self.secret}

    def begin(self, settings: Mapping[str, str], environment: Mapping[str, str], receiver: OnLine) -> None:
        """Work for a job with an environment: `settings` are those of its Spark context. Spark's Python workers have the
        environment of the JVM, so what differs from it goes with the settings."""
        self._receiver = receiver
        of_workers = {
            f"spark.executorEnv.{name}": value for name, value in environment.items() if self._environment.get(name) != value
        }
        try:
            with _Client(self) as client:
                self._own_settings = client.settings()
                for name, value in {**settings, **of_workers}.items():
                    client.system.setProperty(name, value)
        except (Py4JError, OSError) as error:
            raise JobError(f"the JVM of Spark does not answer: {error}") from error

    def run(self, job: Job, command: Command, settings: Mapping[str, str], on_line: OnLine) -> Outcome:
        """Run a job's command, whose Spark context has these settings."""
        self.begin(settings, command.env, on_line)
        return job.run(replace(command, env={**command.env, **self.variables()}), on_line)

    def clean(self) -> None:
        """Forget the job. Raises where that can't be."""
        with _Client(self) as client:
            # Scala's object, which Java sees under this name.
            active = getattr(getattr(client.jvm.org.apache.spark, "SparkContext$"), "MODULE$").getActive()
            if active.isDefined():
                active.get().stop()
            client.jvm.org.apache.spark.sql.SparkSession.clearDefaultSession()
            # Opened with the keys of the job.
            client.jvm.org.apache.hadoop.fs.FileSystem.closeAll()
            for name in client.settings().keys() - self._own_settings.keys():
                client.system.clearProperty(name)
            for name, value in self._own_settings.items():
                client.system.setProperty(name, value)
        self._receiver = None

    def end(self) -> None:
        """Kill it, and wait until all that it wrote has arrived."""
        self._job.kill()
        self._thread.join(END_SECONDS)
        self._job.registry.close(self._job)
        self._receiver = None
        shutil.rmtree(self._folder, ignore_errors=True)


class _Client:
    """A connection of the server's own."""

    def __init__(self, jvm: Jvm) -> None:
        java = JavaParameters(port=jvm.port, auth_token=jvm.secret, auto_convert=True)
        self._gateway = ClientServer(java, PythonParameters(port=0, eager_load=False))
        self.jvm = self._gateway.jvm
        self.system = self.jvm.java.lang.System

    def settings(self) -> dict[str, str]:
        """What a new context of Spark reads."""
        names = [name for name in self.system.getProperties().stringPropertyNames() if name.startswith("spark.")]
        return {name: self.system.getProperty(name) for name in names}

    def __enter__(self) -> "_Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self._gateway.close()


class Jvms:
    """The JVMs of a local AWS: one at most waits for a job, more only while jobs run at the same time."""

    def __init__(self, registry: Registry, folder: Callable[[str], Path], idle_seconds: float = IDLE_SECONDS) -> None:
        self._registry, self._folder, self._idle_seconds = registry, folder, idle_seconds
        self._idle: Jvm | None = None
        self._started, self._turn = 0, 0
        self._lock = threading.Lock()
        self._warm = threading.Event()
        self._warm.set()

    def warm_up(self, jars: tuple[Path, ...], url: str, region: str, exercise: Callable[[Jvm], bool]) -> None:
        """Start the one that waits and let it `exercise`, which says whether it went well. A job that comes meanwhile waits,
        as it needs the processor that a second JVM would take.
        """
        self._warm.clear()
        try:
            jvm = self._taken(jars, url, region)
            usable = False
            try:
                usable = exercise(jvm)
            finally:
                self.give_back(jvm, usable=usable)
        finally:
            self._warm.set()

    def take(self, jars: tuple[Path, ...], url: str, region: str) -> Jvm:
        """The one that waits, or a new one."""
        self._warm.wait(START_SECONDS)
        return self._taken(jars, url, region)

    def _taken(self, jars: tuple[Path, ...], url: str, region: str) -> Jvm:
        with self._lock:
            jvm, self._idle = self._idle, None
            self._started += jvm is None or not jvm.alive
            name = f"jvm-{self._started}"
        if jvm is not None and jvm.alive:
            return jvm
        return Jvm(self._registry.open("glue", "spark"), self._folder(name), jars, url, region)

    def give_back(self, jvm: Jvm, *, usable: bool) -> None:
        """After a job. One that is not usable, can't be cleaned or is not needed ends."""
        try:
            if usable:
                jvm.clean()
        except (Py4JError, OSError) as error:
            LOG.warning("the JVM of Spark is not kept: %s", error)
            usable = False
        with self._lock:
            kept = usable and self._idle is None
            if kept:
                self._idle = jvm
            self._turn += kept
            turn = self._turn
        if not kept:
            jvm.end()
            return
        timer = threading.Timer(self._idle_seconds, self._expire, [jvm, turn])
        timer.daemon = True
        timer.start()

    def _expire(self, jvm: Jvm, turn: int) -> None:
        with self._lock:
            if self._idle is not jvm or self._turn != turn:
                return
            self._idle = None
        jvm.end()


def start_settings(jars: tuple[Path, ...], folder: Path) -> dict[str, str]:
    """What a JVM has from its start; the rest are settings of a context."""
    return {
        "spark.driver.memory": "1g",
        "spark.driver.extraClassPath": ":".join(str(jar) for jar in jars),
        "spark.driver.extraJavaOptions": (
            " ".join(
                [
                    class_archive.options(jars),
                    class_archive.quoted(f"-Djava.io.tmpdir={folder}"),
                    class_archive.quoted(f"-Dderby.system.home={folder}"),
                ]
            )
        ),
        "spark.local.dir": str(folder),
    }
