"""From nothing to a forecast and back to nothing, through the real Terraform and provider."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import series_kit
import transcripts
from permission_kit import denied, every_grant_is_used_or_has_a_reason, roles_of
from project import PATIENCE, Project, clean_environment, command_lines, entered
from runner_kit import until

from oleoduto_jobs.etl import sample_prices
from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.schema import FORECASTS

STATES = ["TrainingVars", "Start", "Etl", "EtlSteps", "Quality", "Path", "Train", "Forecast", "Monitor", "Scope", "Done"]
MAIN = "EIA366_PBRENT366"
# As people name folders: Spark, Terraform and the jobs work in it.
FOLDER = "o projeto d'água"
FORECAST = ("ok", "constant", "short")
# Newest complete month, its last price (US$ per barrel), by source.
EXPECTED = {"file": (pd.Timestamp("2023-12-01"), 77.69), "sample": (pd.Timestamp("2020-01-01"), 63.83)}


@pytest.fixture(scope="module")
def finished(project: Project, brent: str) -> Iterator[subprocess.CompletedProcess[str]]:
    """One whole run that the tests below look at."""
    # A file says nothing of its unit, so the user does.
    run = project.run("local", "run", "--source", brent if brent == "sample" else f"{brent}?unit=US$ per barrel")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("unit: US$ per barrel") == 1
    yield run


def terraform(project: Project, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The stock Terraform in a stack's folder, as a user runs it by hand."""
    folder = project.folder / ".oleoduto" / "local" / "cdktf.out" / "stacks" / stack
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *arguments, "-no-color"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**clean_environment(), **project.endpoint()},
    )


def manifest(project: Project) -> dict[str, Any]:
    """The synthesised manifest's stacks."""
    path = project.folder / ".oleoduto" / "local" / "cdktf.out" / "manifest.json"
    stacks: dict[str, Any] = json.loads(path.read_text())["stacks"]
    return stacks


def test_every_step_and_six_months_are_shown(finished: subprocess.CompletedProcess[str], brent: str) -> None:
    for step in ["set-up", "local AWS", "synth", "terraform apply", "execution"]:
        assert f"ok  {step}" in finished.stderr
    for state in STATES:
        assert state in finished.stderr
    months = [line for line in finished.stdout.splitlines() if line[:2] == "20"]
    assert len(months) == 6
    if brent != "sample":
        transcripts.check("local-run", finished, {brent: "file:brent-daily.csv"})


def test_spark_was_warm_before_its_first_job(project: Project, finished: object) -> None:
    folder = project.folder / ".oleoduto" / "local"
    assert list(folder.glob("work/spark/exercise/table/*.parquet")), "the exercise did not reach its end"
    assert [path.name for path in folder.glob("work/spark/jvm-*")] == ["jvm-1"], "the first job started a JVM of its own"
    assert "WARNING" not in (folder / "logs" / "server.log").read_text()


def test_the_execution_succeeded_with_every_state(project: Project, finished: object) -> None:
    states = project.client("stepfunctions")
    machine = states.list_state_machines()["stateMachines"][0]
    execution = states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"][0]
    assert states.describe_execution(executionArn=execution["executionArn"])["status"] == "SUCCEEDED"
    assert entered(states, execution["executionArn"]) == STATES


def test_the_bucket_holds_every_table_and_a_sane_forecast(project: Project, finished: object, brent: str) -> None:
    s3 = project.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    for table in ["raw", "interim", "final", "predictions"]:
        assert [key for key in keys if key.startswith(f"{table}/dataproc=") and key.endswith(".parquet")], f"{table}: {keys}"
    assert [key for key in keys if key.startswith("models/") and key.endswith("/output/model.tar.gz")]
    [key] = [key for key in keys if key.startswith("predictions/") and key.endswith(".parquet")]
    table = pd.read_parquet(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    origin, last_price = EXPECTED[brent.split(":", maxsplit=1)[0]]
    assert list(table["horizon"]) == [1, 2, 3, 4, 5, 6]
    wanted = [origin + pd.DateOffset(months=h) for h in range(1, 7)]
    assert [pd.Timestamp(month) for month in table["target_start"]] == wanted
    for row in table.itertuples():
        values = [row.lower_95, row.lower_80, row.point, row.upper_80, row.upper_95]
        assert all(math.isfinite(value) for value in values) and values == sorted(values)
        # Half a year ahead an honest point forecast of a price stays near the newest price.
        assert abs(row.point / last_price - 1) < 0.25


JUDGED = ("INDEX_0", "INFLATION")


def put_earlier_forecasts(project: Project) -> None:
    """Forecasts of an earlier run, from August 2023: what came is far below."""
    rows = [
        {
            **dict.fromkeys(FORECASTS.column_names),
            **{"code": code, "origin": dt.date(2023, 8, 1), "horizon": h, "target_start": dt.date(2023, 8 + h, 1)},
            **{"point": 1e6, "lower_80": 9e5, "upper_80": 2e6, "model": "median", "frequency": "monthly", "unit": "unknown"},
        }
        for code in JUDGED
        for h in (1, 2, 3)
    ]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(FORECASTS)), file)
    s3 = project.client("s3")
    key = "forecasts/dataproc=20230915/forecasts.parquet"
    s3.put_object(Bucket=s3.list_buckets()["Buckets"][0]["Name"], Key=key, Body=file.getvalue())


def enter(page: str, key: str) -> None:
    """A session of the page for a key."""
    body = json.dumps({"key": key}).encode()
    asked = urllib.request.Request(f"{page}session", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert json.load(answer)["session"]


def test_the_page_opens_with_the_address_that_the_command_prints(project: Project, finished: object) -> None:
    shown = project.run("local", "ui")
    assert shown.returncode == 0 and "once" in shown.stderr
    page, _, key = shown.stdout.strip().partition("#key=")
    with urllib.request.urlopen(page, timeout=60) as answer:
        assert b"app.js" in answer.read()
    enter(page, key)
    again = project.run("local", "ui").stdout.strip()
    assert again.startswith(page) and not again.endswith(key)


def test_a_forecast_needs_no_training_once_there_is_a_champion(project: Project, finished: object, brent: str) -> None:
    browser = project.folder / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > "$(dirname "$0")/opened"\n')
    browser.chmod(0o755)
    path = Path(brent.removeprefix("file:"))
    prices = path.read_text() if path.is_file() else sample_prices.csv()
    source = series_kit.write(project.folder / "many", MAIN, prices)
    text = project.configuration.read_text()
    project.configure(text.replace("[env.dev]\n", f"[env.dev]\nadditional_series = {json.dumps(list(series_kit.SERIES))}\n", 1))
    put_earlier_forecasts(project)
    words = ["--source", source, "--mode", "forecast", "--run-date", "2024-01-15", "--open"]
    run = project.run("local", "run", *words, BROWSER=str(browser))
    assert run.returncode == 0, run.stdout + run.stderr
    doorway = Path((project.folder / "opened").read_text().strip())
    assert doorway.stat().st_mode & 0o777 == 0o600
    # The page's own tests are in local/tests; here the key of the command opens it.
    opened = re.search(r"url=(http://127\.0\.0\.1:\d+/_oleoduto/ui/)#key=([0-9a-f-]+)", doorway.read_text())
    assert opened is not None
    enter(*opened.groups())
    page = (project.folder / ".oleoduto" / "local" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "rules of data quality hold" in page, "the quality job's table reaches the report"
    assert "ForecastWithChampion" in run.stderr and "ForecastMany" in run.stderr and "Train\n" not in run.stderr
    s3 = project.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    champion = json.loads(s3.get_object(Bucket=bucket, Key="models/champion/EIA366_PBRENT366/champion.json")["Body"].read())
    assert [key for key in keys if key.startswith("predictions/dataproc=20240115/")]
    assert {f"reports/dataproc=20240115/{name}" for name in ("etl.json", "quality.html", "report.html")} <= set(keys)
    watched = json.loads(s3.get_object(Bucket=bucket, Key="reports/dataproc=20240115/monitoring.json")["Body"].read())
    assert watched["model_version"] == champion["model_version"] and watched["fell_back"] is False
    figures = project.client("cloudwatch").list_metrics(Namespace="Oleoduto")["Metrics"]
    assert {"FellBack", "DriftedFeatures", "DataAgeMonths"} <= {metric["MetricName"] for metric in figures}
    report = json.loads(s3.get_object(Bucket=bucket, Key="reports/dataproc=20240115/metrics.json")["Body"].read())
    assert report["forecast"]["training_job"] == champion["training_job"]
    # All attempts of a training share its checkpoints.
    training = champion["training_job"].rsplit("-", 2)[0]
    assert f"models/{training}/checkpoints/ridge.npz" in keys


def test_every_series_of_a_run_has_a_verdict(project: Project, finished: object) -> None:
    """Of the run above, which had twenty series."""
    s3 = project.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]

    def table(name: str) -> pd.DataFrame:
        key = f"{name}/dataproc=20240115/{name}.parquet"
        return pd.read_parquet(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))

    verdicts, forecasts = table("verdicts"), table("forecasts")
    wanted = {MAIN: "ok", **{code: status for code, (status, _) in series_kit.SERIES.items()}}
    assert {row.code: row.status for row in verdicts.itertuples()} == wanted, verdicts[["code", "status", "why"]].to_string()
    assert len(wanted) == 20
    judged = verdicts[verdicts["realised_origins"].notna()].set_index("code")
    assert sorted(judged.index) == sorted(JUDGED) and (judged["realised_origins"] == 1).all()
    assert (judged["realised_ratio"] > 100.0).all() and (judged["realised_inside_80"] == 0.0).all()
    metrics = {metric["MetricName"] for metric in project.client("cloudwatch").list_metrics(Namespace="Oleoduto")["Metrics"]}
    assert "SeriesJudged" in metrics
    assert forecasts.groupby("code").size().to_dict() == dict.fromkeys(
        (c for c in wanted if wanted[c] in FORECAST and c != "FIVE"), 6
    )
    local = project.folder / ".oleoduto" / "local"
    page = (local / "series.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and all(f'"{code}"' in page for code in wanted)
    assert 'href="series.html"' in (local / "report.html").read_text(encoding="utf-8")


def test_every_role_uses_what_it_may_do_and_may_do_what_it_uses(project: Project, finished: object) -> None:
    """Over the calls of the runs above, which the local AWS has judged and recorded."""
    roles = roles_of(project).values()
    assert {role.name.rpartition("-")[2] for role in roles} >= {"glue", "lambda", "sagemaker", "states"}
    for role in roles:
        assert denied(role) == [], role.name
    every_grant_is_used_or_has_a_reason(roles)
    shown = project.run("local", "permissions")
    assert shown.returncode == 0, shown.stderr
    assert all(f"{role.name}: " in shown.stdout for role in roles) and "denied" not in shown.stdout


def test_mlflow_shows_the_training_job(project: Project, finished: object) -> None:
    """The real UI over the store that is kept in the bucket."""
    environment = {**clean_environment(), "BROWSER": "true"}
    command = project.command("local", "mlflow")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as ui:
        try:
            assert ui.stdout is not None
            said: list[str] = []
            while not said or said[-1].startswith(("tracking: ", "  ")):
                said.append(ui.stdout.readline())
            url = (said[-1].split() or [""])[0]
            assert url.startswith("http://127.0.0.1:"), (said, ui.stderr.read() if ui.poll() is not None and ui.stderr else "")
            with urllib.request.urlopen(url, timeout=60) as answer:
                assert b"MLflow" in answer.read()
            query = f"{url}/api/2.0/mlflow/registered-models/get?name=EIA366_PBRENT366"
            with urllib.request.urlopen(query, timeout=60) as answer:
                model = json.load(answer)["registered_model"]
            query = f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=EIA366_PBRENT366-many"
            with urllib.request.urlopen(query, timeout=60) as answer:
                assert json.load(answer)["experiment"]["lifecycle_stage"] == "active"
        finally:
            ui.send_signal(signal.SIGINT)
        assert ui.wait(timeout=60) == 0
        with pytest.raises(OSError, match=r"refused|reset"):
            urllib.request.urlopen(url, timeout=60)
    assert model["aliases"] == [{"alias": "champion", "version": "1"}]
    s3 = project.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    assert s3.list_objects_v2(Bucket=bucket, Prefix="mlflow/mlflow.db")["KeyCount"] == 1


def test_a_second_up_says_so_and_status_shows_the_run(project: Project, finished: object) -> None:
    up = project.run("local", "up")
    assert up.returncode == 1 and "already running" in up.stderr
    status = project.run("local", "status")
    assert status.returncode == 0 and "SUCCEEDED" in status.stdout
    logs = project.run("local", "logs", "glue")
    assert logs.returncode == 0 and "extract" in logs.stdout
    errors = project.run("local", "logs", "glue", "--errors")
    assert errors.returncode == 0 and len(errors.stdout) < len(logs.stdout), errors.stderr
    missing = project.run("local", "logs", "no-such-log")
    assert missing.returncode == 1 and "no log's name contains" in missing.stderr
    with subprocess.Popen(project.command("local", "logs", "-f", "glue"), stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        first, still_follows = following.stdout.readline(), following.poll() is None
        following.send_signal(signal.SIGINT)
        following.stdout.read()
        assert following.wait(timeout=60) == 130
    assert first.startswith("== ") and "glue" in first and still_follows
    # A reader that has seen enough ends the command without a word.
    with subprocess.Popen(project.command("local", "logs"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as cut:
        assert cut.stdout is not None and cut.stderr is not None
        cut.stdout.readline()
        cut.stdout.close()
        assert cut.stderr.read() == ""


def test_the_stock_terraform_has_nothing_left_to_do(project: Project, finished: object) -> None:
    """In the folder with files, and in that which reads all others; `test_everything.py` plans every stack again."""
    for stack in ("s3", "stepfunctions"):
        plan = terraform(project, stack, "plan", "-input=false", "-detailed-exitcode")
        assert plan.returncode == 0, f"{stack}: {plan.stdout}{plan.stderr}"


def test_the_account_is_looked_up_once_and_kept(project: Project, finished: object) -> None:
    cache = project.folder / "cdk.context.json"
    synth = ("synth", "--out", str(project.folder / "out"))
    looked_up = project.run(*synth, **project.endpoint())
    assert looked_up.returncode == 0, looked_up.stderr
    assert json.loads(cache.read_text()) == {f"caller-identity:key={project.endpoint()['AWS_ACCESS_KEY_ID']}": "123456789012"}
    # Nothing answers at this address: only the cache can know the account.
    offline = {**project.endpoint(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert project.run(*synth, **offline).returncode == 0
    cache.unlink()
    refused = project.run(*synth, **offline)
    assert refused.returncode == 1 and "GetCallerIdentity" in refused.stderr


def test_a_broken_csv_is_refused_before_anything_starts(project: Project, finished: object) -> None:
    broken = project.folder / "broken.csv"
    broken.write_text("Date,Price\n2023-01-02,82.1\n2023-01-03,not-a-price\n")
    run = project.run("local", "run", "--source", f"file:{broken}")
    assert run.returncode == 1
    assert f"line 3 of {broken} has the price `not-a-price`" in run.stderr, run.stderr
    assert "local AWS" not in run.stderr


def test_what_fails_in_an_execution_is_one_sentence(project: Project, brent: str, finished: object) -> None:
    late = ("local", "run", "--source", brent, "--run-date", "2100-01-01")
    run = project.run(*late)
    assert run.returncode == 1
    sentence = (
        "error: the state TrainingVars failed: `run_date` of `input` is '2100-01-01'; it must not be after the start date"
    )
    assert sentence in run.stderr and "{" not in run.stderr, run.stderr
    whole = project.run(*late, "--verbose")
    assert sentence in whole.stderr and '"errorType":"ValueError"' in whole.stderr, whole.stderr


def test_the_sample_is_brent_only(project: Project, finished: object) -> None:
    run = project.run("--series", "BM12_ERC12", "local", "run", "--source", "sample")
    assert run.returncode == 1
    assert "the sample holds Brent crude (EIA366_PBRENT366), not BM12_ERC12" in run.stderr, run.stderr


@pytest.mark.parametrize(("state", "service", "sign"), [("Etl", "glue", signal.SIGINT), ("Train", "sagemaker", signal.SIGTERM)])
def test_an_interrupt_stops_the_execution_and_keeps_the_rest(
    project: Project, brent: str, finished: object, state: str, service: str, sign: signal.Signals
) -> None:
    words = ("local", "run", "--source", brent, "--start-at", state)
    running = subprocess.Popen(project.command(*words), stderr=subprocess.PIPE, text=True, env=clean_environment())

    def status() -> str:
        return project.run("local", "status").stdout

    until(lambda: f'  "{service}" ' in status(), f"the job of {state} works", pause=0.5)
    running.send_signal(sign)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 128 + sign, said
    assert "interrupted: stopping the execution" in said and "`oleoduto local run` goes on with them" in said
    until(lambda: f'  "{service}" ' not in status(), "the job has ended", pause=0.5)
    newest = next(line for line in status().splitlines() if " started " in line)
    assert " ABORTED " in newest and "RUNNING" not in status(), status()


def test_destroy_in_reverse_order_leaves_nothing(project: Project, finished: object) -> None:
    """Nothing has changed since the run, so it need not be read again."""
    stacks = manifest(project)
    left = set(stacks)
    while left:
        free = sorted(s for s in left if not any(s in stacks[other]["dependencies"] for other in left))
        assert free
        for stack in free:
            destroyed = terraform(project, stack, "destroy", "-auto-approve", "-refresh=false")
            assert destroyed.returncode == 0, f"{stack}: {destroyed.stdout}{destroyed.stderr}"
            left.discard(stack)
    assert project.client("s3").list_buckets()["Buckets"] == []
    assert project.client("iam").list_roles()["Roles"] == []
    assert project.client("glue").get_jobs()["Jobs"] == []
    assert project.client("glue").get_databases()["DatabaseList"] == []
    assert project.client("ecr").describe_repositories()["repositories"] == []
    assert project.client("lambda").list_functions()["Functions"] == []
    assert project.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_down_leaves_nothing(project: Project, finished: object) -> None:
    assert project.run("local", "down").returncode == 0
    until(lambda: command_lines(project) == [], "nothing of the project runs any more")
    assert not (project.folder / ".oleoduto" / "local").exists()
