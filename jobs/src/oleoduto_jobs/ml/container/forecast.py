"""A forecast from the newest month of the data with a saved model, and the files that it is published in."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oleoduto_jobs.ml.arrow import arrow_schema
from oleoduto_jobs.ml.container.folders import ProcessingFolders
from oleoduto_jobs.ml.data import Monthly, month_text
from oleoduto_jobs.ml.documents import write_json
from oleoduto_jobs.ml.evaluation.intervals import volatility_scale
from oleoduto_jobs.ml.extracted import read_provenance
from oleoduto_jobs.ml.models.artifact import Artifact
from oleoduto_jobs.ml.page.checks import Checks, read_checks
from oleoduto_jobs.ml.page.html import Run, page
from oleoduto_jobs.ml.page.past import Past
from oleoduto_jobs.provenance import Provenance
from oleoduto_jobs.schema import PREDICTIONS


def forecast(artifact: Artifact, monthly: Monthly, training_job: str | None) -> pd.DataFrame:
    """The predictions table: all horizons from the last row, in the unit of the series.

    Intervals are the point moved by half widths on the scale of the model: sizes of past errors over the volatility then,
    times the volatility now.
    """
    model = artifact.model
    monthly = model.on_its_scale(monthly)
    moved = monthly.transformation.moved
    origin = int(monthly.months[-1])
    ahead = range(1, model.horizons + 1)
    point = moved(monthly.last[-1:], model.fitted().changes(monthly))
    scale = float(volatility_scale(monthly)[-1])
    widths = {level: scale * np.array(values) for level, values in model.half_widths.items()}
    columns: dict[str, Any] = {
        "code": monthly.code,
        "origin": _first_day(origin),
        "horizon": list(ahead),
        "target_start": [_first_day(origin + h * monthly.step) for h in ahead],
        "point": point,
        "model": model.model,
        "model_version": model.version,
        "training_job": made_by(artifact, training_job),
        "frequency": monthly.frequency,
        "unit": monthly.unit,
    }
    for level, width in widths.items():
        columns[f"lower_{level}"] = moved(point, -width)
        columns[f"upper_{level}"] = moved(point, width)
    return pd.DataFrame(columns)[PREDICTIONS.column_names]


def made_by(artifact: Artifact, training_job: str | None) -> str:
    """The job that made the model; `unknown` for a model that no job made."""
    return training_job or artifact.metadata.get("training_job") or "unknown"


def table(predictions: pd.DataFrame, monthly: Monthly) -> str:
    """The forecast as text."""
    newest = (float(monthly.last[-1]), float(monthly.mean[-1]))
    bounds = predictions[["point", "lower_80", "upper_80", "lower_95", "upper_95"]].to_numpy(dtype=np.float64)
    form = number_format(max(float(np.abs(bounds).max()), *(abs(value) for value in newest)))
    last, mean = (format(value, form) for value in newest)
    cells = [("month", "point", "80 % interval", "95 % interval")]
    for target, row in zip(predictions["target_start"], bounds, strict=True):
        point, low, high, lowest, highest = (format(value, form) for value in row)
        cells.append((f"{target:%Y-%m}", point, f"{low} .. {high}", f"{lowest} .. {highest}"))
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return "\n".join(
        [
            f"forecast of {monthly.code} from {monthly.origin} (last value {last}, month's mean {mean}; unit: {monthly.unit})",
            *("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells),
        ]
    )


def number_format(largest: float) -> str:
    """How numbers up to a size are written: at least five digits of the largest, and two decimals below a million."""
    if 1e6 <= largest < 1e15:
        return ".0f"
    if largest == 0.0 or 1e-6 <= largest < 1e6:
        return f".{next((places for places in range(2, 11) if largest * 10.0**places >= 1e4), 2)}f"
    return ".5e"


def report(artifact: Artifact, monthly: Monthly, provenance: Provenance, training_job: str | None) -> dict[str, Any]:
    """The training job's figures with what this forecast was made from."""
    return {
        **artifact.metrics,
        "forecast": {
            "dataproc": provenance.dataproc,
            **provenance.document(),
            "training_job": made_by(artifact, training_job),
            "model_version": artifact.model.version,
            "model_origin_month": artifact.model.origin_month,
            "origin_month": monthly.origin,
            "data_sha256": monthly.sha256(),
            "trained_on_sha256": artifact.metadata.get("data_sha256"),
        },
    }


def _first_day(index: int) -> dt.date:
    return dt.date.fromisoformat(f"{month_text(index)}-01")


def with_provenance(predictions: pd.DataFrame, provenance: Provenance) -> pd.DataFrame:
    """The rows of the CSV file: those of the table, with what is known of the values; the unit, which may be any text, last."""
    return predictions.drop(columns="unit").assign(**provenance.columns(), unit=predictions["unit"])


@dataclass(frozen=True)
class Inputs:
    """What a job reads beside the model and the series: findings of data quality, and where the values come from."""

    checks: Checks | None
    provenance: Provenance


def read_inputs(folders: ProcessingFolders, code: str, run_date: dt.date) -> Inputs:
    """Read both."""
    checks = read_checks(folders.quality)
    stale = None if checks is None else checks.stale(code)
    return Inputs(checks, read_provenance(folders.extract_report, code, run_date, stale))


@dataclass(frozen=True)
class Publication:
    """A forecast as one job publishes it; ``training_job`` is the job that has just made the model, if one has.

    ``many``: the page links to that of all series.
    """

    folders: ProcessingFolders
    artifact: Artifact
    monthly: Monthly
    inputs: Inputs
    training_job: str | None = None
    many: bool = False

    def predictions(self) -> pd.DataFrame:
        """The rows of the predictions table."""
        return forecast(self.artifact, self.monthly, self.training_job)

    def document(self) -> dict[str, Any]:
        """The report of this forecast."""
        return report(self.artifact, self.monthly, self.inputs.provenance, self.training_job)

    def write(self) -> None:
        """Write parquet, CSV, figures and the page."""
        predictions, folder = self.predictions(), self.folders.report
        self.folders.parquet.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        rows = pa.Table.from_pandas(
            predictions, schema=arrow_schema(PREDICTIONS), preserve_index=False
        ).replace_schema_metadata()
        pq.write_table(rows, self.folders.parquet / "predictions.parquet")
        rows_of_file = with_provenance(predictions, self.inputs.provenance)
        rows_of_file.to_csv(folder / "predictions.csv", index=False, lineterminator="\n")
        write_json(folder / "metrics.json", self.document())
        self.write_page()

    def write_page(self, past: Past | None = None) -> None:
        """Write ``report.html``; ``past``: what became of earlier forecasts, if the forecast has been monitored."""
        checks, provenance = self.inputs.checks, self.inputs.provenance
        shown = (self.monthly, self.predictions(), self.document(), self.artifact.metadata)
        run = Run(*shown, provenance, checks, past, self.many)
        self.folders.report.mkdir(parents=True, exist_ok=True)
        (self.folders.report / "report.html").write_text(page(run), encoding="utf-8")

    def crown(self) -> None:
        """Put the model where later forecasts find it: the written rule has chosen it, and it has just forecast."""
        champion = self.folders.champion
        champion.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.folders.model, champion / "model.tar.gz")
        write_json(champion / "champion.json", {**self.artifact.champion(), "training_job": self.training_job})
