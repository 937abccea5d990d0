"""The settings of Spark that the jobs bring, and those they leave alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jobs.tests.conftest import PATIENCE
from py4j import protocol
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from oleoduto_jobs.etl.files import Files
from oleoduto_jobs.etl.session import SHUFFLE_PARTITIONS, sql_settings, tune


@pytest.mark.parametrize(("cores", "partitions"), [(0, "4"), (1, "4"), (2, "8"), (36, "144")])
def test_shuffles_get_tasks_for_each_core(cores: int, partitions: str) -> None:
    assert sql_settings(cores)[SHUFFLE_PARTITIONS] == partitions


def test_what_was_configured_stays(spark: SparkSession) -> None:
    before = spark.conf.get(SHUFFLE_PARTITIONS)
    assert before == "1", "the fixture sets it"
    tune(spark)
    assert spark.conf.get(SHUFFLE_PARTITIONS) == before


def test_names_of_java_are_asked_once_in_these_tests(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = spark.sparkContext._gateway._gateway_client
    send, unknown = client.send_command, f"{protocol.REFLECTION_COMMAND_NAME}{protocol.REFL_GET_UNKNOWN_SUB_COMMAND_NAME}"
    asked: list[str] = []

    def recorded(command: str, *more: Any, **named: Any) -> Any:
        if command.startswith(unknown):
            asked.append(command.splitlines()[2])
        return send(command, *more, **named)

    def use() -> None:
        assert F.when(F.col("a") > 1, F.lit("x")) is not None
        assert Files(spark).read(str(tmp_path / "missing")) is None
        assert spark.range(1).select("id").collect()[0].id == 0

    use()
    monkeypatch.setattr(client, "send_command", recorded)
    use()
    assert asked == []


@pytest.mark.slow
def test_a_session_of_our_own_has_all_settings(package_env: dict[str, str]) -> None:
    """In a process of its own, as a process has one Spark."""
    script = (
        "import json\n"
        "from oleoduto_jobs.etl.session import spark_session, sql_settings\n"
        "session = spark_session('settings')\n"
        "wanted = sql_settings(session.sparkContext.defaultParallelism)\n"
        "print(json.dumps([wanted, {name: session.conf.get(name) for name in wanted}]))\n"
        "session.stop()\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE, env=package_env)
    wanted, found = json.loads(done.stdout.splitlines()[-1])
    assert found == wanted
    assert len(found) == len(sql_settings(1))
