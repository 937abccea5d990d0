"""``predict``: forecast from the newest month of the final data with a saved model."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.ml.container.command import Command, add_many, day_of, parser_of
from oleoduto_jobs.ml.container.folders import ProcessingFolders, base_folder
from oleoduto_jobs.ml.container.forecast import Publication, made_by, read_inputs, table
from oleoduto_jobs.ml.data import Monthly, month_position, read_final
from oleoduto_jobs.ml.models.artifact import Artifact, read_artifact


@dataclass(frozen=True)
class PredictOptions:
    """With a training job the model must be of that job and of exactly these data; else it is a champion.

    ``many``: the run has other series, whose page the report links to.
    """

    series: str
    dataproc: str
    date: dt.date
    training_job: str | None
    max_data_age: int | None
    many: bool


PARSER = parser_of("predict", {"series": "CODE", "dataproc": "YYYYMMDD"}, {"training-job": "NAME"})
add_many(PARSER)
PARSER.add_argument("--max-data-age", metavar="MONTHS", type=int)


def _options(given: argparse.Namespace) -> PredictOptions:
    return PredictOptions(**{**vars(given), "many": given.many == "true"}, date=day_of(given, "predict"))


MAX_MODEL_AGE_MONTHS = 12
"""Months by which the data may have outgrown a champion."""


def check(artifact: Artifact, monthly: Monthly, training_job: str | None) -> None:
    """Refuse a model of another series, of other months than allowed, or of another job."""
    model = artifact.model
    if model.series != monthly.code:
        raise JobError(f"the model is of series {model.series}, the data of {monthly.code}; use the series' own model")
    age = int(monthly.months[-1]) - month_position(model.origin_month)
    if age < 0 or age > (MAX_MODEL_AGE_MONTHS if training_job is None else 0):
        word = "older" if age > 0 else "newer"
        raise JobError(
            f"the model ends in {model.origin_month} and the data in {monthly.origin}: "
            f"the model is {word} than the data; train on this data first"
        )
    made_by = artifact.metadata.get("training_job")
    if training_job is not None and made_by is not None and made_by != training_job:
        raise JobError(f"the model was made by training job {made_by}, but `--training-job` is {training_job}")


def check_fresh(monthly: Monthly, date: dt.date, max_age: int | None) -> None:
    """Refuse data whose newest complete month is more than ``max_age`` months before the run's month."""
    if max_age is None:
        return
    age = monthly.age(date.year, date.month)
    if age > max_age:
        raise JobError(
            f"the data are stale: series {monthly.code} ends in {monthly.origin}, {age} months before the run's "
            f"{date:%Y-%m}, and at most {max_age} are allowed: look whether the source still publishes, or give "
            "the execution a larger `max_data_age_months`"
        )


def run(options: PredictOptions) -> None:
    """Read model and data, forecast, write parquet, CSV and figures."""
    folders = ProcessingFolders(base_folder())
    artifact = read_artifact(folders.model)
    monthly = read_final(folders.final, options.series)
    check_fresh(monthly, options.date, options.max_data_age)
    check(artifact, monthly, options.training_job)
    inputs = read_inputs(folders, options.series, options.date)
    publication = Publication(folders, artifact, monthly, inputs, options.training_job, options.many)
    publication.write()
    if options.training_job is not None:
        publication.crown()
    print(table(publication.predictions(), monthly))
    print(inputs.provenance.text())
    name = f"{artifact.model.model} {artifact.model.version} of {made_by(artifact, options.training_job)}"
    print(f"model: {name}; {artifact.metrics['reason']}")


COMMAND = Command(PARSER, _options, run)
