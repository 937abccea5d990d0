"""The image's entry point: ``python -m oleoduto_jobs.ml COMMAND ...``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from oleoduto_jobs.ml.container import entry


def run(argv: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    # Not above: that a package can't be imported is a reason to report.
    from oleoduto_jobs.ml import commands

    return commands.main(argv)


if __name__ == "__main__":
    sys.exit(entry.main(sys.argv[1:], run))
