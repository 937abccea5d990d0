"""What the jobs do with Spark, in small: `python spark_exercise.py FOLDER`.

It loads and compiles what a job needs, in the JVM that `PYSPARK_SUBMIT_ARGS` or `PYSPARK_GATEWAY_PORT` says. It needs the
environment with PySpark, and writes into the folder only.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    # Nobody is at home there: S3's classes are loaded before that is found.
    "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9",
    "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
    "spark.hadoop.fs.s3a.attempts.maximum": "1",
    "spark.hadoop.fs.s3a.retry.limit": "0",
}
"""Settings of the Spark that it runs in."""


def main(folder: Path) -> None:
    """Write, read, join and order a small table; then end a JVM that was started for this."""
    from py4j.protocol import Py4JJavaError
    from pyspark.sql import SparkSession, Window
    from pyspark.sql import functions as F

    spark = SparkSession.builder.getOrCreate()
    # No Python workers: the jobs have them for many series only, and they would be half of the exercise.
    rows = [json.dumps({"code": f"S{i % 3}", "day": i, "value": float(i)}) for i in range(60)]
    texts = spark.range(1).select(F.explode(F.array(*map(F.lit, rows))).alias("text"))
    frame = texts.select(F.from_json("text", "code string, day int, value double").alias("row")).select("row.*")
    dated = frame.withColumn("date", F.date_add(F.lit("2020-01-01"), F.col("day")))
    lagged = dated.withColumn("lag", F.lag("value").over(Window.partitionBy("code").orderBy("day")))
    table = str(folder / "table")
    lagged.repartition(2).write.mode("overwrite").option("compression", "zstd").parquet(table)
    read = spark.read.parquet(table).persist()
    summed = read.groupBy("code").agg(F.sum("value").alias("sum"), F.stddev("value"), F.collect_list("day"))
    read.join(summed, "code").where("sum > 0").orderBy("code", "day").collect()
    with suppress(Py4JJavaError):
        spark.read.parquet("s3a://nobody/table")
    process = spark.sparkContext._gateway.proc  # type: ignore[union-attr]
    spark.stop()
    if process is not None:
        # The JVM writes its class archive when it ends, and it ends when nobody is at the other end.
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
