"""`oleoduto doctor`: what the account or its region would stop."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from doctor_kit import ACCOUNT, Diagnosis, doctor, path_with, says
from project import Project

IAM_DECIDES = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
ME = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:user/x"}


@pytest.fixture
def asked(bare_project: Project, tmp_path: Path) -> Callable[..., Diagnosis]:
    """Run doctor in the project; starting the real programs takes longer than all else."""
    path = path_with(tmp_path / "bin", **says()).split(os.pathsep)[0]
    return partial(doctor, bare_project, PATH=path)


@pytest.mark.parametrize(
    ("admins", "defaults", "granted", "verdict", "said"),
    [
        ([], IAM_DECIDES, [], "ok", "leaves the decision to IAM"),
        ([ME], [], [], "ok", "is an administrator of the data lake"),
        ([], [], [{"Principal": ME, "Permissions": ["CREATE_DATABASE"]}], "ok", "may create databases"),
        ([], [], [{"Principal": ME, "Permissions": ["DESCRIBE"]}], "failure", "the stack `glue` can't be applied"),
    ],
)
def test_a_data_lake_that_lets_nobody_create_a_database_is_found(
    asked: Callable[..., Diagnosis],
    fake_aws: Callable[..., str],
    admins: list[Any],
    defaults: list[Any],
    granted: list[Any],
    verdict: str,
    said: str,
) -> None:
    settings = {"DataLakeSettings": {"DataLakeAdmins": admins, "CreateDatabaseDefaultPermissions": defaults}}
    told = {
        "/GetDataLakeSettings": ("lakeformation", settings),
        "/ListPermissions": ("lakeformation", {"PrincipalResourcePermissions": granted}),
    }
    found = asked(AWS_ENDPOINT_URL=fake_aws(told=told)).findings["Lake Formation"]
    assert found["verdict"] == verdict and said in found["found"], found
    assert ("CREATE_DATABASE" in found["fix"]) == (verdict == "failure")


def test_a_data_lake_that_refuses_to_say_is_a_warning(asked: Callable[..., Diagnosis], fake_aws: Callable[..., str]) -> None:
    denied = {"/GetDataLakeSettings": ("lakeformation", {"__type": "AccessDeniedException", "Message": "no"})}
    found = asked(AWS_ENDPOINT_URL=fake_aws(told=denied)).findings["Lake Formation"]
    assert (found["verdict"], found["fix"]) == ("warning", "needs lakeformation:GetDataLakeSettings")
    assert "AccessDeniedException" in found["found"]


@pytest.mark.parametrize(
    ("answer", "verdict", "said"),
    [
        ({"KeyMetadata": {"KeyState": "Enabled"}}, "ok", ""),
        ({"KeyMetadata": {"KeyState": "PendingDeletion"}}, "failure", "is PendingDeletion"),
        ({"__type": "NotFoundException", "message": "no such key"}, "failure", "does not exist"),
        ({"__type": "AccessDeniedException", "message": "no"}, "warning", "is not readable"),
    ],
)
def test_a_key_that_cannot_be_used_is_found(
    bare_project: Project, asked: Callable[..., Diagnosis], fake_aws: Callable[..., str], answer: Any, verdict: str, said: str
) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
    configured(bare_project, f'[env.dev.security]\nkms_key = "{key}"\n')
    found = asked(AWS_ENDPOINT_URL=fake_aws(told={"TrentService.DescribeKey": ("kms", answer)})).findings["KMS key"]
    assert found["verdict"] == verdict and key in found["found"] and said in found["found"], found


@pytest.mark.parametrize(
    ("buckets", "verdict", "said"),
    [
        ({"logs": (200, "us-east-1")}, "ok", "logs"),
        ({"logs": (200, "sa-east-1")}, "failure", "logs is in sa-east-1, but the data bucket is in us-east-1"),
        ({"logs": (301, "sa-east-1")}, "failure", "logs is not in us-east-1"),
        ({}, "failure", "logs does not exist"),
        ({"logs": (403, "us-east-1")}, "warning", "belongs to another account, or is not readable"),
    ],
)
def test_a_bucket_that_can_receive_no_access_logs_is_found(
    bare_project: Project, asked: Callable[..., Diagnosis], fake_aws: Callable[..., str], buckets: Any, verdict: str, said: str
) -> None:
    configured(bare_project, '[env.dev.security]\naccess_logs = "logs"\n')
    found = asked(AWS_ENDPOINT_URL=fake_aws(buckets=buckets)).findings["access logs"]
    assert found["verdict"] == verdict and said in found["found"], found


def test_a_region_that_is_not_enabled_is_told_from_wrong_keys(
    asked: Callable[..., Diagnosis], fake_aws: Callable[..., str]
) -> None:
    """STS answers the same in both cases; a region that every account has tells them apart."""
    url = fake_aws(disabled=("af-south-1",))
    found = asked(AWS_ENDPOINT_URL=url, AWS_REGION="af-south-1")
    assert found.code == 1 and found.findings["region"]["verdict"] == "failure", found.findings
    assert "enable-region --region-name af-south-1" in found.findings["region"]["fix"]
    wrong = asked(AWS_ENDPOINT_URL=fake_aws(disabled=("af-south-1", "us-east-1")), AWS_REGION="af-south-1")
    assert wrong.findings["credentials"]["verdict"] == "warning" and "region" not in wrong.findings
    always = asked(AWS_ENDPOINT_URL=fake_aws(disabled=("sa-east-1",)), AWS_REGION="sa-east-1")
    assert "region" not in always.findings, "nobody has to enable it"


def test_what_does_not_fit_the_region_of_a_flag_is_found(
    bare_project: Project, asked: Callable[..., Diagnosis], fake_aws: Callable[..., str]
) -> None:
    configured(bare_project, '[env.dev.mlflow]\nserver = "Small"\n')
    found = asked(AWS_ENDPOINT_URL=fake_aws(), AWS_REGION="us-gov-west-1")
    assert found.code == 1 and "mlflow.server: SageMaker has no MLflow servers" in found.findings["environment"]["found"]
    assert "environment" not in asked(AWS_ENDPOINT_URL=fake_aws(), AWS_REGION="us-east-1").findings


def test_an_instance_type_without_a_quota_is_a_warning(asked: Callable[..., Diagnosis], fake_aws: Callable[..., str]) -> None:
    quotas = {"Quotas": [{"QuotaName": "ml.m5.large for spot training job usage", "Value": 4.0}]}
    url = fake_aws(told={"ServiceQuotasV20190624.ListServiceQuotas": ("servicequotas", quotas)})
    found = asked(AWS_ENDPOINT_URL=url).findings
    assert found["quota: ml.m5.large for spot training job usage"]["verdict"] == "ok"
    lacking = found["quota: ml.m5.large for processing job usage"]
    assert lacking["verdict"] == "warning" and "may lack the instance type" in lacking["found"]


def configured(project: Project, section: str) -> None:
    """Add a section to the project's configuration."""
    project.configure(f"{project.configuration.read_text()}\n{section}")
