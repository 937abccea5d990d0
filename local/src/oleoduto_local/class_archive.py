"""Spark's classes in an archive that the JVM maps: a third of a short Spark job is loading and verifying classes.

JDK's class data sharing (JEP 350, `-XX:ArchiveClassesAtExit`). The archive belongs to one JVM and one class path, so its
name holds a digest of both; a JVM that another archive does not suit leaves it and loads the classes as ever.

`python -m oleoduto_local.class_archive JARS` makes the archive unless it is there; it needs the environment with PySpark.
"""

import hashlib
import importlib.metadata
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from oleoduto_local import spark_exercise

JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""For short jobs: the first compiler tier and the serial collector start fastest. An archive is of one collector."""
QUIET = "-Xlog:cds*=error"
"""Which classes an archive leaves out, or that it does not suit, is no news for the log of a job."""


# Spark's default configuration writes warnings about this machine that nobody can do anything about; the gateway's own level
# would be the default.
LOG4J = """
rootLogger.level = error
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
"""


def java() -> Path | None:
    """The JVM that Spark starts."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    return Path(found).resolve() if found else None


def archive(jars: Sequence[Path]) -> Path | None:
    """The place of the archive for this JVM, this Spark and these jars: beside the jars. None without a JVM."""
    program = java()
    if program is None:
        return None
    state = program.stat()
    of = [str(program), state.st_size, state.st_mtime_ns, importlib.metadata.version("pyspark"), *map(str, jars)]
    digest = hashlib.sha256(repr(of).encode()).hexdigest()[:12]
    return jars[0].parent / f"spark-{digest}.jsa"


def quoted(option: str) -> str:
    """One option as Spark's launcher reads it in a text of several: a folder's name may hold spaces and quotes."""
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def options(jars: Sequence[Path]) -> str:
    """The options of Spark's JVM."""
    path = archive(jars)
    return f"{JVM} {quoted(f'-XX:SharedArchiveFile={path}')} {QUIET}" if path is not None and path.is_file() else JVM


def submit_arguments(settings: Mapping[str, str]) -> str:
    """`PYSPARK_SUBMIT_ARGS` of a JVM with these settings."""
    words = ["--master", "local[2]", *(word for item in settings.items() for word in ("--conf", "=".join(item)))]
    return shlex.join([*words, "pyspark-shell"])


def make(jars: Sequence[Path], path: Path) -> None:
    """Run a short Spark job and keep the classes that it loads."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        part, log4j = Path(scratch) / path.name, Path(scratch) / "log4j2.properties"
        log4j.write_text(LOG4J)
        java_options = " ".join(
            [JVM, QUIET, quoted(f"-XX:ArchiveClassesAtExit={part}"), quoted(f"-Dlog4j2.configurationFile={log4j.as_uri()}")]
        )
        settings = {
            "spark.driver.extraClassPath": ":".join(map(str, jars)),
            "spark.driver.extraJavaOptions": java_options,
            "spark.local.dir": scratch,
            **spark_exercise.SETTINGS,
        }
        os.environ["PYSPARK_SUBMIT_ARGS"] = submit_arguments(settings)
        os.environ["PYSPARK_PYTHON"] = sys.executable
        spark_exercise.main(Path(scratch))
        if not part.is_file():
            raise SystemExit(f"error: {java()} wrote no class archive")
        for old in path.parent.glob("spark-*.jsa"):
            old.unlink()
        part.replace(path)


def main() -> None:
    jars = tuple(sorted(Path(sys.argv[1]).resolve().glob("*.jar")))
    path = archive(jars)
    if path is not None and not path.is_file():
        print("preparing a class archive of Spark, so that its jobs start faster (once)", file=sys.stderr)
        make(jars, path)


if __name__ == "__main__":
    main()
