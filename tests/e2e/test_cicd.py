"""The roles of the workflows, applied to the local AWS as a person does once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from project import Project

ACCOUNT = "123456789012"
PREFIX = "oleoduto-live-eia366-pbrent366"
ISSUER = "token.actions.githubusercontent.com"
# The characters of a customer-managed policy without white space, and how many of them a role can have:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICY_CHARACTERS = 6_144
POLICIES = 10


@pytest.fixture(scope="module")
def aws(project: Project) -> Project:
    """A running local AWS, a bucket of states, and a file that names a repository."""
    text = project.configuration.read_text()
    project.configure(text.replace('# repository = "<owner>/<name>"', 'repository = "owner/name"'))
    assert 'repository = "owner/name"' in project.configuration.read_text()
    for command in (["local", "up"], ["--env", "live", "backend", "up", "--yes"]):
        environment = {} if command[0] == "local" else project.endpoint()
        done = project.run(*command, **environment)
        assert done.returncode == 0, done.stderr
    return project


def test_a_person_applies_the_roles_and_workflows_can_not(aws: Project) -> None:
    done = aws.run("--env", "live", "apply", "cicd", "--yes", "--out", str(aws.folder / "out"), **aws.endpoint())
    assert done.returncode == 0, done.stderr
    iam: Any = aws.client("iam")
    (provider,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert provider["Arn"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
    for what in ("plan", "apply", "backend"):
        role = iam.get_role(RoleName=f"{PREFIX}-ci-{what}")["Role"]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": provider["Arn"]}
        subject = f"repo:owner/name:environment:live-{what}"
        assert statement["Condition"] == {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}}
        arns = [
            policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        ]
        assert 0 < len(arns) <= POLICIES and not iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        for arn in arns:
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            size = len(json.dumps(document, separators=(",", ":")))
            assert size <= POLICY_CHARACTERS, f"{arn}: {size} characters"
    listed = aws.run("--env", "live", "ci", "stacks", "--all", **aws.endpoint())
    assert listed.returncode == 0 and "cicd" not in json.loads(listed.stdout) and "iam" in json.loads(listed.stdout)


def test_plan_warns_if_the_boundary_is_not_the_one_that_the_stacks_need(aws: Project) -> None:
    iam: Any = aws.client("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{PREFIX}-boundary"
    applied = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    lacking = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(lacking), SetAsDefault=True)

    def warned() -> bool:
        done = aws.run("--env", "live", "plan", "s3", "iam", "--out", str(aws.folder / "out"), **aws.endpoint())
        # 2: there are changes to apply.
        assert done.returncode == 2, done.stderr
        said = " ".join((done.stdout + done.stderr).split())
        return "boundary in the account is not the one that these stacks need" in said and "oleoduto apply cicd" in said

    assert warned()
    iam.set_default_policy_version(PolicyArn=arn, VersionId=applied)
    assert not warned()


def test_the_pipelines_roles_have_the_boundary(aws: Project) -> None:
    done = aws.run("--env", "live", "apply", "s3", "iam", "--yes", "--out", str(aws.folder / "out"), **aws.endpoint())
    assert done.returncode == 0, done.stderr
    iam: Any = aws.client("iam")
    roles = [role for role in iam.list_roles()["Roles"] if "-ci-" not in role["RoleName"]]
    assert len(roles) >= 4
    for role in roles:
        found = iam.get_role(RoleName=role["RoleName"])["Role"]["PermissionsBoundary"]
        assert found["PermissionsBoundaryArn"] == f"arn:aws:iam::{ACCOUNT}:policy/{PREFIX}-boundary"


def test_emptying_needs_a_yes(aws: Project) -> None:
    refused = aws.run("--env", "live", "ci", "empty", **aws.endpoint())
    assert refused.returncode == 1 and f"everything in {PREFIX}-{ACCOUNT}-us-east-1 would be deleted" in refused.stderr
    local = aws.run("--env", "dev", "ci", "stacks", **aws.endpoint())
    assert local.returncode == 1 and '[env.dev.backend] type = "s3"' in local.stderr


def test_drift_of_the_workflows_is_an_error_with_its_line(aws: Project) -> None:
    missing = aws.run("ci", "check")
    assert missing.returncode == 1 and ".github/workflows/deploy.yaml is missing" in missing.stderr
    assert aws.run("ci", "generate").returncode == 0
    assert aws.run("ci", "check").returncode == 0
    path = aws.folder / ".github/workflows/deploy.yaml"
    path.write_text(path.read_text().replace("name: deploy", "name: mine", 1))
    changed = aws.run("ci", "check")
    assert changed.returncode == 1 and ".github/workflows/deploy.yaml:3 differs" in changed.stderr
    assert "run it and commit the result" in changed.stderr
