"""Every argument list of the synthesized state machine, fed to the parser of the job that gets it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from project import ROOT, Project

from oleoduto_jobs import training_vars
from oleoduto_jobs.contract import GLUE
from oleoduto_jobs.etl.arguments import parse
from oleoduto_jobs.ml.commands import command_of
from oleoduto_jobs.ml.container.hyperparameters import parse_hyperparameters

CONTRACT = json.loads((ROOT / "stacks" / "contract.json").read_text())
# A section per environment, so that every form of every argument list is synthesized.
SECTIONS = {"plain": "", "bucket": "[env.bucket.mlflow]", "server": '[env.server.mlflow]\nserver = "Small"'}
GLUES_OWN = ("--additional-", "--custom-", "--enable-", "--extra-", "--job-", "--python-modules-")


@dataclass(frozen=True)
class Pipeline:
    """The states by name, the default arguments of the Glue jobs by job, and the function's result."""

    states: dict[str, Any]
    defaults: dict[str, dict[str, str]]
    run: dict[str, str]

    def parameters(self, service: str) -> Iterator[dict[str, Any]]:
        """The parameters of every state that calls the service."""
        return (state["Parameters"] for state in self.states.values() if service in state.get("Resource", ""))

    def value(self, word: str) -> str:
        """A word of an intrinsic: a quoted text, or a path of the function's result."""
        if word.startswith("'"):
            return word.strip("'")
        if word == "$.train.job":
            # What the training job was called when it ended well.
            return f"{self.run['training_job_name']}-0-0"
        assert word.startswith("$.run."), word
        return self.run[word.removeprefix("$.run.")]


def expression(text: str) -> Any:
    """The value of ``${jsonencode(...)}``; a reference to another resource becomes the text `reference`."""
    inner = text.removeprefix("${jsonencode(").removesuffix(")}")
    inner = re.sub(r'\(\(var\.\w+ == ""\) \? ("[^"]*") : "[^"]*"\)', r"\1", inner)
    tokens = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign> = )|(?P<reference>[a-z_]+(?:\.[\w-]+)+)')
    replaced = {"sign": ": ", "reference": '"reference"'}
    return json.loads(tokens.sub(lambda found: replaced.get(str(found.lastgroup), found[0]), inner))


@pytest.fixture(scope="module", params=SECTIONS)
def pipeline(request: pytest.FixtureRequest, binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    project = Project(tmp_path_factory.mktemp("contract"))
    project.configure(f"{project.configuration.read_text()}\n[env.{request.param}]\n{SECTIONS[request.param]}\n")
    out = project.folder / "out"
    place = ("--env", request.param, "--account", "123456789012", "--region", "sa-east-1")
    done = project.run("synth", *place, "--out", str(out))
    assert done.returncode == 0, done.stderr

    def resources(stack: str, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((out / "stacks" / stack / "cdk.tf.json").read_text())["resource"][kind]
        return found

    (machine,) = resources("stepfunctions", "aws_sfn_state_machine").values()
    (function,) = resources("lambda", "aws_lambda_function").values()
    event = {"execution_name": "one", "start_time": "2026-11-23T09:00:00Z", "input": {}}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in function["environment"]["variables"].items():
            patch.setenv(name, value)
        run = training_vars.run(event)["run"]
    defaults = {name: job["default_arguments"] for name, job in resources("glue", "aws_glue_job").items()}
    return Pipeline(expression(machine["definition"])["States"], defaults, run)


def test_the_state_machine_keeps_what_the_function_returns(pipeline: Pipeline) -> None:
    kept = pipeline.states["TrainingVars"]["ResultSelector"]
    assert kept == {"run.$": "$.Payload.run", "recovery.$": "$.Payload.recovery"}
    assert list(pipeline.run) == CONTRACT["run"]


def test_an_execution_can_start_at_every_state_that_the_function_accepts(pipeline: Pipeline) -> None:
    choice = pipeline.states["Start"]
    targets = {rule["StringEquals"]: rule["Next"] for rule in choice["Choices"]}
    assert [choice["Default"], *targets] == CONTRACT["execution"]["starts"]
    records = "Record" in pipeline.states
    assert targets.pop("Record") == ("Record" if records else "NoRecord")
    assert all(start == target for start, target in targets.items())


def test_a_failing_job_asks_the_function_and_no_other_failure_ends_in_a_fail_state(pipeline: Pipeline) -> None:
    """A redrive would enter a Fail state again. Recording is no part of a forecast."""
    jobs = {name: state for name, state in pipeline.states.items() if ".sync" in state.get("Resource", "")}
    for name, job in jobs.items():
        (catch,) = job["Catch"]
        if name == "Record":
            assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "NotRecorded")
            assert pipeline.states["NotRecorded"]["Next"] == job["Next"] == "Done"
            continue
        assert (catch["ErrorEquals"], catch["Next"]) == (["States.TaskFailed"], f"{name}Failed")
        asked = pipeline.states[f"{name}Failed"]
        assert asked["Parameters"]["Payload"]["state"] == name and "Catch" not in asked
        assert asked["ResultSelector"] == {f"{key}.$": f"$.Payload.{key}" for key in CONTRACT["recovery"]}
        assert (asked["Next"], pipeline.states[f"{name}Again"]["Next"]) == (f"{name}Again", name)
    fails = [name for name, state in pipeline.states.items() if state["Type"] == "Fail"]
    assert fails == ([] if "Record" in jobs else ["NoRecord"])


def test_no_job_of_sagemaker_has_a_name_twice(pipeline: Pipeline) -> None:
    for service, key in (("createTrainingJob", "TrainingJobName"), ("createProcessingJob", "ProcessingJobName")):
        for parameters in pipeline.parameters(service):
            form, base, *counts = parameters[f"{key}.$"].removeprefix("States.Format(").removesuffix(")").split(", ")
            assert (form, counts) == ("'{}-{}-{}'", ["$$.Execution.RedriveCount", "$.recovery.attempt"])
            assert len(f"{pipeline.value(base)}-1000-999") <= 63


def test_every_processing_job_gets_options_that_its_command_takes(pipeline: Pipeline) -> None:
    seen = []
    for parameters in pipeline.parameters("createProcessingJob"):
        words = parameters["AppSpecification"]["ContainerArguments.$"].removeprefix("States.Array(").removesuffix(")")
        command, *options = [pipeline.value(word) for word in words.split(", ")]
        command_of(command).parse(options)
        seen.append(command)
    assert seen[:4] == ["predict", "predict", "monitor", "forecast-many"] and seen[4:] in ([], ["record"]), seen


def test_every_container_path_is_one_that_the_image_knows(pipeline: Pipeline) -> None:
    paths = CONTRACT["paths"]
    for parameters in pipeline.parameters("createProcessingJob"):
        for place in parameters.get("ProcessingInputs", []):
            assert place["S3Input"]["LocalPath"] == paths["inputs"][place["InputName"]]
        for place in parameters.get("ProcessingOutputConfig", {}).get("Outputs", []):
            assert place["S3Output"]["LocalPath"] == paths["outputs"][place["OutputName"]]


def test_every_glue_job_gets_arguments_that_its_steps_take(pipeline: Pipeline) -> None:
    jobs = [parameters["Arguments"] for parameters in pipeline.parameters("glue:startJobRun")]
    for (job, modules), given in zip(GLUE.items(), jobs, strict=True):
        arguments = {**pipeline.defaults[job], **{name.removesuffix(".$"): pipeline.value(v) for name, v in given.items()}}
        ours = {name for name in arguments if not name.startswith(GLUES_OWN)}
        assert ours <= {option["name"] for option in CONTRACT["glue"][job]}
        argv = [word for pair in arguments.items() for word in pair]
        for module in modules:
            assert parse(job, module.REQUIRED, module.OPTIONAL, argv)


def test_the_training_job_gets_what_the_image_takes(pipeline: Pipeline) -> None:
    (job,) = pipeline.parameters("createTrainingJob")
    given = {
        name.removesuffix(".$"): pipeline.value(value) if name.endswith(".$") else value
        for name, value in job["HyperParameters"].items()
    }
    assert parse_hyperparameters(given).horizons == CONTRACT["horizons"]
    training = CONTRACT["training"]
    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == [training["channel"], training["extract_channel"]]
    names = [
        training["metric_name"].format(kind=kind, horizon=horizon)
        for kind in training["metric_kinds"]
        for horizon in range(1, CONTRACT["horizons"] + 1)
    ]
    expected = [{"Name": name, "Regex": training["metric_regex"].format(name=name)} for name in names]
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == expected
