"""The start of an execution: run date, partition, source, first state and job names are decided once.

Everything follows from the event, so a retry of the function gives the same names.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from oleoduto_jobs.recovery import Recovery

MAX_JOB_NAME = 63 - len("-1000-999")
"""SageMaker allows ``[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}``, and each state appends the redrive (at most 1000) and its attempt."""

INPUT_KEYS = (
    *("candidates", "evaluation_origins", "horizons"),
    *("max_data_age_months", "mode", "run_date", "series", "source", "start_at"),
)
MODES = ("train", "forecast")
STARTS = {
    "Etl": MODES,
    "Quality": MODES,
    "Train": ("train",),
    "ForecastWithChampion": ("forecast",),
    "Monitor": MODES,
    "ForecastMany": MODES,
    "Record": MODES,
}
"""The states at which an execution can start, each with the modes in which it runs. What the earlier states wrote for the
run date must be in the bucket."""
FRESH_MONTHS = 2
"""Ipeadata is a few days late: early in a month, its newest complete month is two months back."""
ANY_AGE = 1200
"""For sources whose data are old by design: a file, the sample."""
SERIES_CODE = "^[A-Z0-9]+(_[A-Z0-9]+)*$"
"""The same as in ``schema``, which is not in the zip; a test compares the two."""
MAX_SERIES_CODE = 64
MAX_HORIZON = 6
EVALUATION_ORIGINS = (40, 10_000)
"""Fewest and most. These two, and the default horizon, are the training job's own, which is not in the zip; a test compares."""
CANDIDATE = re.compile(r"[a-z][a-z0-9_]*")
SOURCE_PATTERN = re.compile(r"ipeadata(py)?(\?territory=\S.*)?|sample|file:\S.*|replay:[0-9]{8}")
SOURCE_HELP = "`ipeadata`, `ipeadatapy` (both may have `?territory=CODE`), `sample`, `file:PATH` or `replay:YYYYMMDD`"
SERIES_FILE = re.compile(r"s3://[a-z0-9][a-z0-9.-]*/[^\s,]+")
"""A file of codes. Its codes reach the jobs, not this function: Step Functions passes 256 kB at most."""
SERIES_HELP = (
    "one Ipeadata code (capitals, digits and single `_` between them), a file of codes as `s3://BUCKET/inbox/codes.txt`, or a "
    "list of both, each once"
)


@dataclass(frozen=True)
class Run:
    """What the function returns: all that the states of one execution share.

    ``series`` is the main code, for which a model is trained; ``series_list`` holds all codes and files of codes with commas
    between them, as the Glue jobs take them, the main one first; and ``many`` says whether there are several (`true` or
    `false`). ``evaluation_origins`` and ``candidates`` (names with commas between them) are empty if the training job decides.
    """

    run_date: str
    dataproc: str
    series: str
    series_list: str
    many: str
    source: str
    mode: str
    max_data_age_months: str
    horizons: str
    evaluation_origins: str
    candidates: str
    start_at: str
    training_job_name: str
    forecast_job_name: str
    monitor_job_name: str
    many_job_name: str
    record_job_name: str


def run(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``run``, the fields of ``Run``, and ``recovery``, that of an execution in which nothing failed.

    ``event`` holds ``execution_name``, ``start_time`` (ISO 8601 with a time zone), ``redrive_count`` and ``input`` (the
    execution's own input: optional ``source``, ``series`` (a code, a file of codes, or a list), ``run_date`` as
    YYYY-MM-DD, ``mode`` (``train``, or ``forecast`` with the current champion), ``max_data_age_months``, ``start_at``, and
    for the training ``horizons``, ``evaluation_origins`` and ``candidates`` (a list of names)).
    """
    execution_name = _text(event, "execution_name", "the event", "the name of the execution")
    started = _start_time(_text(event, "start_time", "the event", "an ISO 8601 time with a zone"))
    given = _input(event)
    run_date = _run_date(given, started.date())
    series = _series(given.get("series", _configured()))
    source = _source(given.get("source", _environment("DEFAULT_SOURCE")))
    mode = _mode(given.get("mode", MODES[0]))
    prefix = _environment("PIPELINE_PREFIX")
    run = Run(
        run_date=run_date.isoformat(),
        dataproc=run_date.strftime("%Y%m%d"),
        series=series[0],
        series_list=",".join(series),
        many="true" if len(series) > 1 else "false",
        source=source,
        mode=mode,
        max_data_age_months=_age(given.get("max_data_age_months", FRESH_MONTHS if _is_of_ipeadata(source) else ANY_AGE)),
        horizons=_number("horizons", given, 1, MAX_HORIZON) or str(MAX_HORIZON),
        evaluation_origins=_number("evaluation_origins", given, *EVALUATION_ORIGINS),
        candidates=_candidates(given),
        start_at=_start_at(given.get("start_at", "Etl"), mode),
        training_job_name=_job_name(prefix, "train", started, execution_name),
        forecast_job_name=_job_name(prefix, "forecast", started, execution_name),
        monitor_job_name=_job_name(prefix, "monitor", started, execution_name),
        many_job_name=_job_name(prefix, "many", started, execution_name),
        record_job_name=_job_name(prefix, "record", started, execution_name),
    )
    return {"run": asdict(run), "recovery": asdict(Recovery(redrives=int(event.get("redrive_count", 0))))}


def _text(holder: Mapping[str, Any], key: str, where: str, allowed: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{key}` of {where} is {value!r}; it must be {allowed}")
    return value


def _environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ValueError(f"the environment variable `{name}` is empty; the lambda stack must set it")
    return value


def _input(event: Mapping[str, Any]) -> Mapping[str, Any]:
    given = event.get("input")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"`input` is {given!r}; it must be an object with any of {', '.join(INPUT_KEYS)}")
    for key, value in given.items():
        if key not in INPUT_KEYS:
            raise ValueError(f"unknown key `{key}` (value {value!r}) in `input`; allowed: {', '.join(INPUT_KEYS)}")
    return given


def _start_time(text: str) -> datetime:
    try:
        started = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`start_time` is {text!r}; it must be an ISO 8601 time with a zone") from error
    if started.tzinfo is None:
        raise ValueError(f"`start_time` is {text!r}, without a time zone; add `Z` or an offset")
    return started.astimezone(UTC)


def _run_date(given: Mapping[str, Any], start: date) -> date:
    if "run_date" not in given:
        return start
    text = given["run_date"]
    problem = f"`run_date` of `input` is {text!r}; it must be a date as YYYY-MM-DD"
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(problem)
    try:
        run_date = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(problem) from error
    if run_date > start:
        raise ValueError(f"`run_date` of `input` is {text!r}; it must not be after the start date {start} (UTC)")
    return run_date


def _configured() -> list[str]:
    """The codes of the environment: the main one, then those of ``ADDITIONAL_SERIES`` (commas between them, or a file)."""
    additional = os.environ.get("ADDITIONAL_SERIES", "")
    return [_environment("SERIES"), *(additional.split(",") if additional else [])]


def _is_code(text: str) -> bool:
    return len(text) <= MAX_SERIES_CODE and re.fullmatch(SERIES_CODE, text) is not None


def _series(value: object) -> list[str]:
    given: list[object] = value if isinstance(value, list) else [value]
    known = [one for one in given if isinstance(one, str) and (_is_code(one) or SERIES_FILE.fullmatch(one))]
    if not known or len(known) < len(given) or len(set(known)) < len(known):
        raise ValueError(f"`series` is {value!r}; it must be {SERIES_HELP}")
    # The main code of a file is the environment's, whose names contain it.
    return known if _is_code(known[0]) else list(dict.fromkeys([_environment("SERIES"), *known]))


def _source(value: object) -> str:
    if isinstance(value, str) and SOURCE_PATTERN.fullmatch(value):
        return value
    raise ValueError(f"`source` is {value!r}; it must be {SOURCE_HELP}")


def _is_of_ipeadata(source: str) -> bool:
    """Whether the data come from the service, now or on the date of a replay."""
    return source.startswith(("ipeadata", "replay:"))


def _mode(value: object) -> str:
    if value not in MODES:
        raise ValueError(f"`mode` is {value!r}; it must be one of {', '.join(MODES)}")
    return str(value)


def _start_at(value: object, mode: str) -> str:
    if not isinstance(value, str) or value not in STARTS:
        raise ValueError(f"`start_at` is {value!r}; it must be one of {', '.join(STARTS)}")
    if mode not in STARTS[value]:
        allowed = " or ".join(f"`{one}`" for one in STARTS[value])
        raise ValueError(f"`start_at` is {value!r}, but `mode` is {mode!r}; {value} runs in mode {allowed}")
    return value


def _age(value: object) -> str:
    """The number as text, because a job's arguments are texts."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= ANY_AGE:
        raise ValueError(f"`max_data_age_months` is {value!r}; it must be a whole number from 0 to {ANY_AGE}")
    return str(value)


def _number(key: str, given: Mapping[str, Any], low: int, high: int) -> str:
    """The number of the input or the environment as text; empty if neither has one."""
    value = given.get(key)
    if value is None:
        return os.environ.get(key.upper(), "")
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"`{key}` is {value!r}; it must be a whole number from {low} to {high}")
    return str(value)


def _candidates(given: Mapping[str, Any]) -> str:
    """The names of the input or the environment with commas between them; empty for all. The training job knows which exist."""
    value = given.get("candidates")
    if value is None:
        return os.environ.get("CANDIDATES", "")
    names = [name for name in value if isinstance(name, str) and CANDIDATE.fullmatch(name)] if isinstance(value, list) else []
    if not names or len(names) < len(value):
        raise ValueError(f'`candidates` is {value!r}; it must be a list of names of models, as `["ridge", "dynamic_theta"]`')
    return ",".join(names)


def _job_name(prefix: str, kind: str, started: datetime, execution_name: str) -> str:
    """``<prefix>-<kind>-<start>-<hash>``; only the prefix is shortened, to the same text for every kind."""
    digest = hashlib.sha256(execution_name.encode()).hexdigest()[:8]
    suffix = f"-{kind}-{started:%Y%m%d%H%M%S}-{digest}"
    longest_suffix = len(suffix) - len(kind) + len("forecast")
    words = re.sub(r"[^A-Za-z0-9-]", "-", prefix).strip("-")
    short = words[: MAX_JOB_NAME - longest_suffix].rstrip("-")
    if not short:
        raise ValueError(f"the environment variable `PIPELINE_PREFIX` is {prefix!r}; it needs a letter or digit")
    return short + suffix
