"""The Spark session: the same on Glue and on a laptop."""

from __future__ import annotations

from pyspark.sql import SparkSession

SHUFFLE_PARTITIONS = "spark.sql.shuffle.partitions"


def spark_session(app: str) -> SparkSession:
    """Return the session that Glue or ``spark-submit`` configured, else a local one.

    Spark's default of 200 shuffle partitions is made for large data; months of prices fit in a few. A
    value that the environment sets is left alone. Progress bars would glue themselves to error lines.
    """
    builder = SparkSession.builder.appName(app).config("spark.ui.showConsoleProgress", "false")
    session = builder.getOrCreate()
    if session.sparkContext.getConf().get(SHUFFLE_PARTITIONS) is None:
        session.conf.set(SHUFFLE_PARTITIONS, "4")
    return session
