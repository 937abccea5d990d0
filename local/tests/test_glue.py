"""Glue runs: real scripts, arguments, failures, limits, stopping, and Spark on s3://."""

import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError
from local_support import BUCKET, JARS, PATIENCE, Aws, Server, wait_until

from oleoduto_local import faults
from oleoduto_local.errors import JobError
from oleoduto_local.faults import Fault
from oleoduto_local.process import Registry
from oleoduto_local.spark_jvm import Jvms

SHOW = """
import json, os, sys, boto3
import toypkg
print("hello", toypkg.NAME)
boto3.client("s3").put_object(Bucket="toy-bucket", Key=f"seen/{sys.argv[2]}.json", Body=json.dumps({
    "argv": sys.argv[1:], "moto": [n for n in os.environ if n.startswith("MOTO_")],
    "cwd": os.getcwd(), "path": sys.path, "account": boto3.client("sts").get_caller_identity()["Account"]}))
"""
SLEEP = "import time; print('sleeping', flush=True); time.sleep(600)"


def package() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("toypkg/__init__.py", "NAME = 'from the zip'\n")
    return buffer.getvalue()


def test_success_with_arguments_packages_and_logs(aws: Aws, server: Server) -> None:
    uri = aws.put("packages/toy.zip", package())
    name = aws.glue_job(SHOW, {"--extra-py-files": uri, "--a": "default", "--b": "default"})
    run = aws.run_glue(name, Arguments={"--b": "run", "--c": "with space"})
    assert run["JobRunState"] == "SUCCEEDED", run
    assert "ErrorMessage" not in run
    assert run["CompletedOn"] >= run["StartedOn"]
    assert run["Arguments"]["--b"] == "run"
    seen = json.loads(aws.read(f"seen/{name}.json"))
    argv = seen["argv"]
    pairs = dict(zip(argv[::2], argv[1::2], strict=True))
    assert pairs["--JOB_NAME"] == name
    assert pairs["--JOB_RUN_ID"] == run["Id"]
    assert (pairs["--a"], pairs["--b"], pairs["--c"]) == ("default", "run", "with space")
    assert seen["moto"] == []
    assert seen["account"] == "123456789012"
    assert not any(entry.endswith("/src") for entry in seen["path"]), "the image's source is not Glue's"
    assert "hello from the zip" in server.log("glue", name)
    assert "hello from the zip" in aws.log_lines("/aws-glue/jobs/output", run["Id"])
    assert not (server.data / "work" / "glue" / run["Id"]).exists()


def test_failure_tells_the_error_line(aws: Aws, server: Server) -> None:
    script = "import sys\nprint('error: no such series XYZ', file=sys.stderr)\nprint('later', file=sys.stderr)\nsys.exit(1)\n"
    run = aws.run_glue(aws.glue_job(script))
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "no such series XYZ (exit code 1)"
    assert "error: no such series XYZ" in aws.log_lines("/aws-glue/jobs/error", run["Id"])
    assert (server.data / "work" / "glue" / run["Id"]).is_dir(), "scratch is kept after a failure"


def test_failure_tells_the_exception(aws: Aws) -> None:
    run = aws.run_glue(aws.glue_job("raise KeyError('price')"))
    assert run["ErrorMessage"] == "KeyError: 'price' (exit code 1)"


def test_missing_script_and_package(aws: Aws) -> None:
    name = aws.glue_job("print(1)")
    aws.s3.delete_object(Bucket=BUCKET, Key=f"scripts/{name}.py")
    run = aws.run_glue(name)
    assert run["JobRunState"] == "FAILED"
    assert f"s3://{BUCKET}/scripts/{name}.py cannot be read: NoSuchKey" in run["ErrorMessage"]
    run = aws.run_glue(aws.glue_job("print(1)", {"--extra-py-files": f"s3://{BUCKET}/packages/none.zip"}))
    assert "packages/none.zip cannot be read" in run["ErrorMessage"]


@pytest.mark.parametrize(
    ("modules", "state", "message"),
    [
        ("boto3,packaging>=20", "SUCCEEDED", ""),
        ("no-such-package-oleoduto", "FAILED", "is not installed"),
        ("boto3==0.0.1", "FAILED", "boto3==0.0.1 is asked for but"),
        ("==1", "FAILED", "is not a requirement"),
        ("pandas>=2.3", "FAILED", "would replace packages of Glue 5.0: pandas 2.2.2 (the job needs pandas>=2.3); ask for"),
        ("mlflow", "FAILED", "urllib3 1.25.10 (docker needs urllib3>=1.26.0)"),
    ],
)
def test_additional_python_modules(aws: Aws, modules: str, state: str, message: str) -> None:
    run = aws.run_glue(aws.glue_job("print(1)", {"--additional-python-modules": modules}))
    assert run["JobRunState"] == state
    assert message in run.get("ErrorMessage", "")


@pytest.mark.parametrize(
    ("text", "state", "message"),
    [
        (f"# A comment\njinja2=={version('jinja2')} \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n", "SUCCEEDED", ""),
        ('no-such-package-oleoduto==1 ; python_version < "3"', "SUCCEEDED", ""),
        ("boto3==0.0.1 --hash=sha256:00", "FAILED", "requirements.txt: boto3==0.0.1 is asked for but"),
        ("no-such-package-oleoduto==1", "FAILED", "no-such-package-oleoduto is not installed"),
        ("boto3 --hash=sha256:00\npackaging", "FAILED", "packaging has no hash"),
        ("--index-url https://example.org", "FAILED", "does not know the option"),
    ],
)
def test_a_file_of_requirements(aws: Aws, text: str, state: str, message: str) -> None:
    uri = aws.put("packages/requirements.txt", text)
    arguments = {"--python-modules-installer-option": "-r", "--additional-python-modules": uri}
    run = aws.run_glue(aws.glue_job("print(1)", arguments))
    assert run["JobRunState"] == state, run
    assert message in run.get("ErrorMessage", "")


@pytest.mark.parametrize(
    ("option", "modules", "message"),
    [
        ("-r", "boto3", "is not the s3:// URI of one file"),
        ("-r", f"s3://{BUCKET}/packages/none.txt", "none.txt cannot be read: NoSuchKey"),
        ("--upgrade", f"s3://{BUCKET}/packages/some.txt", "it needs --python-modules-installer-option with the value -r"),
    ],
)
def test_a_file_of_requirements_that_is_none(aws: Aws, option: str, modules: str, message: str) -> None:
    arguments = {"--python-modules-installer-option": option, "--additional-python-modules": modules}
    run = aws.run_glue(aws.glue_job("print(1)", arguments))
    assert run["JobRunState"] == "FAILED" and message in run["ErrorMessage"], run


def test_timeout(aws: Aws) -> None:
    run = aws.run_glue(aws.glue_job(SLEEP, Timeout=1))
    assert run["JobRunState"] == "TIMEOUT"
    assert "longer than its Timeout of 1 minutes" in run["ErrorMessage"]


def test_stop_and_concurrency(aws: Aws, server: Server) -> None:
    name = aws.glue_job(SLEEP)
    run_id = aws.glue.start_job_run(JobName=name)["JobRunId"]
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        aws.glue.start_job_run(JobName=name)
    wait_until(lambda: "sleeping" in server.log("glue", name), "the job runs")
    assert aws.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]["JobRunState"] == "RUNNING"
    running = [entry for entry in server.health()["running"] if entry["name"] == name]
    assert running[0]["service"] == "glue"
    assert running[0]["pid"] > 0
    answer = aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_none"])
    assert answer["SuccessfulSubmissions"][0]["JobRunId"] == run_id
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert aws.finish_glue(name, run_id)["JobRunState"] == "STOPPED"
    assert all(entry["name"] != name for entry in server.health()["running"])
    runs = aws.glue.get_job_runs(JobName=name)["JobRuns"]
    assert [run["Id"] for run in runs] == [run_id]


def test_update_job_and_execution_class(aws: Aws) -> None:
    name = aws.glue_job("print(1)")
    assert "ExecutionClass" not in aws.glue.get_job(JobName=name)["Job"]
    script = aws.put("scripts/updated.py", "print('updated')")
    command = {"Name": "glueetl", "ScriptLocation": script}
    update = {"Role": "toy", "Command": command, "ExecutionClass": "FLEX", "DefaultArguments": {"--x": "1"}}
    aws.glue.update_job(JobName=name, JobUpdate=update)
    job = aws.glue.get_job(JobName=name)["Job"]
    assert job["ExecutionClass"] == "FLEX"
    assert job["DefaultArguments"] == {"--x": "1"}
    assert aws.run_glue(name)["JobRunState"] == "SUCCEEDED"


SPARK = """
import argparse
from pyspark.sql import SparkSession
known, _ = argparse.ArgumentParser().parse_known_args()
spark = SparkSession.builder.getOrCreate()
assert spark.sparkContext.master == "local[2]", spark.sparkContext.master
table = "s3://toy-bucket/raw/"
def write(day, values):
    frame = spark.createDataFrame([(v,) for v in values], "value double")
    frame.write.mode("overwrite").parquet(f"{table}dataproc={day}/")
write(20260101, [1.0, 2.0])
write(20260102, [3.0])
write(20260101, [10.0])
got = sorted((r.dataproc, r.value) for r in spark.read.parquet(table).collect())
assert got == [(20260101, 10.0), (20260102, 3.0)], got
assert spark.sparkContext.parallelize(range(4)).map(lambda x: x * 2).sum() == 12
print("rows", got)
"""


@pytest.mark.skipif(not JARS.is_dir(), reason="the Hadoop S3 jars are not in the cache")
def test_spark_overwrites_a_partition_on_s3(aws: Aws, server: Server) -> None:
    name = aws.glue_job(SPARK)
    run = aws.run_glue(name, seconds=120)
    assert run["JobRunState"] == "SUCCEEDED", server.log("glue", name)
    parquet = [key for key in aws.keys("raw/") if key.endswith(".parquet")]
    assert {key.split("/")[1] for key in parquet} == {"dataproc=20260101", "dataproc=20260102"}
    assert "rows [(20260101, 10.0), (20260102, 3.0)]" in server.log("glue", name)


WHO = """
import json, os, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
context = spark.sparkContext
def worker(_):
    import toypkg
    return os.environ["AWS_ACCESS_KEY_ID"], os.environ["TMPDIR"], toypkg.NAME
hadoop = context._jsc.hadoopConfiguration()
import boto3
boto3.client("s3").put_object(Bucket="toy-bucket", Key=f"who/{sys.argv[4]}.json", Body=json.dumps({
    "jvm": context._jvm.java.lang.ProcessHandle.current().pid(), "views": [t.name for t in spark.catalog.listTables()],
    "partitions": spark.conf.get("spark.sql.shuffle.partitions"), "property": context.getConf().get("spark.of.the.first"),
    "worker": context.parallelize([0], 1).map(worker).first(), "tmp": os.environ["TMPDIR"],
    "keys": [os.environ["AWS_ACCESS_KEY_ID"], hadoop.get("fs.s3a.access.key")]}))
spark.read.text("s3://toy-bucket/scripts/").count()
spark.conf.set("spark.sql.shuffle.partitions", "9")
spark.range(3).createOrReplaceTempView("left_behind")
context._jvm.java.lang.System.setProperty("spark.of.the.first", "left")
assert "--fail" not in sys.argv
"""


@pytest.mark.skipif(not JARS.is_dir(), reason="the Hadoop S3 jars are not in the cache")
def test_a_job_finds_the_jvm_of_a_job_that_ended_well_and_nothing_else_of_it(aws: Aws, server: Server) -> None:
    name = aws.glue_job(WHO, {"--extra-py-files": aws.put("packages/toy.zip", package())})

    def who(state: str = "SUCCEEDED", **arguments: str) -> Any:
        run = aws.run_glue(name, seconds=120, Arguments=arguments)
        assert run["JobRunState"] == state, server.log("glue", name)
        return json.loads(aws.read(f"who/{run['Id']}.json"))

    found = [who(), who(), who("FAILED", **{"--fail": "yes"}), who()]
    jvms = [one["jvm"] for one in found]
    assert jvms[0] == jvms[1] == jvms[2] != jvms[3], "one whose job failed is not used again"
    assert not psutil.pid_exists(jvms[0]) and psutil.pid_exists(jvms[3])
    for one in found:
        assert (one["views"], one["partitions"], one["property"]) == ([], "4", None), one
        assert one["keys"][0] == one["keys"][1] == one["worker"][0]
        assert one["worker"][1:] == [one["tmp"], "from the zip"]
    assert len({one["tmp"] for one in found}) == 4


def test_a_jvm_that_does_not_start_fails_the_job_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    jvms = Jvms(Registry(), lambda _name: tmp_path / "jvm")
    (tmp_path / "jvm").mkdir()
    with pytest.raises(JobError, match=r"the JVM of Spark did not start: .*nowhere/bin/java"):
        jvms.take((), "http://127.0.0.1:9", "us-east-1")


class FakeJvm:
    """A JVM that starts at once."""

    def __init__(self, *_given: object) -> None:
        self.alive = True
        self.cleaned = 0

    def clean(self) -> None:
        self.cleaned += 1

    def end(self) -> None:
        self.alive = False


def test_one_jvm_waits_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oleoduto_local.spark_jvm.Jvm", FakeJvm)
    jvms = Jvms(Registry(), lambda _name: tmp_path, idle_seconds=0.2)

    def take() -> Any:
        return jvms.take((), "http://127.0.0.1:9", "us-east-1")

    one, other = take(), take()
    assert one is not other, "two jobs at once"
    jvms.give_back(one, usable=True)
    jvms.give_back(other, usable=True)
    assert (one.alive, other.alive) == (True, False), "one waits, no more"
    assert take() is one and one.cleaned == 1
    jvms.give_back(one, usable=True)
    wait_until(lambda: not one.alive, "it was not used for long enough")
    assert take() is not one


def test_the_first_job_waits_for_the_jvm_that_exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oleoduto_local.spark_jvm.Jvm", FakeJvm)
    jvms = Jvms(Registry(), lambda _name: tmp_path)
    given: tuple[Any, ...] = ((), "http://127.0.0.1:9", "us-east-1")
    begun, go_on = threading.Event(), threading.Event()

    def exercise(_jvm: object) -> bool:
        begun.set()
        return go_on.wait(PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        warming = pool.submit(jvms.warm_up, *given, exercise)
        assert begun.wait(PATIENCE)
        job = pool.submit(jvms.take, *given)
        with pytest.raises(TimeoutError):
            job.result(0.2)
        go_on.set()
        warming.result(10)
        first: Any = job.result(10)
    assert first.cleaned == 1, "the one that had exercised"
    with pytest.raises(JobError, match="broken"):
        jvms.warm_up(*given, lambda _jvm: fail())
    assert jvms.take(*given).cleaned == 0, "a failed exercise leaves none, and nobody waits for it"


def fail() -> bool:
    raise JobError("broken")


def test_a_job_logs_to_its_own_groups_and_publishes_its_time(aws: Aws) -> None:
    arguments = {"--custom-logGroup-prefix": "/aws-glue/own", "--enable-metrics": "true"}
    job = aws.glue_job("import sys; print('to stdout'); sys.exit('error: to stderr')", arguments)
    run = aws.run_glue(job)
    assert run["LogGroupName"] == "/aws-glue/own"
    assert "to stdout" in aws.log_lines("/aws-glue/own/output", run["Id"])
    assert "error: to stderr" in aws.log_lines("/aws-glue/own/error", run["Id"])
    dimensions = [{"Name": "JobName", "Value": job}, {"Name": "JobRunId", "Value": "ALL"}, {"Name": "Type", "Value": "count"}]
    names: list[str] = []

    def published() -> bool:
        found = aws.client("cloudwatch").list_metrics(Namespace="Glue", Dimensions=dimensions)["Metrics"]
        names[:] = [metric["MetricName"] for metric in found]
        return bool(names)

    wait_until(published, "the run's metrics")
    assert names == ["glue.driver.aggregate.elapsedTime"]


def test_faults_on_demand(aws: Aws, server: Server) -> None:
    name = aws.glue_job("print(1)")
    refused = Fault(name, "Rate exceeded", error="ThrottlingException")
    faults.write(server.data, [refused, Fault(name, "Resource unavailable")])
    with pytest.raises(ClientError, match=r"ThrottlingException.*Rate exceeded"):
        aws.glue.start_job_run(JobName=name)
    run = aws.run_glue(name)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "Resource unavailable")
    assert aws.run_glue(name)["JobRunState"] == "SUCCEEDED"
