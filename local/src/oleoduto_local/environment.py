"""The environment of job processes: what a job needs of the machine and of the local AWS, and nothing else."""

import os
from collections.abc import Mapping

# What programs, Python, Java, the network and the numeric libraries need of the machine. The rest stays outside: the caller's
# environment holds tokens that no job may see.
_KEPT = frozenset(
    [
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TMP", "TEMP"),
        *("LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "XDG_CACHE_HOME"),
        *("JAVA_HOME", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMBA_CACHE_DIR"),
        # Another address of the source of the prices.
        "IPEADATA_BASE_URL",
    ]
)
_KEPT_PREFIX = "LC_"
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
    """What a job needs of the parent's environment, plus the local AWS and `extra`."""
    source = os.environ if parent is None else parent
    kept = {name: value for name, value in source.items() if name in _KEPT or name.startswith(_KEPT_PREFIX)}
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
