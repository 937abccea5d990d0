"""What a request needs: IAM actions on resources, with the values of condition keys."""

from collections.abc import Callable, Mapping
from typing import Any

from oleoduto_local.access import s3
from oleoduto_local.access.conditions import Context
from oleoduto_local.access.evaluate import Call
from oleoduto_local.access.operations import Operation, read_operation
from oleoduto_local.access.request import Request
from oleoduto_local.access.resources import Place, created, member, resources

# Where IAM's prefix of a service is not its signing name.
PREFIXES = {"monitoring": "cloudwatch"}
# Operations whose action has another name.
ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    **dict.fromkeys(
        (
            ("budgets", f"{verb}{noun}")
            for verb in ("Create", "Update", "Delete")
            for noun in ("Budget", "Notification", "Subscriber")
        ),
        "ModifyBudget",
    ),
    **dict.fromkeys(
        (
            ("budgets", name)
            for name in ("DescribeBudget", "DescribeNotificationsForBudget", "DescribeSubscribersForNotification")
        ),
        "ViewBudget",
    ),
}
# Calls that need no permission.
FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
# The action that creating something with tags needs as well.
TAGGING = {"sagemaker": "AddTags", "sqs": "TagQueue"}
TAGGING_IAM = {
    "CreateRole": "TagRole",
    "CreatePolicy": "TagPolicy",
    "CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
}
# The calls that hand a role to a service: the parameter that names it, and the service.
PASSING = {
    ("sagemaker", "CreateTrainingJob"): ("RoleArn", "sagemaker"),
    ("sagemaker", "CreateProcessingJob"): ("RoleArn", "sagemaker"),
    ("sagemaker", "CreateMlflowTrackingServer"): ("RoleArn", "sagemaker"),
    ("glue", "CreateJob"): ("Role", "glue"),
    ("glue", "UpdateJob"): ("JobUpdate.Role", "glue"),
    ("lambda", "CreateFunction"): ("Role", "lambda"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda"),
    ("states", "CreateStateMachine"): ("roleArn", "states"),
    ("states", "UpdateStateMachine"): ("roleArn", "states"),
    ("scheduler", "CreateSchedule"): ("Target.RoleArn", "scheduler"),
    ("scheduler", "UpdateSchedule"): ("Target.RoleArn", "scheduler"),
    ("events", "PutTargets"): ("Targets.0.RoleArn", "events"),
}
# The calls that a service makes for who calls, if a parameter is given; `{}` is its value.
ON_BEHALF = {
    ("ecr", "CreateRepository"): ("encryptionConfiguration.kmsKey", ("kms:CreateGrant", "kms:DescribeKey"), "{}"),
    ("lambda", "CreateFunction"): (
        "VpcConfig.SubnetIds",
        ("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
        "*",
    ),
}
BoundaryOf = Callable[[str], str | None]


def needed(request: Request, place: Place, boundary_of: BoundaryOf) -> list[Call]:
    """The calls that a request is judged by; `boundary_of` is the ARN of the permissions boundary of a role, by its name."""
    if request.service == "s3":
        return s3.calls(request, place.partition)
    operation = read_operation(request)
    if (operation.service, operation.name) in FREE:
        return []
    prefix = PREFIXES.get(operation.service, operation.service)
    found = resources(operation, place)
    action = ACTIONS.get((operation.service, operation.name), operation.name)
    context = _context(operation, boundary_of)
    calls = [Call(f"{prefix}:{action}", resource, context) for resource in found]
    parameters = operation.parameters
    if operation.name.startswith(("Create", "Put")) and _tagged(parameters):
        tagging = TAGGING_IAM.get(operation.name) if prefix == "iam" else TAGGING.get(prefix, "TagResource")
        calls.append(Call(f"{prefix}:{tagging}", created(operation, place)))
    name, service = PASSING.get((operation.service, operation.name), ("", ""))
    passed = member(parameters, name) if name else None
    if passed:
        role = passed if str(passed).startswith("arn:") else f"arn:{place.partition}:iam::{place.account}:role/{passed}"
        calls.append(Call("iam:PassRole", role, {"iam:passedtoservice": (f"{service}.amazonaws.com",)}))
    name, more, form = ON_BEHALF.get((operation.service, operation.name), ("", (), ""))
    given = member(parameters, name) if name else None
    if given:
        calls += [Call(each, form.format(given)) for each in more]
    return calls


def _tagged(parameters: Mapping[str, Any]) -> bool:
    given = [name for name, value in parameters.items() if value]
    return any(name.lower() in ("tags", "resourcetags") or name.lower().startswith("tags.member") for name in given)


def _context(operation: Operation, boundary_of: BoundaryOf) -> Context:
    parameters = operation.parameters
    if operation.name == "PutMetricData":
        return {"cloudwatch:namespace": (str(parameters.get("Namespace", "")),)}
    if operation.service != "iam":
        return {}
    context: dict[str, tuple[str, ...]] = {}
    if operation.name in ("CreateRole", "PutRolePermissionsBoundary"):
        boundary = parameters.get("PermissionsBoundary")
    else:
        boundary = boundary_of(str(parameters["RoleName"])) if "RoleName" in parameters else None
    if boundary:
        context["iam:permissionsboundary"] = (str(boundary),)
    if operation.name in ("AttachRolePolicy", "DetachRolePolicy"):
        context["iam:policyarn"] = (str(parameters.get("PolicyArn", "")),)
    return context
