"""Starts Spark before its first job: there is time for it while Terraform applies the stacks."""

import logging
import sys

from oleoduto_local import spark_exercise
from oleoduto_local.context import LocalAws
from oleoduto_local.environment import job_environment
from oleoduto_local.errors import JobError
from oleoduto_local.process import Command, Stream
from oleoduto_local.spark_jvm import Jvm

LOG = logging.getLogger("oleoduto_local")


def warm_up(local: LocalAws) -> None:
    """Leave a JVM to the first job that has done in small what jobs do."""
    folder = local.scratch("spark", "exercise")
    environment = job_environment(local.url, local.settings.region, {"TMPDIR": str(folder)})
    command = Command([sys.executable, spark_exercise.__file__, str(folder)], environment, folder)

    def quiet(_stream: Stream, line: str) -> None:
        LOG.debug("Spark's exercise: %s", line)

    def exercise(jvm: Jvm) -> bool:
        job = local.helpers.open("glue", "exercise")
        try:
            outcome = jvm.run(job, command, spark_exercise.SETTINGS, quiet)
        finally:
            local.helpers.close(job)
        if not outcome.ended_well:
            LOG.warning("Spark's exercise failed (exit code %s): its first job starts slower", outcome.returncode)
        return outcome.ended_well

    try:
        local.jvms.warm_up(local.settings.jars, local.url, local.settings.region, exercise)
    except JobError as error:
        LOG.warning("Spark did not start before its first job: %s", error)
