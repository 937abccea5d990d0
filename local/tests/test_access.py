"""Permissions: what requests need, what policies allow, and what the record says of it; without a server."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from oleoduto_local.access import report
from oleoduto_local.access.actions import needed
from oleoduto_local.access.conditions import holds
from oleoduto_local.access.evaluate import Call, judge, trusts
from oleoduto_local.access.operations import UnknownActionError
from oleoduto_local.access.policy import Condition, UnknownPolicyError, parse
from oleoduto_local.access.record import Record
from oleoduto_local.access.request import Request
from oleoduto_local.access.resources import Place
from oleoduto_local.access.roles import RolePolicies

HERE = Place("aws", "us-east-1", "123456789012")
ROLE = "arn:aws:iam::123456789012:role/toy"


def calls(service: str, method: str = "POST", path: str = "/", body: Any = b"", **headers: str) -> list[tuple[str, str]]:
    """What a request needs: actions and resources."""
    return [(call.action, call.resource) for call in needs(service, method, path, body, **headers)]


def needs(service: str, method: str = "POST", path: str = "/", body: Any = b"", **headers: str) -> list[Call]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    environ: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request"
    environ |= {
        "REQUEST_METHOD": method,
        "RAW_URI": path,
        "QUERY_STRING": path.partition("?")[2],
        "HTTP_AUTHORIZATION": scope,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
    }
    return needed(Request(environ), HERE, lambda name: f"arn:aws:iam::123456789012:policy/{name}-limit")


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:123456789012:{resource}"


def test_s3_requests() -> None:
    bucket, key = "arn:aws:s3:::b", "arn:aws:s3:::b/a/x y"
    expected = {
        ("GET", "/"): [("s3:ListAllMyBuckets", "*")],
        ("PUT", "/b"): [("s3:CreateBucket", bucket)],
        ("HEAD", "/b"): [("s3:ListBucket", bucket)],
        ("GET", "/b?list-type=2&prefix=a%2F"): [("s3:ListBucket", bucket)],
        ("GET", "/b?versions"): [("s3:ListBucketVersions", bucket)],
        ("GET", "/b?encryption"): [("s3:GetEncryptionConfiguration", bucket)],
        ("DELETE", "/b?policy"): [("s3:DeleteBucketPolicy", bucket)],
        ("DELETE", "/b?lifecycle"): [("s3:PutLifecycleConfiguration", bucket)],
        ("DELETE", "/b"): [("s3:DeleteBucket", bucket)],
        ("GET", "/b/a/x%20y"): [("s3:GetObject", key)],
        ("HEAD", "/b/a/x%20y?versionId=1"): [("s3:GetObjectVersion", key)],
        ("GET", "/b/a/x%20y?tagging&versionId=1"): [("s3:GetObjectVersionTagging", key)],
        ("PUT", "/b/a/x%20y?partNumber=1&uploadId=2"): [("s3:PutObject", key)],
        ("DELETE", "/b/a/x%20y?uploadId=2"): [("s3:AbortMultipartUpload", key)],
        ("DELETE", "/b/a/x%20y"): [("s3:DeleteObject", key)],
    }
    assert {request: calls("s3", *request) for request in expected} == expected
    copied = calls("s3", "PUT", "/b/k", x_amz_copy_source="/other/from%20here")
    assert copied == [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::other/from here")]
    body = (
        b'<Delete xmlns="x"><Object><Key>k&amp;1</Key></Object><Object><Key>k2</Key><VersionId>v</VersionId></Object></Delete>'
    )
    deleted = calls("s3", "POST", "/b?delete", body)
    assert deleted == [("s3:DeleteObject", f"{bucket}/k&1"), ("s3:DeleteObjectVersion", f"{bucket}/k2")]
    with pytest.raises(UnknownActionError, match="does not know the S3 request GET /b"):
        calls("s3", "GET", "/b?inventory&id=1")


def test_other_services_by_their_models() -> None:
    def glue(name: str, body: Any) -> list[tuple[str, str]]:
        return calls("glue", body=body, x_amz_target=f"AWSGlue.{name}")

    table = {"DatabaseName": "d", "Name": "t"}
    catalog = [("glue:GetTable", arn("glue", name)) for name in ("catalog", "database/d", "table/d/t")]
    assert glue("GetTable", table) == catalog
    assert glue("StartJobRun", {"JobName": "j"}) == [("glue:StartJobRun", arn("glue", "job/j"))]
    role = {"Name": "j", "Role": "r", "Tags": {"a": "b"}}
    assert glue("CreateJob", role) == [
        ("glue:CreateJob", arn("glue", "job/j")),
        ("glue:TagResource", arn("glue", "job/j")),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/r"),
    ]
    # Creating one takes no resource, its tags do.
    assert glue("CreateDataQualityRuleset", {"Name": "q", "Tags": {"a": "b"}}) == [
        ("glue:CreateDataQualityRuleset", "*"),
        ("glue:TagResource", arn("glue", "dataQualityRuleset/q")),
    ]
    queue = calls("sqs", body={"QueueName": "q", "tags": {"a": "b"}}, x_amz_target="AmazonSQS.CreateQueue")
    assert queue == [("sqs:CreateQueue", arn("sqs", "q")), ("sqs:TagQueue", arn("sqs", "q"))]
    body = {"AccountId": "1", "Budget": {"BudgetName": "b"}, "ResourceTags": [{"Key": "a", "Value": "b"}]}
    budget = calls("budgets", body=body, x_amz_target="AWSBudgetServiceGateway.CreateBudget")
    assert [action for action, _ in budget] == ["budgets:ModifyBudget", "budgets:TagResource"]
    function = arn("lambda", "function:f")
    assert calls("lambda", "POST", "/2015-03-31/functions/f/invocations", b"[1]") == [("lambda:InvokeFunction", function)]
    assert calls("lambda", "GET", f"/2015-03-31/functions/{function.replace(':', '%3A')}") == [("lambda:GetFunction", function)]
    assert calls("iam", body=b"Action=GetRole&RoleName=r") == [("iam:GetRole", "arn:aws:iam::123456789012:role/r")]
    assert calls("sts", body=b"Action=GetCallerIdentity") == []
    schedule = calls("scheduler", "PUT", "/schedules/s", {"Target": {"RoleArn": ROLE}})
    assert schedule == [("scheduler:UpdateSchedule", arn("scheduler", "schedule/default/s")), ("iam:PassRole", ROLE)]
    (figures,) = needs("monitoring", body={"Namespace": "N"}, x_amz_target="GraniteServiceVersion20100801.PutMetricData")
    assert figures == Call("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": ("N",)})


@pytest.mark.parametrize(
    ("service", "target", "said"),
    [
        ("glue", "AWSGlue.NoSuchThing", "has no operation 'NoSuchThing'"),
        ("glue", "AWSGlue.CreateMLTransform", "does not know glue:CreateMLTransform; add it to access/resources.py"),
        ("nothing", "", "does not know the service nothing"),
    ],
)
def test_what_the_map_does_not_know_is_an_error(service: str, target: str, said: str) -> None:
    with pytest.raises(UnknownActionError, match=said):
        calls(service, body={}, **({"x_amz_target": target} if target else {}))


def test_the_role_of_an_iam_call_has_its_boundary() -> None:
    def boundary(form: bytes) -> Any:
        return needs("iam", body=form)[0].context.get("iam:permissionsboundary")

    assert boundary(b"Action=CreateRole&RoleName=r") is None
    assert boundary(b"Action=CreateRole&RoleName=r&PermissionsBoundary=p") == ("p",)
    assert boundary(b"Action=PutRolePolicy&RoleName=r") == ("arn:aws:iam::123456789012:policy/r-limit",)


def policy(*statements: dict[str, Any]) -> Any:
    return parse("p", {"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def test_statements() -> None:
    get = Call("s3:GetObject", "arn:aws:s3:::b/raw/x")
    raw = "arn:aws:s3:::b/raw/*"
    assert judge(get, policy(allow("s3:get*", raw)), None).allowed
    assert not judge(get, policy(allow("s3:GetObject", "arn:aws:s3:::b/Raw/*")), None).allowed, "resources have a case"
    assert not judge(get, policy(allow("s3:GetObjec?", "arn:aws:s3:::b/raw")), None).allowed
    assert judge(get, policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), None).allowed
    assert not judge(get, policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), None).allowed
    assert not judge(get, policy({"Effect": "Allow", "Action": "*", "NotResource": raw}), None).allowed
    assert not judge(get, (), None).allowed
    denied = judge(get, policy(allow("*"), deny("s3:GetObject", raw)), None)
    assert (denied.allowed, denied.reason, denied.statement and denied.statement.index) == (False, "explicit-deny", 1)
    assert not judge(get, policy(allow("s3:GetObject", "arn:aws:s3:::b/[r]aw/*")), None).allowed, "brackets are brackets"


def test_a_boundary_limits_and_does_not_allow() -> None:
    get = Call("s3:GetObject", "arn:aws:s3:::b/x")
    assert judge(get, policy(allow("s3:*")), policy(allow("s3:Get*"))).allowed
    assert judge(get, policy(allow("s3:*")), policy(allow("s3:Put*"))).reason == "boundary"
    assert judge(get, policy(allow("s3:*")), policy(allow("*"), deny("s3:*"))).reason == "explicit-deny"
    assert judge(get, (), policy(allow("*"))).reason == "identity"


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "value", "expected"),
    [
        ("StringEquals", "aws:SourceAccount", "1", ("1",), True),
        ("StringEquals", "aws:SourceAccount", ["2", "1"], ("1",), True),
        ("StringEquals", "aws:SourceAccount", "1", (), False),
        ("StringEqualsIfExists", "aws:SourceAccount", "1", (), True),
        ("StringNotEquals", "aws:SourceAccount", "1", (), True),
        ("StringNotEquals", "aws:SourceAccount", ["2", "1"], ("1",), False),
        ("StringLike", "s3:prefix", "a/*", ("a/b",), True),
        ("StringNotLike", "s3:prefix", "a/*", ("a/b",), False),
        ("StringEqualsIgnoreCase", "s3:prefix", "A", ("a",), True),
        ("ArnLike", "aws:SourceArn", "arn:aws:states:*:1:stateMachine:*", ("arn:aws:states:r:1:stateMachine:x",), True),
        ("ArnLike", "aws:SourceArn", "arn:aws:*:x", ("arn:aws:states:r:1:x",), False),
        ("Bool", "aws:SecureTransport", False, ("true",), False),
        ("NumericLessThan", "s3:max-keys", "10", ("9",), True),
        ("Null", "s3:prefix", True, (), True),
        ("Null", "s3:prefix", "false", (), False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"], ("a", "c"), False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"], (), True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"], ("a", "c"), True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"], (), False),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, value: tuple[str, ...], expected: bool) -> None:
    (statement,) = policy(allow("*", Condition={operator: {key: wanted}}))
    assert holds(statement.conditions[0], {key.lower(): value}) is expected


@pytest.mark.parametrize(
    "condition", [Condition("StringMatches", "aws:sourceaccount", ("1",)), Condition("StringEquals", "aws:sourcevpc", ("v",))]
)
def test_an_unknown_operator_or_key_is_an_error_not_a_pass(condition: Condition) -> None:
    with pytest.raises(UnknownPolicyError, match="does not know the condition"):
        holds(condition, {})


def test_unknown_elements_of_a_policy_are_errors() -> None:
    for statement in ({**allow("*"), "NotPrincipal": "*"}, {**allow("*"), "Conditions": {}}, allow("*", "a/${aws:username}")):
        with pytest.raises(UnknownPolicyError):
            policy(statement)


def test_trust() -> None:
    service = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    limited = {**service, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}
    glue, states = [("Service", "glue.amazonaws.com")], [("Service", "states.amazonaws.com")]
    assert trusts(policy(limited), Call("sts:AssumeRole", "*", {"aws:sourceaccount": ("1",)}), glue).allowed
    assert not trusts(policy(limited), Call("sts:AssumeRole", "*", {"aws:sourceaccount": ("2",)}), glue).allowed
    assert not trusts(policy(limited), Call("sts:AssumeRole", "*", {"aws:sourceaccount": ("1",)}), states).allowed
    assert not trusts(policy(service), Call("sts:AssumeRoleWithWebIdentity", "*", {}), glue).allowed
    assert not trusts(policy(service, {**service, "Effect": "Deny"}), Call("sts:AssumeRole", "*", {}), glue).allowed


def recorded(folder: Path) -> report.RoleUse:
    """A role with three statements, of which it used one and a half."""
    document = {"Statement": [allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/c/*"])]}
    document["Statement"] += [allow("s3:ListBucket", "arn:aws:s3:::b"), allow("logs:PutLogEvents")]
    record = Record(folder)
    policies = RolePolicies((("p", json.dumps(document)),))
    record.policies(ROLE, policies)
    statements = policies.identity
    for call in (Call("s3:GetObject", "arn:aws:s3:::b/a/1"), Call("s3:ListBucket", "arn:aws:s3:::b")):
        for _ in range(2):
            record.call(ROLE, call, judge(call, statements, None))
    refused = Call("s3:DeleteObject", "arn:aws:s3:::b/a/1")
    record.call(ROLE, refused, judge(refused, statements, None))
    assert len((folder / "calls.jsonl").read_text().splitlines()) == 4, "each call is written once"
    assert (folder / "calls.jsonl").stat().st_mode & 0o777 == 0o600
    (role,) = report.read_record(folder)
    return role


def test_the_record_tells_unused_grants_and_denied_calls(tmp_path: Path) -> None:
    role = recorded(tmp_path)
    found = {(entry.action, entry.resource) for entry in report.unused(role)}
    assert found == {
        ("s3:putobject", "arn:aws:s3:::b/a/*"),
        ("s3:putobject", "arn:aws:s3:::b/c/*"),
        ("s3:getobject", "arn:aws:s3:::b/c/*"),
        ("logs:putlogevents", "*"),
    }
    text = report.shown([role], [report.Reason("toy", ("logs:*",), ("*",), "the service does it")])
    assert "denied    s3:DeleteObject on arn:aws:s3:::b/a/1" in text
    assert "unused    logs:putlogevents on * (the service does it)" in text


def test_a_reason_explains_an_unused_grant_of_its_role_only(tmp_path: Path) -> None:
    role = recorded(tmp_path)
    everything = report.Reason("to*", ("*",), ("*",), "why")
    assert report.unexplained(role, [everything]) == []
    assert len(report.unexplained(role, [report.Reason("other", ("*",), ("*",), "why")])) == 4
    assert len(report.unexplained(role, [report.Reason("toy", ("logs:*",), ("*",), "why")])) == 3


def test_a_statement_that_nothing_needs_is_found(tmp_path: Path) -> None:
    role = recorded(tmp_path)
    assert [statement.index for statement in report.superfluous(role, [])] == [2]
    assert report.superfluous(role, [report.Reason("toy", ("logs:*",), ("*",), "why")]) == []


def test_a_denial_is_needed_if_it_alone_refused_a_call(tmp_path: Path) -> None:
    deny = {**allow("s3:PutObject", "arn:aws:s3:::b/kept"), "Effect": "Deny"}
    idle = {**allow("s3:DeleteObject", "arn:aws:s3:::b/kept"), "Effect": "Deny"}
    policies = RolePolicies((("p", json.dumps({"Statement": [allow("s3:PutObject", "arn:aws:s3:::b/*"), deny, idle]})),))
    record = Record(tmp_path)
    record.policies(ROLE, policies)
    for key in ("kept", "free"):
        call = Call("s3:PutObject", f"arn:aws:s3:::b/{key}")
        record.call(ROLE, call, judge(call, policies.identity, None))
    (role,) = report.read_record(tmp_path)
    assert [statement.index for statement in report.superfluous(role, [])] == [2]
    assert report.superfluous(role, [report.Reason("toy", ("s3:deleteobject",), ("*",), "why")]) == []


def test_the_reasons_are_readable() -> None:
    assert all(reason.why and reason.actions and reason.role for reason in report.read_reasons())
