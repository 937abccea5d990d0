"""Helpers of the tests: the server process, AWS clients, toy jobs, waiting."""

import io
import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
JARS = ROOT / ".oleoduto" / "cache" / "jars"
ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET = "toy-bucket"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/toy"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/toy-ml:latest"
# Seconds for what takes a moment on a machine that has no other work; jobs that a test kills sleep ten times as long.
PATIENCE = 60
FINAL = (
    "SUCCEEDED",
    "FAILED",
    "TIMEOUT",
    "STOPPED",
    "ERROR",
    "ABORTED",
    "TIMED_OUT",
    "Completed",
    "Failed",
    "Stopped",
)

TOY_MAIN = """
import json, os, pathlib, signal, sys, time
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
def fail(folder_file, text):
    (base / folder_file).write_text(text)
    print("error: on stderr", file=sys.stderr)
    sys.exit(3)
def train():
    parameters = json.loads((base / "input/config/hyperparameters.json").read_text())
    if parameters.get("mode") == "fail":
        fail("output/failure", "the toy was told to fail")
    step = base / "checkpoints/step.txt"
    if parameters.get("mode") == "checkpoint" and not step.exists():
        step.write_text("half way")
        fail("output/failure", "interrupted")
    if parameters.get("mode") == "silent":
        sys.exit("no failure file, only this line")
    if parameters.get("mode") == "sleep":
        (base / "model/half.txt").write_text("half")
        print("sleeping", flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        time.sleep(600)
    files = (p for p in (base / "input/data/training").rglob("*") if p.is_file())
    rows = sorted(p.relative_to(base).as_posix() for p in files)
    (base / "model/model.json").write_text(json.dumps({"rows": rows, "parameters": parameters}))
    (base / "model/sub").mkdir()
    (base / "model/sub/extra.txt").write_text(os.environ["TRAINING_JOB_NAME"])
    (base / "output/data/report.txt").write_text("report")
    print("epoch 1 rmse=3.5;"); print("epoch 2 rmse=1.25;")
def predict(arguments):
    if "--fail" in arguments:
        fail("output/message", "the forecast was told to fail")
    if "--sleep" in arguments:
        time.sleep(600)
    if "--elsewhere" in arguments:
        (base / "processing/found.json").write_text("lost")
    inputs = base / "processing/input"
    names = sorted(p.relative_to(inputs).as_posix() for p in inputs.rglob("*") if p.is_file())
    out = base / "processing/output"
    (out / "report/deep").mkdir(parents=True)
    (out / "report/deep/seen.json").write_text(json.dumps({"inputs": names, "arguments": arguments}))
    (out / "parquet/predictions.csv").write_text("1,2,3")
{"train": lambda rest: train(), "predict": predict}[sys.argv[1]](sys.argv[2:])
"""


@dataclass
class Server:
    """The server process and what it said of itself."""

    process: subprocess.Popen[bytes]
    data: Path
    endpoint: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.endpoint["url"])

    @property
    def keys(self) -> dict[str, str]:
        """The administrator's, as boto3 takes them."""
        return {f"aws_{name}": self.endpoint[name] for name in ("access_key_id", "secret_access_key")}

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_oleoduto/health", timeout=5) as answer:
            return dict(json.load(answer))

    def log(self, service: str, name: str) -> str:
        """What a job has printed; nothing if it has not begun."""
        path = self.data / "logs" / service / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


def server_command(data: Path, image: Path, jars: Path, *more: str) -> list[str]:
    options = {"data-dir": data, "jobs-src": image / "src", "dockerfile": image / "Dockerfile", "jars": jars}
    words = [sys.executable, "-m", "oleoduto_local", "serve", "--account", ACCOUNT, "--region", REGION]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    return [*words, *more]


def server_environment() -> dict[str, str]:
    # The machine's own AWS settings must not reach jobs: a wrong endpoint here would break every one of them.
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "local" / "src"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "MOTO_ACCOUNT_ID": "999999999999",
        # What the caller has and no job may see.
        "GITHUB_TOKEN": "of the caller",
    }


def start_server(data: Path, image: Path, jars: Path, *more: str) -> Server:
    log = (data / "server.log").open("wb")
    process = subprocess.Popen(
        server_command(data, image, jars, *more),
        stdout=log,
        stderr=subprocess.STDOUT,
        env=server_environment(),
    )
    file = data / "endpoint.json"
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the server did not start: {(data / 'server.log').read_text()}")
        time.sleep(0.05)
    return Server(process, data, json.loads(file.read_text()))


def write_toy_image(folder: Path) -> Path:
    package = folder / "src" / "toyml"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(TOY_MAIN)
    (folder / "Dockerfile").write_text(
        'FROM scratch AS build\nENTRYPOINT ["wrong"]\nFROM python:3.11\n# a comment\n'
        'COPY src /src\nENTRYPOINT ["python", \\\n  "-m", "toyml"]\n'
    )
    return folder


class Aws:
    """Clients of the local endpoint, as a user of boto3 makes them."""

    def __init__(self, server: Server) -> None:
        url, keys = server.url, server.keys
        session = boto3.session.Session(**keys, region_name=REGION)
        settings = Config(retries={"total_max_attempts": 1}, read_timeout=60)

        def client(name: str) -> Any:
            return session.client(name, endpoint_url=url, config=settings)  # type: ignore[call-overload]

        self.client = client
        self.s3, self.glue, self.sfn = client("s3"), client("glue"), client("stepfunctions")
        self.functions, self.sagemaker, self.logs = client("lambda"), client("sagemaker"), client("logs")

    @classmethod
    def prepare(cls, server: Server) -> "Aws":
        aws = cls(server)
        aws.s3.create_bucket(Bucket=BUCKET)
        aws.role("toy", [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
        aws.client("ecr").create_repository(repositoryName="toy-ml")
        return aws

    def role(self, name: str, statements: list[dict[str, Any]], trust: list[dict[str, Any]] | None = None) -> str:
        """A role with an inline policy, which every service and the account may take unless `trust` says otherwise."""
        services = [f"{service}.amazonaws.com" for service in ("glue", "lambda", "sagemaker", "states")]
        everybody = {
            "Effect": "Allow",
            "Principal": {"Service": services, "AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        iam = self.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [everybody] if trust is None else trust})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="pipeline", PolicyDocument=policy)
        return str(role["Arn"])

    def put(self, key: str, body: str | bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return sorted(item["Key"] for item in found)

    def log_lines(self, group: str, stream_prefix: str = "") -> list[str]:
        prefix = {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
        streams = self.logs.describe_log_streams(logGroupName=group, **prefix)
        lines = []
        for stream in streams["logStreams"]:
            events = self.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            lines += [event["message"] for event in events["events"]]
        return lines

    def glue_job(self, script: str, arguments: dict[str, str] | None = None, **more: Any) -> str:
        name = f"job-{uuid.uuid4().hex[:8]}"
        uri = self.put(f"scripts/{name}.py", script)
        self.glue.create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": uri, "PythonVersion": "3"},
            DefaultArguments=arguments or {},
            GlueVersion="5.0",
            **more,
        )
        return name

    def finish_glue(self, name: str, run_id: str, seconds: float = 300) -> dict[str, Any]:
        return wait_for(lambda: self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"], "JobRunState", seconds)

    def run_glue(self, name: str, seconds: float = 300, **more: Any) -> dict[str, Any]:
        return self.finish_glue(name, self.glue.start_job_run(JobName=name, **more)["JobRunId"], seconds)

    def function(self, source: str, timeout: int = 5, handler: str = "toy.handler", **more: Any) -> str:
        name = f"fn-{uuid.uuid4().hex[:8]}"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("toy.py", source)
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler=handler,
            Code={"ZipFile": buffer.getvalue()},
            Timeout=timeout,
            **more,
        )
        return name

    def training(self, **parameters: str) -> dict[str, Any]:
        """A CreateTrainingJob request for the toy image."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/final/dataproc=20260101/"}
        metric = {"Name": "rmse", "Regex": r"rmse=([0-9.]+);"}
        return {
            "TrainingJobName": f"train-{uuid.uuid4().hex[:8]}",
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [metric],
            },
            "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
            "HyperParameters": {"seed": "0", **parameters},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
            "EnableManagedSpotTraining": True,
        }

    def processing(self, model_uri: str, *arguments: str) -> dict[str, Any]:
        """A CreateProcessingJob request for the toy image."""
        name = f"forecast-{uuid.uuid4().hex[:8]}"

        def entry(kind: str, uri: str) -> dict[str, Any]:
            path = f"/opt/ml/processing/input/{kind}"
            s3 = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
            return {"InputName": kind, "S3Input": s3}

        def output(kind: str) -> dict[str, Any]:
            path, uri = f"/opt/ml/processing/output/{kind}", f"s3://{BUCKET}/{kind}/{name}/"
            s3 = {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}
            return {"OutputName": kind, "S3Output": s3}

        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        return {
            "ProcessingJobName": name,
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerArguments": ["predict", *arguments]},
            "ProcessingInputs": [
                entry("model", model_uri),
                entry("final", f"s3://{BUCKET}/final/dataproc=20260101/"),
            ],
            "ProcessingOutputConfig": {"Outputs": [output("parquet"), output("report")]},
            "ProcessingResources": {"ClusterConfig": cluster},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }

    def finish_training(self, name: str) -> dict[str, Any]:
        return wait_for(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")

    def finish_processing(self, name: str) -> dict[str, Any]:
        return wait_for(lambda: self.sagemaker.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus")

    def machine(self, states: dict[str, Any], first: str, **more: Any) -> str:
        definition = json.dumps({"StartAt": first, "States": states, **more})
        name = f"machine-{uuid.uuid4().hex[:8]}"
        answer = self.sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE)
        return str(answer["stateMachineArn"])

    def execute(self, machine: str, seconds: float = 300, **more: Any) -> dict[str, Any]:
        arn = self.sfn.start_execution(stateMachineArn=machine, **more)["executionArn"]
        return self.finish(arn, seconds)

    def finish(self, arn: str, seconds: float = 300) -> dict[str, Any]:
        return wait_for(lambda: self.sfn.describe_execution(executionArn=arn), "status", seconds)

    def history(self, arn: str) -> list[dict[str, Any]]:
        return list(self.sfn.get_execution_history(executionArn=arn)["events"])

    def events(self, arn: str) -> list[str]:
        return [str(event["type"]) for event in self.history(arn)]


def wait_for(look: Callable[[], Any], member: str, seconds: float = 300) -> dict[str, Any]:
    """Looks until the member has a final value."""
    deadline = time.monotonic() + seconds
    while True:
        found: dict[str, Any] = look()
        if found[member] in FINAL:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found[member]} after {seconds} s: {found}")
        time.sleep(0.1)


def wait_until(check: Callable[[], bool], what: str) -> None:
    """Look until it is so; a machine that has other work is given a minute for anything."""
    deadline = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
