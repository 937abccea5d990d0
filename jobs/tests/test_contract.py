"""The contract that the stacks read: it is current, and the parsers accept exactly what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from oleoduto_jobs import schema, training_vars
from oleoduto_jobs.contract import GLUE, contract
from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.arguments import parse
from oleoduto_jobs.ml.commands import MODULES, command_of
from oleoduto_jobs.ml.container.hyperparameters import parse_hyperparameters
from oleoduto_jobs.ml.container.train import metric_lines

CONTRACT = Path(__file__).parents[2] / "stacks" / "contract.json"
SAMPLES = {"--dataproc": "20261123", "--max-data-age": "2", "--horizons": "6", "--many": "true"}


def argv(options: Sequence[dict[str, Any]]) -> list[str]:
    return [word for option in options for word in (option["name"], SAMPLES.get(option["name"], "A"))]


def test_the_committed_contract_is_current() -> None:
    assert json.loads(CONTRACT.read_text()) == contract()


def test_the_rule_for_a_series_code_is_the_same_in_the_function() -> None:
    assert (training_vars.SERIES_CODE, training_vars.MAX_SERIES_CODE) == (schema.SERIES_CODE, schema.MAX_SERIES_CODE)


@pytest.mark.parametrize("code", ["", "eia366", "A__B", "_A", "A_", "A B", "A\n", "É", "A" * 65])
def test_other_words_are_no_series_codes(code: str) -> None:
    assert not schema.is_series_code(code)
    with pytest.raises(JobError, match="`series`"):
        parse_hyperparameters({"series": code})
    with pytest.raises(JobError, match="`--series`"):
        parse("job", ("series",), (), ["--series", code])
    with pytest.raises(ValueError, match="`series`"):
        training_vars._series(code)


@pytest.mark.parametrize("code", ["A", "7", "EIA366_PBRENT366", "A" * 64])
def test_series_codes_are_accepted(code: str) -> None:
    assert parse_hyperparameters({"series": code}).series == code
    assert parse("job", ("series",), (), ["--series", code]) == {"series": code}
    assert training_vars._series(code) == [code]


@pytest.mark.parametrize("command", MODULES)
def test_a_command_of_the_image_accepts_exactly_its_options(command: str) -> None:
    options = contract()["commands"][command]
    parse_options = command_of(command).parse
    parse_options(argv(options))
    parse_options(argv([option for option in options if option["required"]]))
    for option in (option for option in options if option["required"]):
        with pytest.raises(JobError, match=option["name"]):
            parse_options(argv([other for other in options if other is not option]))
    with pytest.raises(JobError, match="--other"):
        parse_options([*argv(options), "--other", "A"])


def test_training_gets_no_options_from_sagemaker() -> None:
    assert contract()["commands"]["train"] == []


@pytest.mark.parametrize("job", GLUE)
def test_a_glue_job_needs_exactly_its_required_arguments(job: str) -> None:
    options = contract()["glue"][job]

    def parse_all(given: Sequence[dict[str, Any]]) -> set[str]:
        values = [parse(job, module.REQUIRED, module.OPTIONAL, argv(given)) for module in GLUE[job]]
        return {f"--{name}" for found in values for name in found}

    assert parse_all(options) == {option["name"] for option in options}
    required = [option for option in options if option["required"]]
    assert parse_all(required) == {option["name"] for option in required}
    for option in required:
        with pytest.raises(JobError, match=option["name"]):
            parse_all([other for other in options if other is not option])


def test_hyperparameters_are_those_that_a_training_job_takes() -> None:
    given = {option["name"]: "40" for option in contract()["training"]["hyperparameters"]}
    given |= {"series": "A", "horizons": "6", "candidates": "ridge", "dataproc": "20240115"}
    assert parse_hyperparameters(given).evaluation_origins == 40
    with pytest.raises(JobError, match="unknown hyperparameter `other`"):
        parse_hyperparameters({**given, "other": "1"})
    with pytest.raises(JobError, match="`series`"):
        parse_hyperparameters({})


def test_every_metric_definition_finds_its_line_and_sagemaker_takes_all() -> None:
    training, horizons = contract()["training"], contract()["horizons"]
    values = [0.5] * horizons
    scored = {key: values for key in ("mae", "mape", "rmse", "mspe_ratio", "crps")}
    report = {"model": "m", "candidates": {"m": {"reported": {**scored, "coverage": {"80": values, "95": values}}}}}
    log = "\n".join(metric_lines(report))
    names = [
        training["metric_name"].format(kind=kind, horizon=horizon)
        for kind in training["metric_kinds"]
        for horizon in range(1, horizons + 1)
    ]
    assert len(names) <= 40
    for name in names:
        assert re.findall(training["metric_regex"].format(name=name), log) == ["0.500000"]
