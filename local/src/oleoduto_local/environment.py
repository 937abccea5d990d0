"""The environment of job processes: what a job must see of AWS, and nothing of the machine's own AWS or
Python.
"""

import os
from collections.abc import Mapping

_DROPPED = ("AWS_", "MOTO_", "PYTHON", "SPARK_", "PYSPARK_", "OLEODUTO_", "SAGEMAKER_", "TF_", "VIRTUAL_ENV")
_NO_PROXY = ("127.0.0.1", "localhost")


def no_proxy(current: str) -> str:
    """The NO_PROXY list with the local endpoint in it: a proxy must not be asked for the local AWS."""
    hosts = [host.strip() for host in current.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*hosts, *_NO_PROXY]))


def aws_variables(endpoint: str, region: str) -> dict[str, str]:
    """What makes any AWS SDK talk to the local AWS, and only to it; the keys are the job's own."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def job_environment(
    endpoint: str, region: str, extra: Mapping[str, str], parent: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The parent's environment without its AWS, moto, Python and Spark settings, plus the local AWS and
    `extra`.
    """
    source = os.environ if parent is None else parent
    kept = {name: value for name, value in source.items() if not name.startswith(_DROPPED)}
    proxies = no_proxy(source.get("NO_PROXY") or source.get("no_proxy") or "")
    return {
        **kept,
        "NO_PROXY": proxies,
        "no_proxy": proxies,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **aws_variables(endpoint, region),
        **extra,
    }
