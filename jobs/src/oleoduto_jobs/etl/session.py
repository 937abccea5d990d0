"""The Spark session: the same on Glue and on a laptop."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

SHUFFLE_PARTITIONS = "spark.sql.shuffle.partitions"
TASKS_PER_CORE = 4
WAREHOUSE = (Path(tempfile.gettempdir()) / "oleoduto-spark-warehouse").as_uri()


def sql_settings(cores: int) -> dict[str, str]:
    """Settings of Spark SQL for ``cores`` cores, which the transform's benchmark was measured with.

    Shuffles get a few tasks for each core, of up to 16 MB: Spark's 64 MB make three tasks of ten thousand
    series, of which the third runs alone on two cores. Small ones are still joined to a single task. Days
    are summed to months in a hash table whose default of 65,536 entries is full after 150 series of a file
    and then falls back to a slower one: a million entries take 8 MB a task.
    """
    return {
        SHUFFLE_PARTITIONS: str(TASKS_PER_CORE * max(cores, 1)),
        "spark.sql.adaptive.advisoryPartitionSizeInBytes": "16m",
        "spark.sql.codegen.aggregate.fastHashMap.capacityBit": "20",
    }


def tune(session: SparkSession) -> None:
    """Apply ``sql_settings`` where neither Glue nor ``spark-submit`` has set a value."""
    context = session.sparkContext
    configured = context.getConf()
    for name, value in sql_settings(context.defaultParallelism).items():
        if configured.get(name) is None:
            session.conf.set(name, value)


def spark_session(app: str) -> SparkSession:
    """Return the session that Glue or ``spark-submit`` configured, else a local one.

    Progress bars would run into error lines. Spark creates its warehouse folder with the first table (see
    ``buckets``), by default in the working folder.
    """
    builder = SparkSession.builder.appName(app).config("spark.ui.showConsoleProgress", "false")
    session = builder.config("spark.sql.warehouse.dir", WAREHOUSE).getOrCreate()
    tune(session)
    return session
