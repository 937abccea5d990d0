"""Spark's classes in an archive that the JVM maps: a third of a short Spark job is loading and verifying classes.

JDK's class data sharing (JEP 350, `-XX:ArchiveClassesAtExit`). The archive belongs to one JVM and one class path, so its
name holds a digest of both; a JVM that another archive does not suit leaves it and loads the classes as ever.

As a script, `python class_archive.py JARS` makes the archive unless it is there; it needs the environment with PySpark.
"""

import hashlib
import importlib.metadata
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

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
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": scratch,
            "spark.sql.shuffle.partitions": "2",
            "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9",
            "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
            "spark.hadoop.fs.s3a.attempts.maximum": "1",
            "spark.hadoop.fs.s3a.retry.limit": "0",
        }
        os.environ["PYSPARK_SUBMIT_ARGS"] = submit_arguments(settings)
        os.environ["PYSPARK_PYTHON"] = sys.executable
        exercise(Path(scratch))
        if not part.is_file():
            raise SystemExit(f"error: {java()} wrote no class archive")
        for old in path.parent.glob("spark-*.jsa"):
            old.unlink()
        part.replace(path)


def exercise(scratch: Path) -> None:
    """What the jobs do with Spark, in small."""
    from py4j.protocol import Py4JJavaError
    from pyspark.sql import SparkSession, Window
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    spark = SparkSession.builder.getOrCreate()
    double = F.udf(lambda value: 2.0 * value, T.DoubleType())
    rows = [(f"S{i % 3}", i, float(i)) for i in range(60)]
    frame = spark.createDataFrame(rows, "code string, day int, value double").withColumn("twice", double("value"))
    window = Window.partitionBy("code").orderBy("day")
    dated = frame.withColumn("date", F.date_add(F.lit("2020-01-01"), F.col("day")))
    lagged = dated.withColumn("lag", F.lag("value").over(window))
    table = str(scratch / "table")
    lagged.repartition(2).write.mode("overwrite").option("compression", "zstd").parquet(table)
    read = spark.read.parquet(table).persist()
    summed = read.groupBy("code").agg(F.sum("value").alias("sum"), F.stddev("value"), F.collect_list("day"))
    read.join(summed, "code").where("sum > 0").orderBy("code", "day").collect()
    # The file system's classes are loaded before it finds nobody at home.
    with suppress(Py4JJavaError):
        spark.read.parquet("s3a://nobody/table")
    process = spark.sparkContext._gateway.proc  # type: ignore[union-attr]
    spark.stop()
    # The JVM writes the archive when it ends, and it ends when nobody is at the other end.
    process.stdin.close()
    process.wait()


def main() -> None:
    jars = tuple(sorted(Path(sys.argv[1]).resolve().glob("*.jar")))
    path = archive(jars)
    if path is not None and not path.is_file():
        print("preparing a class archive of Spark, so that its jobs start faster (once)", file=sys.stderr)
        make(jars, path)


if __name__ == "__main__":
    main()
