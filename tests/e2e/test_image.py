"""`scripts/image.sh push`: it pushes what SageMaker takes, and waits for both kinds of scans."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from project import ROOT

DIGEST = "sha256:" + "1" * 64
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER = f"""#!/usr/bin/env bash
echo "$@" >> docker.log
case "$1 $2" in
  "login --username") cat > /dev/null ;;
  "buildx inspect") exit 1 ;;
  "buildx build") echo '{{"containerimage.digest": "{DIGEST}"}}' > image.json ;;
esac
"""
# The scan's states, one for each question; the last one stays.
AWS = """#!/usr/bin/env bash
case "$*" in
  *get-login-password*) echo secret ;;
  *describe-images*) echo "$MANIFEST" ;;
  *imageScanStatus.status*)
    state=$(head -1 states)
    [ "$(wc -l < states)" -gt 1 ] && sed -i 1d states
    if [ "$state" = none ]; then
      echo "An error occurred (ScanNotFoundException) when calling DescribeImageScanFindings" >&2
      exit 254
    fi
    echo "$state" ;;
  *findingSeverityCounts*) echo "$FINDINGS" ;;
esac
"""


def push(folder: Path, *, manifest: str = DOCKER_MANIFEST, states: str = "COMPLETE", findings: str = "{}") -> tuple[int, str]:
    """Push from a copy of the script, with stand-ins for Docker and the AWS command line."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/image.sh", folder / "scripts")
    for name, text in (("docker", DOCKER), ("aws", AWS)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "states").write_text("".join(f"{state}\n" for state in states.split()))
    variables = {"MANIFEST": manifest, "FINDINGS": findings, "SCAN_SECONDS": "0"}
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(folder / "scripts/image.sh"), "push", "1.dkr.ecr.sa-east-1.amazonaws.com/ml", "abc"],
        env={**os.environ, **variables, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_builder_has_a_digest_and_writes_dockers_manifest(tmp_path: Path) -> None:
    code, said = push(tmp_path)
    assert code == 0, said
    called = (tmp_path / "docker.log").read_text()
    assert "--driver-opt image=moby/buildkit:v" in called and "@sha256:" in called
    assert ",oci-mediatypes=false," in called
    assert (tmp_path / "image.digest").read_text().strip() == DIGEST


def test_a_manifest_that_sagemaker_refuses_is_an_error(tmp_path: Path) -> None:
    code, said = push(tmp_path, manifest=OCI_MANIFEST)
    assert code == 1 and OCI_MANIFEST in said and "docker buildx rm oleoduto" in said
    assert not (tmp_path / "image.digest").exists()


@pytest.mark.parametrize("states", ["COMPLETE", "ACTIVE", "none PENDING IN_PROGRESS COMPLETE"])
def test_both_kinds_of_scans_are_waited_for(tmp_path: Path, states: str) -> None:
    code, said = push(tmp_path, states=states)
    assert code == 0 and "scan: {}" in said, said


@pytest.mark.parametrize("states", ["FAILED", "none", "UNSUPPORTED_IMAGE"])
def test_a_scan_that_does_not_end_well_is_an_error(tmp_path: Path, states: str) -> None:
    code, said = push(tmp_path, states=states)
    assert code == 1 and "did not end well" in said and (states if states != "none" else "ScanNotFoundException") in said


def test_a_critical_finding_is_an_error(tmp_path: Path) -> None:
    code, said = push(tmp_path, states="ACTIVE", findings='{"CRITICAL": 2}')
    assert code == 1 and "2 critical vulnerabilities" in said
