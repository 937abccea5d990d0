"""Permissions on a running server: every call is judged by the role that makes it."""

import json
import time
import uuid
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.jwk import OctKey
from local_support import ACCOUNT, BUCKET, REGION, Aws, Server

ISSUER = "token.actions.githubusercontent.com"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
TASK = "arn:aws:states:::"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(service: str, account: str = ACCOUNT) -> list[dict[str, Any]]:
    """The trust policy of the pipeline's roles."""
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    principal = {"Service": f"{service}.amazonaws.com"}
    return [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}]


def name() -> str:
    return f"role-{uuid.uuid4().hex[:8]}"


def taken(server: Server, aws: Aws, role: str) -> Any:
    """Clients that act as a role."""
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=REGION,
    )
    return lambda service: session.client(service, endpoint_url=server.url)


@pytest.fixture(scope="module", autouse=True)
def final_data(aws: Aws) -> None:
    aws.put("final/dataproc=20260101/part-00.parquet", "rows")


def test_a_denial_names_role_action_resource_and_the_statement(server: Server, aws: Aws) -> None:
    role = aws.role(name(), [allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/final/*")])
    s3 = taken(server, aws, role)("s3")
    assert s3.get_object(Bucket=BUCKET, Key="final/dataproc=20260101/part-00.parquet")["Body"].read() == b"rows"
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=BUCKET, Key="final/x", Body=b"")
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/test"
    assert error["Message"].startswith(
        f"User: {session} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::{BUCKET}/final/x "
        "because no identity-based policy allows the s3:PutObject action"
    )
    statement = json.loads(error["Message"].partition("needs the statement ")[2])
    assert statement == allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/final/x")


def test_a_missing_object_is_missing_only_for_who_may_list(server: Server, aws: Aws) -> None:
    read = allow("s3:GetObject", OBJECTS)
    blind = taken(server, aws, aws.role(name(), [read]))("s3")
    with pytest.raises(ClientError, match=r"AccessDenied.*s3:ListBucket on resource: arn:aws:s3:::toy-bucket because"):
        blind.get_object(Bucket=BUCKET, Key="final/missing")
    with pytest.raises(ClientError, match="403"):
        blind.head_object(Bucket=BUCKET, Key="final/missing")
    within = allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", Condition={"StringLike": {"s3:prefix": "final/*"}})
    seeing = taken(server, aws, aws.role(name(), [read, within]))("s3")
    with pytest.raises(ClientError, match="NoSuchKey"):
        seeing.get_object(Bucket=BUCKET, Key="final/missing")
    with pytest.raises(ClientError, match="AccessDenied"):
        seeing.get_object(Bucket=BUCKET, Key="raw/missing")
    aws.put("final/deleted", "rows")
    aws.s3.delete_object(Bucket=BUCKET, Key="final/deleted")
    with pytest.raises(ClientError, match="AccessDenied"):
        blind.get_object(Bucket=BUCKET, Key="final/deleted")


def test_a_changed_policy_counts_at_once(server: Server, aws: Aws) -> None:
    role = aws.role(name(), [])
    s3, iam = taken(server, aws, role)("s3"), aws.client("iam")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_buckets()
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:ListAllMyBuckets")]})
    managed = iam.create_policy(PolicyName=name(), PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=managed)
    s3.list_buckets()
    denial = json.dumps({"Version": "2012-10-17", "Statement": [{**allow("s3:*"), "Effect": "Deny"}]})
    iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="no", PolicyDocument=denial)
    with pytest.raises(ClientError, match="with an explicit deny in no"):
        s3.list_buckets()
    iam.delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="no")
    nothing = json.dumps({"Version": "2012-10-17", "Statement": [allow("glue:*")]})
    limit = iam.create_policy(PolicyName=name(), PolicyDocument=nothing)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role.rpartition("/")[2], PermissionsBoundary=limit)
    with pytest.raises(ClientError, match="because no permissions boundary allows"):
        s3.list_buckets()
    iam.delete_role_permissions_boundary(RoleName=role.rpartition("/")[2])
    s3.list_buckets()


def test_what_the_server_does_not_know_is_an_error_for_a_role(server: Server, aws: Aws) -> None:
    role = aws.role(name(), [allow("*")])
    with pytest.raises(ClientError, match=r"LocalAwsFault.*does not know ec2:DescribeInstances"):
        taken(server, aws, role)("ec2").describe_instances()
    odd = aws.role(name(), [allow("*", Condition={"StringEquals": {"aws:SourceVpc": "v"}})])
    with pytest.raises(ClientError, match=r"LocalAwsFault.*condition key aws:sourcevpc"):
        taken(server, aws, odd)("s3").list_buckets()


def test_a_role_that_hands_a_role_to_a_service_needs_pass_role(server: Server, aws: Aws) -> None:
    job = {"Name": name(), "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}}
    passed = allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})
    wrong = taken(server, aws, aws.role(name(), [allow("glue:CreateJob"), passed]))("glue")
    with pytest.raises(ClientError, match=r"iam:PassRole on resource: arn:aws:iam::123456789012:role/toy .*glue.amazonaws.com"):
        wrong.create_job(Role="toy", **job)
    passed["Condition"]["StringEquals"]["iam:PassedToService"] = "glue.amazonaws.com"
    right = taken(server, aws, aws.role(name(), [allow("glue:CreateJob"), passed]))("glue")
    assert right.create_job(Role="toy", **job)["Name"] == job["Name"]


def test_a_role_that_takes_another_needs_trust_and_permission(server: Server, aws: Aws) -> None:
    target = aws.role(name(), [])
    weak = taken(server, aws, aws.role(name(), []))("sts")
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        weak.assume_role(RoleArn=target, RoleSessionName="test")
    strong = taken(server, aws, aws.role(name(), [allow("sts:AssumeRole", target)]))("sts")
    strong.assume_role(RoleArn=target, RoleSessionName="test")
    closed = aws.role(name(), [], trust("glue"))
    for sts in (aws.client("sts"), strong):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=closed, RoleSessionName="test")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("sts").assume_role(RoleArn=f"{target}-missing", RoleSessionName="test")


LAMBDA = "import boto3\ndef handler(e, c):\n    return boto3.client('s3').list_buckets()['Buckets'][0]['Name']\n"


def test_a_function_acts_as_its_role(aws: Aws) -> None:
    iam, role = aws.client("iam"), aws.role(name(), [], trust("lambda"))
    function = aws.function(LAMBDA)
    aws.functions.update_function_configuration(FunctionName=function, Role=role)

    def answer() -> Any:
        return json.loads(aws.functions.invoke(FunctionName=function)["Payload"].read())

    assert "not authorized to perform: s3:ListAllMyBuckets" in answer()["errorMessage"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:ListAllMyBuckets")]})
    iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=document)
    assert isinstance(answer(), str)
    for wrong in (trust("glue"), trust("lambda", "999999999999")):
        document = json.dumps({"Version": "2012-10-17", "Statement": wrong})
        iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=document)
        assert f"lambda.amazonaws.com cannot assume the role {role}" in answer()["errorMessage"]


def test_a_glue_job_reads_its_script_as_its_role(aws: Aws) -> None:
    role = aws.role(name(), [allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/other/*")], trust("glue"))
    job = aws.glue_job("print(1)")
    command = aws.glue.get_job(JobName=job)["Job"]["Command"]
    aws.glue.update_job(JobName=job, JobUpdate={"Role": role, "Command": command})
    run = aws.run_glue(job)
    assert run["JobRunState"] == "FAILED"
    assert "the job's script" in run["ErrorMessage"] and "s3:GetObject" in run["ErrorMessage"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("s3:ListBucket", "s3:ListBucket"),
        ("s3:GetObject", "s3:GetObject"),
        ("s3:PutObject", "s3:PutObject"),
        ("ecr:BatchGetImage", "Cannot pull the image"),
    ],
)
def test_sagemaker_reads_writes_and_pulls_as_the_role_of_the_job(aws: Aws, missing: str, said: str) -> None:
    pull = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage", "GetAuthorizationToken")
    actions = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", *(f"ecr:{action}" for action in pull)]
    role = aws.role(name(), [allow([action for action in actions if action != missing])], trust("sagemaker"))
    request = {**aws.training(), "RoleArn": role}
    aws.sagemaker.create_training_job(**request)
    job = aws.finish_training(request["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Failed" and said in job["FailureReason"]


def test_sagemaker_refuses_a_role_that_it_may_not_take(aws: Aws) -> None:
    role = aws.role(name(), [allow("*")], trust("glue"))
    with pytest.raises(ClientError, match=f"Could not assume role {role}"):
        aws.sagemaker.create_training_job(**{**aws.training(), "RoleArn": role})


def test_an_execution_acts_as_the_role_of_its_machine(aws: Aws) -> None:
    job = aws.glue_job("print(1)")
    states = {"G": {"Type": "Task", "Resource": f"{TASK}glue:startJobRun.sync", "Parameters": {"JobName": job}, "End": True}}
    machine = aws.machine(states, "G")

    def run(*actions: str) -> dict[str, Any]:
        role = aws.role(name(), [allow(list(actions), f"arn:aws:glue:*:*:job/{job}")], trust("states"))
        aws.sfn.update_state_machine(stateMachineArn=machine, roleArn=role)
        return aws.execute(machine)

    assert run("glue:StartJobRun", "glue:GetJobRun")["status"] == "SUCCEEDED"
    refused = run("glue:GetJobRun")
    assert refused["status"] == "FAILED" and "not authorized to perform: glue:StartJobRun" in refused["cause"]


def test_logs_of_a_role_without_permission_are_in_the_file_only(server: Server, aws: Aws) -> None:
    role = aws.role(name(), [], trust("lambda"))
    function = aws.function("def handler(e, c):\n    print('seen')\n")
    aws.functions.update_function_configuration(FunctionName=function, Role=role)
    aws.functions.invoke(FunctionName=function)
    assert "seen" in server.log("lambda", function)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        aws.log_lines(f"/aws/lambda/{function}")


@pytest.fixture(scope="module")
def workflow_role(aws: Aws) -> str:
    """A role for the jobs of one GitHub environment."""
    iam = aws.client("iam")
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
    condition = {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "repo:owner/name:environment:live-plan"}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": condition},
    }
    return aws.role(name(), [allow("s3:ListAllMyBuckets")], [statement])


def with_token(server: Server, role: str, secret: str | None = None, seconds: int = 3600, **claims: Any) -> Any:
    """AssumeRoleWithWebIdentity, as GitHub's action calls it."""
    usual = {
        "iss": f"https://{ISSUER}",
        "aud": "sts.amazonaws.com",
        "sub": "repo:owner/name:environment:live-plan",
        "exp": int(time.time()) + 300,
    }
    key = OctKey.import_key(secret or server.endpoint["secret_access_key"])
    given = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    token = jwt.encode({"alg": "HS256"}, given, key)
    sts = boto3.client("sts", endpoint_url=server.url, region_name=REGION, config=Config(signature_version=UNSIGNED))
    asked = {"RoleArn": role, "RoleSessionName": "run-1", "WebIdentityToken": token, "DurationSeconds": seconds}
    return sts.assume_role_with_web_identity(**asked)["Credentials"]


def test_a_workflow_gets_its_role_by_a_token(server: Server, workflow_role: str) -> None:
    given = with_token(server, workflow_role)
    session = boto3.session.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=REGION,
    )
    assert session.client("s3", endpoint_url=server.url).list_buckets()["Buckets"]
    with pytest.raises(ClientError, match="iam:ListRoles"):
        session.client("iam", endpoint_url=server.url).list_roles()


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": "repo:owner/name:environment:live-apply"}, "AccessDenied"),
        ({"aud": "other"}, "InvalidIdentityToken"),
        ({"iss": "https://evil.example"}, "InvalidIdentityToken"),
        ({"exp": 1}, "InvalidIdentityToken"),
        ({"exp": None}, "InvalidIdentityToken"),
        ({"seconds": 3601}, "ValidationError"),
        ({"secret": "x" * 40}, "InvalidIdentityToken"),
    ],
)
def test_another_token_gets_nothing(server: Server, workflow_role: str, claims: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        with_token(server, workflow_role, **claims)
    assert caught.value.response["Error"]["Code"] == code
