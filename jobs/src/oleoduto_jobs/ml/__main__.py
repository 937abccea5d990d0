"""The image's entry point: ``train`` (SageMaker training), ``predict ...``, ``monitor ...`` or ``record ...`` (Processing)."""

from __future__ import annotations

import sys

from oleoduto_jobs.ml.container import mlflow_sync as record
from oleoduto_jobs.ml.container import monitor, predict, train

USAGE = (
    "usage: python -m oleoduto_jobs.ml train | "
    "predict --series CODE --dataproc YYYYMMDD [--training-job NAME] [--max-data-age MONTHS] | "
    "monitor --series CODE --dataproc YYYYMMDD [--metrics NAMESPACE --pipeline NAME --region REGION] | "
    "record --series CODE --bucket NAME --region REGION [--tracking-uri URI]"
)


def main(argv: list[str]) -> int:
    """Run the command and return its exit code."""
    match argv:
        case ["train"]:
            return train.main()
        case ["predict", *options]:
            return predict.main(options)
        case ["monitor", *options]:
            return monitor.main(options)
        case ["record", *options]:
            return record.main(options)
        case _:
            print(f"error: unknown command `{' '.join(argv)}`; {USAGE}", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
