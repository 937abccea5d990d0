"""The Lambda that names a run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oleoduto_jobs import function
from oleoduto_jobs.ml.container.hyperparameters import _BOUNDS
from oleoduto_jobs.ml.models.candidates import SHIPPABLE
from oleoduto_jobs.recovery import Recovery
from oleoduto_jobs.training_vars import CANDIDATE, EVALUATION_ORIGINS, MAX_HORIZON, STARTS

SAGEMAKER_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_PREFIX", "oleoduto-dev-eia366-pbrent366")
    monkeypatch.setenv("SERIES", "EIA366_PBRENT366")
    monkeypatch.setenv("DEFAULT_SOURCE", "ipeadata")


def event(given: object = None, **changes: object) -> dict[str, Any]:
    return {
        "execution_name": "run-1",
        "start_time": "2026-11-23T12:00:00.000Z",
        "input": {} if given is None else given,
        **changes,
    }


def handler(given: dict[str, Any]) -> dict[str, str]:
    """The run that the function returns."""
    run: dict[str, str] = function.handler(given)["run"]
    return run


def test_defaults() -> None:
    assert handler(event()) == {
        "run_date": "2026-11-23",
        "dataproc": "20261123",
        "series": "EIA366_PBRENT366",
        "series_list": "EIA366_PBRENT366",
        "many": "false",
        "source": "ipeadata",
        "mode": "train",
        "max_data_age_months": "2",
        "horizons": "6",
        "evaluation_origins": "",
        "candidates": "",
        "start_at": "Etl",
        "training_job_name": "oleoduto-dev-eia366-p-train-20261123120000-4e65d3fb",
        "forecast_job_name": "oleoduto-dev-eia366-p-forecast-20261123120000-4e65d3fb",
        "monitor_job_name": "oleoduto-dev-eia366-p-monitor-20261123120000-4e65d3fb",
        "many_job_name": "oleoduto-dev-eia366-p-many-20261123120000-4e65d3fb",
        "record_job_name": "oleoduto-dev-eia366-p-record-20261123120000-4e65d3fb",
    }


def test_input_overrides_and_back_fill_keeps_the_start_in_the_name() -> None:
    result = handler(event({"run_date": "2024-02-29", "series": "ABC_1", "source": "file:/x/y z.csv"}))
    assert result["dataproc"] == "20240229"
    assert result["run_date"] == "2024-02-29"
    assert result["series"] == "ABC_1"
    assert result["source"] == "file:/x/y z.csv"
    assert result["max_data_age_months"] == "1200"
    assert "-20261123120000-" in result["training_job_name"]


def test_what_the_training_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment, or by the input instead."""
    names = ("horizons", "evaluation_origins", "candidates")
    for name, value in zip(names, ("3", "60", "ridge"), strict=True):
        monkeypatch.setenv(name.upper(), value)
    result = handler(event())
    assert [result[name] for name in names] == ["3", "60", "ridge"]
    result = handler(event({"horizons": 1, "evaluation_origins": 40, "candidates": ["ridge", "auto_ces"]}))
    assert [result[name] for name in names] == ["1", "40", "ridge,auto_ces"]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        *(("horizons", value, "1 to 6") for value in (0, 7, "3", True)),
        *(("evaluation_origins", value, "40 to 10000") for value in (39, 10_001, 50.0)),
        *(("candidates", value, "a list of names of models") for value in ([], "ridge", ["Ridge"], ["ridge", 1])),
    ],
)
def test_what_the_training_cannot_be_told(key: str, value: object, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"`{key}` is .*{allowed}") as caught:
        handler(event({key: value}))
    assert repr(value) in str(caught.value)


def test_the_limits_are_the_training_jobs() -> None:
    assert _BOUNDS["evaluation_origins"] == EVALUATION_ORIGINS
    assert _BOUNDS["horizons"] == (1, MAX_HORIZON)
    assert all(CANDIDATE.fullmatch(name) for name in SHIPPABLE)


def test_mode_and_age_of_data() -> None:
    result = handler(event({"mode": "forecast", "max_data_age_months": 0, "source": "sample"}))
    assert (result["mode"], result["max_data_age_months"]) == ("forecast", "0")
    with pytest.raises(ValueError, match="`mode` is 'predict'; it must be one of train, forecast"):
        handler(event({"mode": "predict"}))
    for bad in (-1, 1201, "2", True, 1.5):
        with pytest.raises(ValueError, match="`max_data_age_months`"):
            handler(event({"max_data_age_months": bad}))


@pytest.mark.parametrize(
    ("source", "months"),
    [
        ("ipeadata", "2"),
        ("ipeadata?territory=35", "2"),
        ("ipeadatapy", "2"),
        ("replay:20240229", "2"),
        ("sample", "1200"),
        ("file:/x.csv", "1200"),
    ],
)
def test_the_limit_of_age_is_that_of_the_service_however_its_data_come(source: str, months: str) -> None:
    assert handler(event({"source": source}))["max_data_age_months"] == months
    assert handler(event({"source": source, "max_data_age_months": 7}))["max_data_age_months"] == "7"


def test_a_list_of_codes_keeps_its_order_and_its_first_is_forecast() -> None:
    result = handler(event({"series": ["B_2", "A_1"]}))
    assert (result["series"], result["series_list"], result["many"]) == ("B_2", "B_2,A_1", "true")


def test_the_environment_may_add_codes_and_the_input_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADDITIONAL_SERIES", "A_1,C_3")
    result = handler(event())
    assert (result["series"], result["series_list"]) == ("EIA366_PBRENT366", "EIA366_PBRENT366,A_1,C_3")
    alone = handler(event({"series": "C_3"}))
    assert (alone["series_list"], alone["many"]) == ("C_3", "false")


def test_a_file_of_codes_is_passed_on_behind_the_main_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step Functions could not pass what is in it."""
    file = "s3://data-bucket/inbox/codes.txt"
    for given, main, listed in (
        (file, "EIA366_PBRENT366", f"EIA366_PBRENT366,{file}"),
        (["A_1", file], "A_1", f"A_1,{file}"),
        ([file, "A_1"], "EIA366_PBRENT366", f"EIA366_PBRENT366,{file},A_1"),
        ([file, "EIA366_PBRENT366"], "EIA366_PBRENT366", f"EIA366_PBRENT366,{file}"),
    ):
        result = handler(event({"series": given}))
        assert (result["series"], result["series_list"], result["many"]) == (main, listed, "true")
    monkeypatch.setenv("ADDITIONAL_SERIES", file)
    assert handler(event())["series_list"] == f"EIA366_PBRENT366,{file}"
    for bad in ("s3://data-bucket", "s3://data-bucket/a,b", "s3://data-bucket/a b", "/codes.txt", [file, file]):
        with pytest.raises(ValueError, match=r"s3://BUCKET/inbox/codes.txt"):
            handler(event({"series": bad}))


@pytest.mark.parametrize(
    "source",
    ["ipeadata", "ipeadatapy", "sample", "file:/x.csv", "file:/x?sep=;", "ipeadata?territory=Estados/35", "replay:20240229"],
)
def test_every_source_may_be_chosen(source: str) -> None:
    assert handler(event({"source": source}))["source"] == source


def test_null_input_is_no_input() -> None:
    assert handler(event(input=None)) == handler(event())


def test_the_run_date_is_the_date_in_utc() -> None:
    assert handler(event(start_time="2026-11-23T23:30:00-03:00"))["run_date"] == "2026-11-24"


def test_same_event_same_names_other_execution_other_names() -> None:
    assert handler(event()) == handler(event())
    other = handler(event(execution_name="run-2"))
    assert other["training_job_name"] != handler(event())["training_job_name"]


@pytest.mark.parametrize("prefix", ["p", "x" * 200, "my_team.pipeline", "-a-", "a" * 29 + "-" + "b" * 50])
def test_names_are_valid_and_keep_their_suffix(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_PREFIX", prefix)
    result = handler(event(execution_name="e" * 80))
    for kind in ("training", "forecast"):
        name = result[f"{kind}_job_name"]
        assert SAGEMAKER_NAME.fullmatch(name), name
        assert len(f"{name}-1000-999") <= 63
        assert re.search(r"-(train|forecast)-20261123120000-[0-9a-f]{8}$", name)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (event({"sorce": "sample"}), ["`sorce`", "'sample'", "run_date, series, source"]),
        (event({"source": "http://x"}), ["`source`", "'http://x'", "`file:PATH` or `replay:YYYYMMDD`"]),
        (event({"source": "file:"}), ["`source`", "'file:'"]),
        (event({"source": 7}), ["`source`", "7"]),
        (event({"series": "A;B"}), ["`series`", "'A;B'"]),
        (event({"series": ["A", "B'"]}), ["`series`", '"B\'"', "list of both"]),
        (event({"series": ["A", "A"]}), ["`series`", "['A', 'A']", "each once"]),
        (event({"series": []}), ["`series`", "[]"]),
        (event({"series": ["A", 7]}), ["`series`", "7"]),
        (event({"source": "replay:2026"}), ["`source`", "'replay:2026'"]),
        (event({"run_date": "2026-02-30"}), ["`run_date`", "'2026-02-30'", "YYYY-MM-DD"]),
        (event({"run_date": "20261123"}), ["`run_date`", "'20261123'"]),
        (event({"run_date": 20261123}), ["`run_date`", "20261123"]),
        (event({"run_date": "2026-11-24"}), ["`run_date`", "'2026-11-24'", "after"]),
        (event({"start_at": "Path"}), ["`start_at`", "'Path'", "Quality"]),
        (event({"start_at": ["Etl"]}), ["`start_at`", "['Etl']"]),
        (event([1]), ["`input`", "[1]"]),
        (event(start_time="soon"), ["`start_time`", "'soon'"]),
        (event(start_time="2026-11-23T12:00:00"), ["`start_time`", "time zone"]),
        (event(start_time=None), ["`start_time`", "None"]),
        (event(execution_name=""), ["`execution_name`", "''"]),
    ],
)
def test_bad_values_are_named(bad: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        handler(bad)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", ["PIPELINE_PREFIX", "SERIES", "DEFAULT_SOURCE"])
def test_missing_environment_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ValueError, match=name):
        handler(event())


def test_a_prefix_without_letters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_PREFIX", "---")
    with pytest.raises(ValueError, match="PIPELINE_PREFIX"):
        handler(event())


def test_a_run_begins_with_no_failure() -> None:
    assert function.handler(event())["recovery"] == vars(Recovery())
    assert function.handler(event(redrive_count=2))["recovery"]["redrives"] == 2


def test_a_failure_is_answered_by_the_same_function() -> None:
    failure = {"Error": "Glue.ConcurrentRunsExceededException", "Cause": "one runs"}
    asked = {"state": "Etl", "failure": failure, "execution": {"RedriveCount": 0}, "recovery": vars(Recovery())}
    assert function.handler(asked)["attempt"] == 1


@pytest.mark.parametrize("state", STARTS)
def test_a_run_can_start_at_a_state_in_its_modes(state: str) -> None:
    for mode in ("train", "forecast"):
        given = event({"start_at": state, "mode": mode})
        if mode in STARTS[state]:
            assert handler(given)["start_at"] == state
        else:
            with pytest.raises(ValueError, match=f"`start_at` is '{state}', but `mode` is '{mode}'"):
                handler(given)


def test_runs_alone_with_the_standard_library_only(tmp_path: Path) -> None:
    package = tmp_path / "oleoduto_jobs"
    package.mkdir()
    for module in ("__init__", "function", "recovery", "training_vars"):
        source = Path(function.__file__).with_name(f"{module}.py")
        (package / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    program = (
        "import sys, oleoduto_jobs.function as function\n"
        "outside = [n for n in sys.modules if n.split('.')[0] not in sys.stdlib_module_names"
        " and n.split('.')[0] not in ('__main__', 'oleoduto_jobs')]\n"
        "print(outside); print(callable(function.handler))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True"], done.stderr
