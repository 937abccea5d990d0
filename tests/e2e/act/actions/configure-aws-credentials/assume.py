"""Takes a role as GitHub's own action does: by a token that names the repository and the environment of the job."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import yaml

sys.path.insert(0, os.environ["ACT_TESTS"])

from web_identity import take_role


def job_environment(workflows: Path, job: str, environment: str) -> str:
    """The GitHub environment of a job; what is in braces is the environment of oleoduto.toml."""
    for path in (workflows / name for name in ("environment.yaml", "backend.yaml")):
        found = yaml.safe_load(path.read_text())["jobs"].get(job, {})
        if "environment" in found:
            assert "id-token" in found["permissions"], f"{path.name}: {job} may not ask for a token"
            return re.sub(r"\$\{\{[^}]*\}\}", environment, found["environment"])
    raise SystemExit(f"the job {job} has no environment: no role trusts it")


def main() -> None:
    """Write the keys of the role into the job's environment."""
    given = os.environ
    chosen = job_environment(Path(given["ACT_WORKFLOWS"]), given["GITHUB_JOB"], given["ACT_ENVIRONMENT"])
    subject = f"repo:{given['GITHUB_REPOSITORY']}:environment:{chosen}"
    local = {
        "AWS_ENDPOINT_URL": given["AWS_ENDPOINT_URL"],
        "AWS_REGION": given["REGION"],
        "AWS_SECRET_ACCESS_KEY": given["ACT_SECRET"],
    }
    keys = take_role(local, given["ROLE"], subject, given["SESSION"], int(given["DURATION"]))
    with Path(given["GITHUB_ENV"]).open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in keys.items())


main()
