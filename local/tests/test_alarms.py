"""Alarms: CloudWatch's rules on points in time, and messages of a running server when services publish or fall silent."""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from local_support import ACCOUNT, PATIENCE, REGION, Aws, Server, wait_until

from oleoduto_local.alarms.rule import Datum, Missing, Rule, UnknownAlarmError, judge

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = 86_400


def rule(statistic: str = "Sum", missing: Missing = "notBreaching", **more: Any) -> Rule:
    given = {"period": 300, "periods": 1, "needed": 1, "comparison": "GreaterThanThreshold", "threshold": 0.0, **more}
    return Rule(statistic=statistic, missing=missing, **given)


def value(number: float, seconds_ago: float = 1.0) -> Datum:
    return Datum(NOW - timedelta(seconds=seconds_ago), number, number, number, 1.0)


@pytest.mark.parametrize(
    ("statistic", "state"),
    [("Sum", "ALARM"), ("Maximum", "ALARM"), ("SampleCount", "OK"), ("Average", "OK"), ("Minimum", "OK")],
)
def test_the_statistic_decides(statistic: str, state: str) -> None:
    assert judge(rule(statistic, threshold=2.5), [value(1.0), value(3.0)], NOW).state == state


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanThreshold", ("OK", "OK", "ALARM")),
        ("GreaterThanOrEqualToThreshold", ("OK", "ALARM", "ALARM")),
        ("LessThanThreshold", ("ALARM", "OK", "OK")),
        ("LessThanOrEqualToThreshold", ("ALARM", "ALARM", "OK")),
    ],
)
def test_the_comparison_decides(comparison: str, states: tuple[str, ...]) -> None:
    found = tuple(judge(rule(comparison=comparison, threshold=2.0), [value(number)], NOW).state for number in (1.0, 2.0, 3.0))
    assert found == states


@pytest.mark.parametrize(
    ("missing", "silent"),
    [("notBreaching", "OK"), ("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA"), ("ignore", None)],
)
def test_silence_is_what_the_alarm_says(missing: Missing, silent: str | None) -> None:
    assert judge(rule(missing=missing), [], NOW).state == silent
    assert judge(rule(missing=missing), [value(1.0, seconds_ago=301)], NOW).state == silent
    assert judge(rule(missing=missing), [value(1.0)], NOW).state == "ALARM"


def test_one_success_in_days_is_enough() -> None:
    days = rule(missing="breaching", period=DAY, periods=3, needed=3, comparison="LessThanThreshold", threshold=1.0)
    assert judge(days, [value(1.0, 2.9 * DAY)], NOW).state == "OK"
    assert judge(days, [value(1.0, 3.1 * DAY)], NOW).state == "ALARM"
    reason = judge(days, [], NOW).reason
    assert reason.startswith("Threshold Crossed: 3 out of the last 3 datapoints") and "[Breaching]" in reason


def test_some_of_the_points_are_enough_if_the_alarm_says_so() -> None:
    some = rule(periods=3, needed=2)
    assert judge(some, [value(1.0), value(1.0, 700)], NOW).state == "ALARM"
    assert judge(some, [value(1.0)], NOW).state == "OK"


def test_what_is_not_computed_is_an_error() -> None:
    with pytest.raises(UnknownAlarmError, match="the statistic p99"):
        judge(rule("p99"), [value(1.0)], NOW)
    with pytest.raises(UnknownAlarmError, match="LessThanLowerThreshold"):
        judge(rule(comparison="LessThanLowerThreshold"), [value(1.0)], NOW)


class Watch:
    """A topic with a queue as its subscriber, and alarms that notify it."""

    def __init__(self, aws: Aws, server: Server) -> None:
        self.server, self.cloudwatch = server, aws.client("cloudwatch")
        self.sns, self.sqs = aws.client("sns"), aws.client("sqs")
        self.name = f"watch-{uuid.uuid4().hex[:8]}"
        self.topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}")

    def alarm(self, namespace: str, metric: str, dimensions: dict[str, str], **more: Any) -> str:
        name = f"{self.name}-{metric}"
        self.cloudwatch.put_metric_alarm(
            **{
                "AlarmName": name,
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [self.topic],
                "OKActions": [self.topic],
                **more,
            }
        )
        return name

    def state(self, name: str) -> str:
        (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return str(alarm["StateValue"])

    def waits(self, name: str, state: str) -> None:
        wait_until(lambda: self.state(name) == state, f"{name} is {state}")

    def messages(self) -> list[Any]:
        """What came since the last look: the state of an alarm, or the text of another message."""
        found = []
        for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            text = json.loads(message["Body"])["Message"]
            found.append(json.loads(text)["NewStateValue"] if text.startswith("{") else text)
        return found

    def expect(self, *wanted: str) -> None:
        """Exactly these messages come: an alarm changes its state before it tells."""
        found: list[Any] = []

        def come() -> bool:
            found.extend(self.messages())
            return len(found) >= len(wanted)

        wait_until(come, f"the messages {wanted}")
        assert found == list(wanted)

    def advance(self, seconds: float) -> None:
        """Move CloudWatch's clock ahead."""
        keys = self.server.keys
        request = AWSRequest("POST", f"{self.server.url}/_oleoduto/clock?seconds={seconds:g}", data=b"")
        credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
        SigV4Auth(credentials, "monitoring", REGION).add_auth(request)
        prepared = request.prepare()
        sent = urllib.request.Request(prepared.url, data=b"", headers=dict(prepared.headers), method="POST")
        with urllib.request.urlopen(sent, timeout=PATIENCE) as answer:
            assert json.load(answer)["now"]

    def close(self) -> None:
        names = [alarm["AlarmName"] for alarm in self.cloudwatch.describe_alarms(AlarmNamePrefix=self.name)["MetricAlarms"]]
        self.cloudwatch.delete_alarms(AlarmNames=names)


@pytest.fixture
def watch(aws: Aws, server: Server) -> Iterator[Watch]:
    watch = Watch(aws, server)
    yield watch
    watch.close()


def test_a_failed_execution_alarms_and_silence_ends_it(aws: Aws, watch: Watch) -> None:
    machine = aws.machine({"End": {"Type": "Fail", "Error": "Broken"}}, "End")
    failed = watch.alarm("AWS/States", "ExecutionsFailed", {"StateMachineArn": machine})
    watch.waits(failed, "OK")
    watch.expect("OK")
    assert aws.execute(machine)["status"] == "FAILED"
    watch.waits(failed, "ALARM")
    watch.expect("ALARM")
    watch.advance(301)
    assert watch.state(failed) == "OK"
    watch.expect("OK")


def test_every_end_of_an_execution_is_a_metric(aws: Aws, watch: Watch) -> None:
    ends: dict[str, dict[str, Any]] = {
        "ExecutionsSucceeded": {"Type": "Succeed"},
        "ExecutionsTimedOut": {"Type": "Wait", "Seconds": 60, "End": True},
        "ExecutionsAborted": {"Type": "Wait", "Seconds": 60, "End": True},
    }
    for metric, state in ends.items():
        machine = aws.machine({"End": state}, "End", **({"TimeoutSeconds": 1} if metric == "ExecutionsTimedOut" else {}))
        alarm = watch.alarm("AWS/States", metric, {"StateMachineArn": machine})
        execution = aws.sfn.start_execution(stateMachineArn=machine)["executionArn"]
        if metric == "ExecutionsAborted":
            aws.sfn.stop_execution(executionArn=execution)
        watch.waits(alarm, "ALARM")
    longest = {"Statistic": "Maximum", "Threshold": 900}
    long = watch.alarm("AWS/States", "ExecutionTime", {"StateMachineArn": machine}, **longest)
    watch.waits(long, "OK")


def test_an_error_of_a_function_alarms(aws: Aws, watch: Watch) -> None:
    function = aws.function("def handler(event, context):\n    raise ValueError('no')\n")
    errors = watch.alarm("AWS/Lambda", "Errors", {"FunctionName": function})
    aws.functions.invoke(FunctionName=function)
    watch.waits(errors, "ALARM")


def test_a_message_in_a_queue_alarms_until_it_is_gone(watch: Watch) -> None:
    queue = watch.sqs.create_queue(QueueName=f"{watch.name}-dead")["QueueUrl"]
    metric = "ApproximateNumberOfMessagesVisible"
    alarm = watch.alarm("AWS/SQS", metric, {"QueueName": f"{watch.name}-dead"}, Statistic="Maximum")
    watch.waits(alarm, "OK")
    watch.sqs.send_message(QueueUrl=queue, MessageBody="a start that failed")
    watch.waits(alarm, "ALARM")
    watch.sqs.purge_queue(QueueUrl=queue)
    watch.waits(alarm, "OK")


def test_a_policy_without_cloudwatch_lets_no_message_through(aws: Aws, watch: Watch) -> None:
    def policy(service: str, **condition: Any) -> str:
        allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": watch.topic}
        deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sns:Publish", "Resource": watch.topic}
        tls_only = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        return json.dumps({"Version": "2012-10-17", "Statement": [{**allow, **condition}, tls_only]})

    def alarms(metric: str, text: str) -> list[Any]:
        watch.sns.set_topic_attributes(TopicArn=watch.topic, AttributeName="Policy", AttributeValue=text)
        alarm = watch.alarm("Own", metric, {})
        watch.cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": metric, "Value": 1.0}])
        watch.waits(alarm, "ALARM")
        # The next look comes after the messages of this one.
        watch.advance(0)
        return [message for message in watch.messages() if message == "ALARM"]

    other = {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}
    own = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    assert alarms("A", policy("events.amazonaws.com")) == []
    assert alarms("B", policy("cloudwatch.amazonaws.com", **other)) == []
    assert alarms("C", policy("cloudwatch.amazonaws.com", **own)) == ["ALARM"]


def test_an_encrypted_topic_needs_a_key_that_cloudwatch_may_use(aws: Aws, watch: Watch) -> None:
    kms = aws.client("kms")
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}

    def alarms(metric: str, *more: dict[str, Any]) -> list[Any]:
        document = json.dumps({"Version": "2012-10-17", "Statement": [account, *more]})
        key = kms.create_key(Policy=document)["KeyMetadata"]["Arn"]
        watch.sns.set_topic_attributes(TopicArn=watch.topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
        alarm = watch.alarm("Encrypted", metric, {}, OKActions=[])
        watch.cloudwatch.put_metric_data(Namespace="Encrypted", MetricData=[{"MetricName": metric, "Value": 1.0}])
        watch.waits(alarm, "ALARM")
        # The next look comes after the messages of this one.
        watch.advance(0)
        return watch.messages()

    use = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Resource": "*"}
    assert alarms("A") == []
    assert alarms("B", {**use, "Action": "kms:Decrypt"}) == []
    assert alarms("C", {**use, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}) == ["ALARM"]


def test_a_budget_tells_once_that_the_bill_is_over_it(aws: Aws, watch: Watch) -> None:
    budgets, bill = aws.client("budgets"), aws.client("cloudwatch")
    name = f"{watch.name}-budget"
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscriber = {"SubscriptionType": "SNS", "Address": watch.topic}
    limit = {"BudgetName": name, "BudgetLimit": {"Amount": "100", "Unit": "USD"}, "TimeUnit": "MONTHLY", "BudgetType": "COST"}
    watch.sns.set_topic_attributes(
        TopicArn=watch.topic,
        AttributeName="Policy",
        AttributeValue=json.dumps(
            {"Statement": [{"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sns:Publish"}]}
        ),
    )
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget=limit,
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [subscriber]}],
    )
    try:
        for dollars, told in ((80.0, 0), (81.0, 1), (90.0, 0)):
            charges = {"MetricName": "EstimatedCharges", "Dimensions": [{"Name": "Currency", "Value": "USD"}], "Value": dollars}
            bill.put_metric_data(Namespace="AWS/Billing", MetricData=[charges])
            watch.advance(1)
            messages = watch.messages()
            assert len(messages) == told and all("ACTUAL Amount: $81.00" in message for message in messages), messages
    finally:
        budgets.delete_budget(AccountId=ACCOUNT, BudgetName=name)


def test_the_clock_is_the_administrators(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server.url}/_oleoduto/clock?seconds=5", data=b"", timeout=PATIENCE)
