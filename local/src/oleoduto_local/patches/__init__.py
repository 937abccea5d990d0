"""One module a service; each says for every patch what moto 5.2.1 does and why that is not enough."""

from oleoduto_local.context import LocalAws
from oleoduto_local.patches import (
    awslambda,
    budgets,
    cloudwatch,
    common,
    glue,
    glue_connections,
    glue_limits,
    glue_quality,
    lambda_limits,
    logs,
    s3,
    sagemaker,
    stepfunctions,
    stepfunctions_redrive,
    stepfunctions_tasks,
    validation,
)


def install_all(local: LocalAws) -> None:
    for module in (
        common,
        s3,
        glue,
        # After what it stands before: `replace` puts it outside.
        glue_limits,
        glue_connections,
        glue_quality,
        awslambda,
        lambda_limits,
        logs,
        sagemaker,
        # Before the patch that ends an execution whatever happens in it.
        stepfunctions_redrive,
        stepfunctions,
        stepfunctions_tasks,
        budgets,
        cloudwatch,
        validation,
    ):
        module.install(local)
