"""Faults on the local AWS, one for each alarm of an environment, and what a subscriber of its topic gets."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from project import Project

SERIES = "FULL"
PATIENCE = 60
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
GOOD = {"StartAt": "G", "States": {"G": {"Type": "Succeed"}}}
BAD = {"StartAt": "B", "States": {"B": {"Type": "Fail", "Error": "Broken"}}}


class Watch:
    """The alarms of an environment, with a queue that subscribes to their topic."""

    def __init__(self, project: Project, prefix: str, machine: str, topic: str) -> None:
        self.project, self.prefix, self.machine = project, prefix, machine
        self.endpoint = project.endpoint()
        self.cloudwatch, self.sqs = project.client("cloudwatch"), project.client("sqs")
        self.states = project.client("stepfunctions")
        self.queue = self.sqs.create_queue(QueueName="on-call")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        project.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.seen: list[str] = []
        self.table: list[str] = []

    def state(self, word: str) -> str:
        (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[f"{self.prefix}-{word}"])["MetricAlarms"]
        return str(alarm["StateValue"])

    def told(self, what: str) -> bool:
        """Whether a message that begins like this has come: `ALARM failed`, or a budget's."""
        for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            text = json.loads(message["Body"])["Message"]
            if text.startswith("{"):
                alarm = json.loads(text)
                text = f"{alarm['NewStateValue']} {alarm['AlarmName'].removeprefix(f'{self.prefix}-')}"
            self.seen.append(text)
        return any(message.startswith(what) for message in self.seen)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}; messages: {self.seen}"
            time.sleep(0.2)

    def execute(self, definition: Mapping[str, Any]) -> str:
        """Start an execution of another definition: the fault is in the machine."""
        self.states.update_state_machine(stateMachineArn=self.machine, definition=json.dumps(definition))
        return str(self.states.start_execution(stateMachineArn=self.machine)["executionArn"])

    def put(self, namespace: str, metric: str, value: float, **dimensions: str) -> None:
        named = [{"Name": name, "Value": text} for name, text in dimensions.items()]
        client = self.cloudwatch if namespace != "AWS/Billing" else self.project.client("cloudwatch", "us-east-1")
        client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": metric, "Dimensions": named, "Value": value}])

    def advance(self, seconds: float) -> None:
        """Move CloudWatch's clock ahead."""
        url = f"{self.endpoint['AWS_ENDPOINT_URL']}/_oleoduto/clock?seconds={seconds:g}"
        request = AWSRequest("POST", url, data=b"")
        credentials = Credentials(self.endpoint["AWS_ACCESS_KEY_ID"], self.endpoint["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "monitoring", self.endpoint["AWS_REGION"]).add_auth(request)
        headers = dict(request.prepare().headers)
        with urllib.request.urlopen(urllib.request.Request(url, b"", headers, method="POST"), timeout=60) as answer:
            assert answer.status == 200


def faults(watch: Watch) -> dict[str, Callable[[], object]]:
    """The fault of each alarm about an event."""
    own = {"Pipeline": watch.prefix, "Series": SERIES}
    machine = {"StateMachineArn": watch.machine}
    return {
        "failed": lambda: watch.execute(BAD),
        "timed-out": lambda: watch.execute({**WAIT, "TimeoutSeconds": 1}),
        "aborted": lambda: watch.states.stop_execution(executionArn=watch.execute(WAIT)),
        # The local AWS has no quotas, and nobody waits for an hour.
        "throttled": lambda: watch.put("AWS/States", "ExecutionThrottled", 1.0, **machine),
        "too-long": lambda: watch.put("AWS/States", "ExecutionTime", 61 * 60_000.0, **machine),
        "quality": lambda: watch.put("Oleoduto", "RulesFailed", 1.0, **own),
        "degraded": lambda: watch.put("Oleoduto", "MspeToLimit", 1.1, **own),
        "fell-back": lambda: watch.put("Oleoduto", "FellBack", 1.0, **own),
        "stale-data": lambda: watch.put("Oleoduto", "DataAgeMonths", 3.0, **own),
    }


def every_alarm_tells(watch: Watch) -> None:
    """Each fault puts its alarm into ALARM and a message reaches the subscriber; silence or recovery ends it."""
    events = faults(watch)
    # Nothing has succeeded yet, which is the fault of `no-success`; nothing else is wrong.
    watch.until(lambda: watch.state("no-success") == "ALARM", "no-success before anything succeeded")
    watch.until(lambda: all(watch.state(word) == "OK" for word in [*events, "not-started"]), "all others are OK")
    for word, fault in events.items():
        began = time.monotonic()
        fault()
        watch.until(lambda word=word: watch.state(word) == "ALARM", word)
        watch.table.append(f"{word}: ALARM after {time.monotonic() - began:.1f} s")
        watch.until(lambda word=word: watch.told(f"ALARM {word}"), f"the message of {word}")
    watch.advance(301)
    assert {word for word in events if watch.state(word) != "OK"} == set()

    watch.execute(GOOD)
    watch.until(lambda: watch.told("OK no-success"), "no-success ends with a success")
    watch.seen.clear()
    watch.advance(5 * 86_400)
    assert watch.state("no-success") == "ALARM"
    assert watch.told("ALARM no-success")

    dead = watch.sqs.get_queue_url(QueueName=f"{watch.prefix}-dead-letters")["QueueUrl"]
    watch.sqs.send_message(QueueUrl=dead, MessageBody="{}")
    watch.until(lambda: watch.told("ALARM not-started"), "the message of not-started")
    watch.sqs.purge_queue(QueueUrl=dead)
    watch.until(lambda: watch.told("OK not-started"), "not-started ends when the queue is empty")

    watch.put("AWS/Billing", "EstimatedCharges", 81.0, Currency="USD")
    watch.until(lambda: watch.told("AWS Budget Notification."), "the message of the budget")
    print("\n".join(watch.table))
