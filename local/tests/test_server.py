"""The server process: ready file, health, busy port, errors at start, signals, and nothing left behind."""

import json
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError
from local_support import (
    ACCOUNT,
    PATIENCE,
    Aws,
    Server,
    alive,
    server_command,
    server_environment,
    start_server,
    wait_until,
)

# A job with a grandchild in a process group of its own, as Spark's Python daemon is.
FAMILY = """
import os, subprocess, sys, time
code = "import os, time; os.setpgid(0, 0); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code])
print("family", os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


def refused(image: Path, jars: Path, data: Path, *more: str) -> str:
    """Runs a server that must not start; returns its error line."""
    done = subprocess.run(
        server_command(data, image, jars, *more),
        env=server_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert not (data / "endpoint.json").exists()
    return done.stderr


def start_family(server: Server) -> list[int]:
    aws = Aws.prepare(server)
    name = aws.glue_job(FAMILY)
    aws.glue.start_job_run(JobName=name)
    log = server.data / "logs" / "glue" / f"{name}.log"
    wait_until(lambda: log.exists() and "family" in log.read_text(), "the job has started")
    line = next(line for line in log.read_text().splitlines() if line.startswith("family"))
    return [int(word) for word in line.split()[1:]]


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_server(number: signal.Signals, tmp_path: Path, image: Path, jars: Path) -> None:
    server = start_server(tmp_path, image, jars)
    family = start_family(server)
    # Launchers end as soon as they have done their work.
    processes = [process for process in descendants(server.process.pid) if alive(process.pid)]
    pids = [process.pid for process in processes]
    assert set(family) < set(pids), "the job and its child"
    assert "java" in {process.name() for process in processes}, "the JVM of Spark"
    assert sum(process.ppid() == server.process.pid for process in processes) == 2, "their supervisors"
    os.kill(server.process.pid, number)
    code = server.process.wait(PATIENCE)
    wait_until(lambda: not any(alive(pid) for pid in pids), f"all of {pids} are gone")
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL
        # What a crash leaves does not stop the next start.
        again = start_server_over(tmp_path, image, jars, server.endpoint["pid"])
        assert again.stop() == 0
    else:
        assert code == 0
    assert not (tmp_path / "endpoint.json").exists()


def start_server_over(data: Path, image: Path, jars: Path, old_pid: int) -> Server:
    assert json.loads((data / "endpoint.json").read_text())["pid"] == old_pid
    (data / "endpoint.json").unlink()
    return start_server(data, image, jars)


def test_endpoint_and_health(server: Server) -> None:
    endpoint = server.endpoint
    public = {"url", "host", "port", "pid", "account", "region", "started_at", "moto_version"}
    assert set(endpoint) == {*public, "access_key_id", "secret_access_key"}
    assert endpoint["pid"] == server.process.pid
    assert endpoint["host"] == "127.0.0.1"
    assert endpoint["url"] == f"http://127.0.0.1:{endpoint['port']}"
    assert endpoint["moto_version"] == "5.2.1"
    assert server.data.stat().st_mode & 0o777 == 0o700
    first = (server.data / "server.log").read_text().splitlines()[0]
    assert json.loads(first) == {name: endpoint[name] for name in public}, "the log has no keys"
    assert stat.S_IMODE((server.data / "endpoint.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert server.health() == {"status": "ok", "running": []}


def test_account_is_the_one_asked_for(aws: Aws) -> None:
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_an_action_that_moto_lacks_answers_at_once(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        aws.sagemaker.create_mlflow_tracking_server(
            TrackingServerName="x", ArtifactStoreUri="s3://x", RoleArn="arn:aws:iam::123456789012:role/x"
        )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0, "clients wait before they try again"
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "does not implement" in caught.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as caught:
        aws.client("iam").generate_service_last_accessed_details(Arn="arn:aws:iam::123456789012:role/toy")
    assert caught.value.response["Error"]["Code"] == "NotImplemented", "and in XML for a query service"


def test_a_transform_job_is_refused_not_pretended(aws: Aws) -> None:
    with pytest.raises(ClientError, match=r"NotImplemented.*processing job"):
        aws.sagemaker.create_transform_job(
            TransformJobName="x",
            ModelName="m",
            TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/"}}},
            TransformOutput={"S3OutputPath": "s3://b/"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )


def test_busy_port(tmp_path: Path, image: Path, jars: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        assert f"port {port} on 127.0.0.1 cannot be used" in refused(image, jars, tmp_path / "d", "--port", port)
    assert not (tmp_path / "d" / "endpoint.json").exists()


def test_second_server_on_the_same_folder(server: Server, image: Path, jars: Path) -> None:
    done = subprocess.run(
        server_command(server.data, image, jars),
        env=server_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "a local AWS already runs on" in done.stderr
    assert server.health()["status"] == "ok"


def test_bad_settings(tmp_path: Path, image: Path, jars: Path) -> None:
    data, empty = tmp_path / "data", tmp_path / "empty"
    empty.mkdir()
    assert "holds no hadoop-aws-" in refused(image, empty, data)
    assert "is not a folder" in refused(image, tmp_path / "none", data)
    assert "must be 12 digits" in refused(image, jars, data, "--account", "12")
    assert "is not an AWS region" in refused(image, jars, data, "--region", "nowhere")
    assert "is not a folder" in refused(image, jars, data, "--jobs-src", str(tmp_path / "none"))
    dockerfile = tmp_path / "Dockerfile"
    assert "cannot be read" in refused(image, jars, data, "--dockerfile", str(dockerfile))
    dockerfile.write_text("FROM python:3.11\nCMD x\n")
    assert "has no ENTRYPOINT" in refused(image, jars, data, "--dockerfile", str(dockerfile))
    dockerfile.write_text("FROM python:3.11\nENTRYPOINT python -m toyml\n")
    assert "not in exec form" in refused(image, jars, data, "--dockerfile", str(dockerfile))


def test_only_loopback(server: Server) -> None:
    connections = psutil.Process(server.process.pid).net_connections(kind="inet")
    listening = {tuple(entry.laddr) for entry in connections if entry.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", server.endpoint["port"])}
