"""The resources of operations: a service, a pattern of operations, the ARNs that its action is judged on.

`{Name}` is a parameter of the request, `{A|B}` the first that is there, `{A.B}` a member of it. A value that is an ARN
replaces the whole text. A text that does not begin with `*`, `arn:` or `{` follows the service, region and account. An
operation that is not here is an error: add it, with the resource types that AWS's Service Authorization Reference gives it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oleoduto_local.access.operations import Operation, UnknownActionError

TABLE = ("catalog", "database/{DatabaseName}", "table/{DatabaseName}/{TableInput.Name|TableName|Name}")
TABLES = ("catalog", "database/{DatabaseName}", "table/{DatabaseName}/*")
DATABASE = ("catalog", "database/{DatabaseInput.Name|Name}")
GROUP = "log-group:{logGroupName}"
REPOSITORY = "repository/{repositoryName|repositoryNames.0}"

# Service, by its signing name: pattern of operations, ARNs.
RESOURCES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "glue": (
        ("(Create|Get|Update|Delete|BatchStop|Start)(Job|JobRun|JobRuns)", ("job/{JobName|Name}",)),
        ("(Create|Get|Update|Delete|Start|Stop)Trigger", ("trigger/{Name}",)),
        # Creating one takes no resource: AWS's own table.
        ("CreateDataQualityRuleset", ("*",)),
        ("(Get|Update|Delete|List)DataQualityRulesets?", ("dataQualityRuleset/{Name}",)),
        ("CreateConnection", ("catalog",)),
        ("(Get|Update|Delete)Connection", ("catalog", "connection/{ConnectionName|Name}")),
        # Security configurations are no resources: AWS's own table.
        ("(Create|Get|Delete)SecurityConfiguration", ("*",)),
        ("GetDatabases", ("catalog", "database/*")),
        ("(Create|Get|Update)Database", DATABASE),
        ("DeleteDatabase", (*DATABASE, "table/{Name}/*", "userDefinedFunction/{Name}/*")),
        ("GetTables", TABLES),
        ("(Create|Get|Update|Delete)Table|GetPartitions?|GetPartitionIndexes|(Batch)?CreatePartition", TABLE),
        ("GetTags|TagResource|UntagResource", ("{ResourceArn}",)),
        ("GetJobs|ListJobs|GetTriggers", ("*",)),
    ),
    "lambda": (
        ("ListFunctions|GetAccountSettings", ("*",)),
        ("ListTags|TagResource|UntagResource", ("{Resource}",)),
        ("(?!List).*Function.*|List.*ByFunction|(Add|Remove)Permission|GetPolicy|Invoke", ("function:{FunctionName}",)),
    ),
    "states": (
        ("ListStateMachines|ValidateStateMachineDefinition", ("*",)),
        ("CreateStateMachine", ("stateMachine:{name}",)),
        ("(Describe|Update|Delete)StateMachine|ListStateMachineVersions|StartExecution|ListExecutions", ("{stateMachineArn}",)),
        ("(Describe|Redrive|Stop)Execution|GetExecutionHistory|DescribeStateMachineForExecution", ("{executionArn}",)),
        ("ListTagsForResource|TagResource|UntagResource", ("{resourceArn}",)),
    ),
    "sagemaker": (
        ("(Create|Describe|Stop|Update|Delete)TrainingJob", ("training-job/{TrainingJobName}",)),
        ("(Create|Describe|Stop|Delete)ProcessingJob", ("processing-job/{ProcessingJobName}",)),
        ("(Create|Describe|Update|Delete)MlflowTrackingServer", ("mlflow-tracking-server/{TrackingServerName}",)),
        ("AddTags|DeleteTags|ListTags", ("{ResourceArn}",)),
        ("List(TrainingJobs|ProcessingJobs)", ("*",)),
    ),
    "logs": (
        ("DescribeLogGroups", ("*",)),
        ("(Create|Delete)LogStream|PutLogEvents|GetLogEvents", (f"{GROUP}:log-stream:{{logStreamName}}",)),
        (
            "(Create|Delete)LogGroup|(Associate|Disassociate)KmsKey|(Put|Delete)RetentionPolicy|DescribeLogStreams|FilterLogEvents|ListTagsLogGroup",
            (GROUP,),
        ),
        ("ListTagsForResource|TagResource|UntagResource", ("{resourceArn}",)),
        ("(Create|Get|Update|Delete)LogDelivery|ListLogDeliveries|(Describe|Put)ResourcePolic(y|ies)", ("*",)),
    ),
    "monitoring": (
        ("PutMetricData|ListMetrics|GetMetric(Data|Statistics)", ("*",)),
        # A list is judged on every alarm, whatever names it asks for.
        ("DescribeAlarms", ("alarm:*",)),
        ("PutMetricAlarm|DeleteAlarms", ("alarm:{AlarmName|AlarmNames.0|AlarmNames.member.1}",)),
        (
            "(Put|Get)Dashboard|DeleteDashboards",
            ("arn:{partition}:cloudwatch::{account}:dashboard/{DashboardName|DashboardNames.0|DashboardNames.member.1}",),
        ),
        ("ListTagsForResource|TagResource|UntagResource", ("{ResourceARN}",)),
    ),
    "ecr": (
        ("GetAuthorizationToken", ("*",)),
        ("ListTagsForResource|TagResource|UntagResource", ("{resourceArn}",)),
        (
            ".*(Repository|Repositories|RepositoryPolicy|LifecyclePolicy|Image|Images|ImageScan|ImageScanFindings"
            "|ImageScanningConfiguration|ImageTagMutability|Layer|LayerPart|LayerUpload|LayerAvailability)",
            (REPOSITORY,),
        ),
    ),
    "sns": (
        ("CreateTopic", ("{Name}",)),
        ("(Get|Set)TopicAttributes|DeleteTopic|Subscribe|Publish|ListSubscriptionsByTopic", ("{TopicArn}",)),
        ("GetSubscriptionAttributes|Unsubscribe|ListTopics", ("*",)),
        ("ListTagsForResource|TagResource|UntagResource", ("{ResourceArn}",)),
    ),
    "sqs": (
        ("CreateQueue|GetQueueUrl", ("{QueueName}",)),
        ("ListQueues", ("*",)),
        (".*", ("{QueueUrl}",)),
    ),
    "budgets": (
        (".*Tag.*", ("{ResourceARN}",)),
        (
            "(Create|Describe|Update|Delete)(Budget|Notification|Subscriber|NotificationsForBudget|SubscribersForNotification)",
            ("budget/{BudgetName|Budget.BudgetName|NewBudget.BudgetName}",),
        ),
    ),
    "events": (
        ("(Put|Describe|Delete|Enable|Disable)Rule", ("rule/{Name}",)),
        ("(Put|Remove)Targets|ListTargetsByRule", ("rule/{Rule}",)),
        ("ListTagsForResource|TagResource|UntagResource", ("{ResourceARN}",)),
    ),
    "scheduler": (
        ("(Create|Get|Update|Delete)Schedule", ("schedule/{GroupName|groupName|=default}/{Name}",)),
        ("(Create|Get|Delete)ScheduleGroup", ("schedule-group/{Name}",)),
        ("ListSchedules", ("*",)),
        ("ListTagsForResource|TagResource|UntagResource", ("{ResourceArn}",)),
    ),
    "iam": (
        ("List(Roles|Policies|OpenIDConnectProviders)", ("*",)),
        ("CreateOpenIDConnectProvider", ("oidc-provider/{Url}",)),
        (".*OpenIDConnectProvider.*", ("{OpenIDConnectProviderArn}",)),
        ("(?!.*InstanceProfile$).*Role.*|UpdateAssumeRolePolicy", ("role/{RoleName}",)),
        ("CreatePolicy", ("policy/{PolicyName}",)),
        ("(Get|Delete|Tag|Untag)Policy|.*PolicyVersions?|List(PolicyTags|EntitiesForPolicy)", ("{PolicyArn}",)),
    ),
    "sts": (("AssumeRole", ("{RoleArn}",)),),
    "kms": (
        ("CreateKey|ListAliases|ListKeys", ("*",)),
        ("(Create|Update|Delete)Alias", ("{AliasName}", "key/{TargetKeyId|=*}")),
        ("(?!.*CustomKeyStores?$|GenerateRandom|ListRetirableGrants).*", ("key/{KeyId}",)),
    ),
    "ec2": (
        ("DescribeVpcAttribute", ("vpc/{VpcId}",)),
        ("Describe(DhcpOptions|NetworkInterfaces|RouteTables|SecurityGroup(s|Rules)|Subnets|VpcEndpoints|Vpcs)", ("*",)),
    ),
    "dynamodb": (
        ("ListTables", ("*",)),
        ("ListTagsOfResource|TagResource|UntagResource", ("{ResourceArn}",)),
        ("(?!.*GlobalTable).*(Table|Item|TimeToLive|ContinuousBackups)|Query|Scan", ("table/{TableName}",)),
    ),
}

# What an operation creates, where its action takes no resource but the tagging of the new one does.
CREATED = {
    ("glue", "CreateDataQualityRuleset"): "dataQualityRuleset/{Name}",
    ("glue", "CreateConnection"): "connection/{ConnectionInput.Name}",
}

# What comes before a resource's own part, where it is not the service, the region and the account.
HEADS = {
    "iam": "arn:{partition}:iam::{account}:",
    "budgets": "arn:{partition}:budgets::{account}:",
    "monitoring": "arn:{partition}:cloudwatch:{region}:{account}:",
}
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Place:
    """Where a call goes."""

    partition: str
    region: str
    account: str


def member(parameters: Mapping[str, Any], path: str) -> Any:
    """A parameter, or a member of one: `DatabaseInput.Name`, `repositoryNames.0`; a form has the path itself as its key."""
    if path in parameters:
        return parameters[path]
    found: Any = parameters
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part)] if part.isdigit() and int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def resources(operation: Operation, place: Place) -> list[str]:
    """The ARNs that an operation's action is judged on."""
    for names, forms in RESOURCES.get(operation.service, ()):
        if re.fullmatch(names, operation.name):
            return [_filled(form, operation, place) for form in forms]
    raise UnknownActionError(
        f"the map of actions does not know {operation.service}:{operation.name}; add it to access/resources.py"
    )


def created(operation: Operation, place: Place) -> str:
    """The ARN of what an operation creates."""
    form = CREATED.get((operation.service, operation.name))
    return _filled(form, operation, place) if form else resources(operation, place)[-1]


def _filled(form: str, operation: Operation, place: Place) -> str:
    known = {"partition": place.partition, "region": place.region, "account": place.account}
    whole: list[str] = []

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in known:
            return known[name]
        for choice in name.split("|"):
            found = choice[1:] if choice.startswith("=") else member(operation.parameters, choice)
            if found:
                # A queue is named by the last part of its URL.
                text = str(found).rpartition("/")[2] if choice == "QueueUrl" else str(found).removeprefix("https://")
                if text.startswith("arn:"):
                    whole.append(text)
                return text
        return "*"

    head = (
        ""
        if form.startswith(("*", "arn:"))
        else HEADS.get(operation.service, f"arn:{{partition}}:{operation.service}:{{region}}:{{account}}:")
    )
    filled = PLACEHOLDER.sub(value, head + form)
    return "*" if form == "*" else whole[0] if whole else filled
