"""An environment that says everything that can be said, on the local AWS: a person applies and destroys the key and the
workflows' roles, which apply, plan and destroy the rest with their own permissions. (moto has no tracking server of MLflow.)"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import boto3
import pytest
from alarm_kit import Watch, every_alarm_tells, table
from botocore.exceptions import ClientError
from permission_kit import denied, every_grant_is_used_or_has_a_reason, roles_of
from project import Project, clean_environment
from protected_kit import (
    LOGS,
    Network,
    every_job_carries_key_and_network,
    every_place_has_the_key,
    make_log_bucket,
    make_network,
    scan,
    section,
)
from runner_kit import ACCOUNT, BUCKET, Deployment, states_in_s3
from transcripts import check
from web_identity import take_role

from oleoduto_local.access.evaluate import Call

SECTION = """
[env.full]
disposable = true
tags = {{ {tags} }}

[env.full.sizes]
glue_worker_type = "G.2X"
glue_workers = 3
training_instance = "ml.c5.xlarge"
forecast_instance = "ml.m5.xlarge"
lambda_memory_mb = 256

[env.full.schedule]
expression = "cron(0 9 ? * MON-FRI *)"
timezone = "America/Sao_Paulo"

[env.full.retention]
log_days = 400
images = 5
noncurrent_days = 30

[env.full.alarms]
email = "someone@example.org"
budget = 100

[env.full.monitoring]
log_level = "ERROR"
tracing = true

[env.full.mlflow]

[env.full.backend]
type = "s3"
bucket = "{bucket}"

[env.full.ci]
"""
PREFIX = "oleoduto-full-full"
WORDS = {
    *("failed", "timed-out", "aborted", "throttled", "too-long", "no-success", "not-started"),
    *("quality", "degraded", "fell-back", "stale-data"),
}
# What a person applies.
BY_HAND = ("cicd", "kms")
TAGS = {f"Tag{number}": f"value {number}" for number in range(12)}


@pytest.fixture(scope="module")
def network(project: Project) -> Network:
    """A running local AWS with networks, and a bucket for access logs."""
    started = project.run("local", "up")
    assert started.returncode == 0, started.stderr
    make_log_bucket(project)
    return make_network(project)


@pytest.fixture(scope="module")
def full(project: Project, network: Network) -> Deployment:
    """The environment beside that."""
    states_in_s3(project)
    path = project.folder / "oleoduto.toml"
    tags = ", ".join(f"{key} = {json.dumps(value)}" for key, value in TAGS.items())
    text = path.read_text().replace('# repository = "<owner>/<name>"', 'repository = "owner/name"')
    path.write_text(text + SECTION.format(tags=tags, bucket=BUCKET) + section("full", network))
    deployment = Deployment(project, "FULL")
    deployment.environment["OLEODUTO_ENV"] = "full"
    return deployment


def as_role(full: Deployment, what: str) -> Deployment:
    """The deployment with the keys of a role of workflows, and no others."""
    role, subject = f"arn:aws:iam::{ACCOUNT}:role/{PREFIX}-ci-{what}", f"repo:owner/name:environment:full-{what}"
    deployment = Deployment(full.project, full.series)
    deployment.environment |= full.environment | take_role(full.project.endpoint(), role, subject, "test")
    return deployment


def refused(full: Deployment, what: str) -> list[Call]:
    """The calls of a role of workflows that were denied."""
    role = roles_of(full.project)[f"{PREFIX}-ci-{what}"]
    assert len(role.calls) > 50
    return denied(role)


def without(aws: Project, role: str, action: str) -> tuple[dict[str, str], set[str]]:
    """Take the statement with an action from a role: the policy and its version until now, and all actions of the statement."""
    iam = aws.client("iam")
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        named = {"PolicyArn": policy["PolicyArn"]}
        version = {**named, "VersionId": iam.get_policy(**named)["Policy"]["DefaultVersionId"]}
        document = iam.get_policy_version(**version)["PolicyVersion"]["Document"]
        lost = [statement for statement in document["Statement"] if action in statement["Action"]]
        if lost:
            document["Statement"] = [statement for statement in document["Statement"] if statement not in lost]
            iam.create_policy_version(**named, PolicyDocument=json.dumps(document), SetAsDefault=True)
            return version, {name for statement in lost for name in statement["Action"]}
    raise AssertionError(f"{role} may not do {action}")


def test_everything_an_environment_can_say_arrives_and_goes(full: Deployment, network: Network, tmp_path: Path) -> None:
    aws, prefix = full.project, PREFIX
    full.good("apply", *BY_HAND, "--yes")
    stacks = [path.name for path in (full.out / "stacks").iterdir() if path.name not in BY_HAND]
    assert {"iam", "s3", "stepfunctions"} <= set(stacks)
    as_role(full, "apply").good("apply", "--yes", *stacks)

    (schedule,) = aws.client("scheduler").list_schedules()["Schedules"]
    schedule = aws.client("scheduler").get_schedule(Name=schedule["Name"])
    assert schedule["ScheduleExpression"] == "cron(0 9 ? * MON-FRI *)"
    assert schedule["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
    (machine,) = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    assert schedule["Target"]["Arn"] == machine["stateMachineArn"]

    alarms = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {f"{prefix}-{word}" for word in WORDS}
    (subscription,) = aws.client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == "someone@example.org"
    assert all(alarm["AlarmActions"] == [subscription["TopicArn"]] for alarm in alarms)

    job = aws.client("glue").get_job(JobName=f"{prefix}-etl")["Job"]
    assert (job["WorkerType"], job["NumberOfWorkers"]) == ("G.2X", 3)
    assert aws.client("lambda").get_function(FunctionName=f"{prefix}-training-vars")["Configuration"]["MemorySize"] == 256
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws")["logGroups"]
    assert [group["retentionInDays"] for group in groups if prefix in group["logGroupName"]] == [400] * 4
    (dashboard,) = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    body = aws.client("cloudwatch").get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"]
    assert {"metric", "alarm"} == {widget["type"] for widget in json.loads(body)["widgets"]}
    definition = json.loads(
        aws.client("stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]
    )
    assert definition["States"]["Train"]["Parameters"]["ResourceConfig"]["InstanceType"] == "ml.c5.xlarge"

    s3 = aws.client("s3")
    (bucket,) = [row["Name"] for row in s3.list_buckets()["Buckets"] if row["Name"].startswith(prefix)]
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30

    # Twelve tags of the user's own and five of ours; an object takes ten, so it has none.
    ours = {"Environment": "full", "ManagedBy": "oleoduto", "Project": "oleoduto", "Series": "FULL"}
    role = aws.client("iam").list_role_tags(RoleName=f"{prefix}-glue")["Tags"]
    assert {row["Key"]: row["Value"] for row in role} == {**TAGS, **ours, "Stack": "iam"}
    key = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"]
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    assert tags == []

    reader = as_role(full, "plan")
    plan = reader.run("plan", "--refresh", "--lock=false", *stacks)
    assert plan.returncode == 0, plan.stdout + plan.stderr
    assert refused(full, "plan") == []
    # Nothing would change, so that every plan is of known values.
    full.good("plan", "--refresh", *BY_HAND)
    scanned = scan(full, tmp_path / "plans.json")
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr
    subnets_of_several_networks_are_refused(full, network)
    lacking, lost = without(aws, f"{PREFIX}-ci-plan", "s3:GetEncryptionConfiguration")
    stopped = reader.run("plan", "--refresh", "--lock=false", "s3")
    said = " ".join((stopped.stdout + stopped.stderr).split())
    needed = re.findall(r'needs the statement \{"Effect": "Allow", "Action": "([^"]+)"', said)
    assert stopped.returncode == 1 and needed and set(needed) <= lost, said
    aws.client("iam").set_default_policy_version(**lacking)
    key = every_place_has_the_key(aws, prefix)
    every_job_carries_key_and_network(aws, machine["stateMachineArn"], key, network)
    watch = Watch(aws, prefix, machine["stateMachineArn"], subscription["TopicArn"])
    # The executions that failed for this are forgotten.
    watch.advance(301)
    every_alarm_tells(watch)
    check("alarms", table(watch.table), {f"{prefix}-": ""}, ordered=True)
    the_commands_of_the_runbook_run(full)
    as_role(full, "apply").good("destroy", "--yes", *(name for name in stacks if name not in ("iam", "s3")))
    assert refused(full, "apply") == []
    the_state_of_the_roles_is_kept(as_role(full, "apply"))
    roles = roles_of(aws)
    every_grant_is_used_or_has_a_reason(roles[f"{PREFIX}-ci-{what}"] for what in ("plan", "apply"))
    assert aws.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert aws.client("scheduler").list_schedules()["Schedules"] == []

    # A boundary can't go before the roles that it limits.
    destroyed = full.report("destroy", "--yes")
    assert destroyed["code"] == 0 and list(destroyed).index("iam") < list(destroyed).index("cicd")
    iam = aws.client("iam")
    assert iam.list_roles()["Roles"] == [] and iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert {row["Name"] for row in s3.list_buckets()["Buckets"]} == {BUCKET, LOGS}
    for name in [*stacks, *BY_HAND]:
        state = s3.get_object(Bucket=BUCKET, Key=f"oleoduto/full/full/{name}.tfstate")["Body"].read()
        assert json.loads(state)["resources"] == [], name


def subnets_of_several_networks_are_refused(full: Deployment, network: Network) -> None:
    """Only EC2 knows the networks of subnets: the plan looks, and nothing is applied."""
    path = full.project.folder / "oleoduto.toml"
    text = path.read_text()
    path.write_text(text.replace(network.subnets[1], network.stranger))
    done = full.run("plan", "glue")
    path.write_text(text)
    said = " ".join((done.stdout + done.stderr).replace("│", "").split())
    assert done.returncode == 1, said
    assert "env.full.network.subnets: these subnets are of several VPCs: name subnets of one" in said, said


def the_state_of_the_roles_is_kept(writer: Deployment) -> None:
    """The role that applies writes every state of the environment but the one with its own permissions."""
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    given = {name: writer.environment[name.upper()] for name in names}
    s3 = boto3.client("s3", endpoint_url=writer.environment["AWS_ENDPOINT_URL"], region_name="us-east-1", **given)
    with pytest.raises(ClientError, match=rf"with an explicit deny in {PREFIX}-ci-apply-keep"):
        s3.put_object(Bucket=BUCKET, Key="oleoduto/full/full/cicd.tfstate", Body=b"{}")


def the_commands_of_the_runbook_run(full: Deployment) -> None:
    """Every block marked `sh`, in its order: executions that failed, ran out of time and were stopped are there."""
    printed = full.project.run("--account", ACCOUNT, "--series", full.series, "runbook", **full.environment)
    assert printed.returncode == 0, printed.stderr
    text = printed.stdout
    for word in [*WORDS, "budget"]:
        assert f"### {PREFIX}-{word}\n" in text
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > len(WORDS)
    environment = {**clean_environment(), **full.project.endpoint()}
    # Version 1 of the AWS command line has an endpoint of its own for SQS.
    to_local = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
    script = "\n".join(["set -euo pipefail", to_local, *blocks])
    if shutil.which("aws") is None:
        # Without the AWS command line the shell at least reads them.
        assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0
        return
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Broken" in done.stdout, done.stdout
