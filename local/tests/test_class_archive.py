"""The class archive of Spark's JVM."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from local_support import ROOT

from oleoduto_local import class_archive

JARS = tuple(sorted((ROOT / ".oleoduto" / "cache" / "jars").resolve().glob("*.jar")))
VERSION = "from pyspark.sql import SparkSession; SparkSession.builder.getOrCreate().range(3).count()"


def log_of_a_session(options: str) -> str:
    """What the JVM of a session says about where it finds Spark's own classes."""
    settings = f"--conf spark.driver.extraClassPath={':'.join(map(str, JARS))} --conf spark.ui.enabled=false"
    logged = f'--conf spark.driver.extraJavaOptions="{options} -Xlog:class+load=info"'
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": f"--master local[1] {settings} {logged} pyspark-shell"}
    done = subprocess.run(
        [sys.executable, "-c", VERSION], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_spark_takes_its_classes_from_the_archive_that_the_set_up_made() -> None:
    options = class_archive.options(JARS)
    assert "-XX:SharedArchiveFile=" in options, "local/setup.py makes it"
    loaded = [line for line in log_of_a_session(options).splitlines() if " org.apache.spark.sql.SparkSession " in line]
    assert loaded and all("shared objects file (top)" in line for line in loaded), loaded


def test_without_an_archive_a_job_has_the_plain_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "a.jar"
    jar.touch()
    assert class_archive.options([jar]) == class_archive.JVM
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert class_archive.archive([jar]) is None and class_archive.options([jar]) == class_archive.JVM


def test_another_jvm_has_another_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar, program = tmp_path / "a.jar", tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    first = class_archive.archive([jar])
    program.write_text("#!/bin/sh\n# newer\n")
    second = class_archive.archive([jar])
    assert first is not None and second is not None and first != second
    assert {first.parent, second.parent} == {tmp_path}
