"""Faults on the local AWS, one for each alarm of an environment, and what a subscriber of its topic gets."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


@dataclass(frozen=True)
class Row:
    """An alarm in the documents: what was done, how soon it told, what its message is headed, and what ends it."""

    word: str
    fault: str
    end: str
    subject: str
    seconds: float


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
        self.subjects: dict[str, str] = {}
        self.table: list[Row] = []

    def state(self, word: str) -> str:
        (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[f"{self.prefix}-{word}"])["MetricAlarms"]
        return str(alarm["StateValue"])

    def told(self, what: str) -> bool:
        """Whether a message that begins like this has come: `ALARM failed`, or a budget's."""
        for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            notification = json.loads(message["Body"])
            text = notification["Message"]
            if text.startswith("{"):
                alarm = json.loads(text)
                text = f"{alarm['NewStateValue']} {alarm['AlarmName'].removeprefix(f'{self.prefix}-')}"
            self.seen.append(text)
            self.subjects[text] = notification["Subject"]
        return any(message.startswith(what) for message in self.seen)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}; messages: {self.seen}"
            time.sleep(0.2)

    def tells(self, word: str, fault: str, end: str, cause: Callable[[], object], begins: str = "") -> None:
        """A fault puts the alarm into ALARM, and its message comes; a budget has no state, but a message."""
        self.seen.clear()
        began = time.monotonic()
        cause()
        if not begins:
            self.until(lambda: self.state(word) == "ALARM", word)
        seconds = time.monotonic() - began
        wanted = begins or f"ALARM {word}"
        self.until(lambda: self.told(wanted), f"the message of {word}")
        if begins:
            seconds = time.monotonic() - began
        text = next(text for text in self.seen if text.startswith(wanted))
        self.table.append(Row(word, fault, end, self.subjects[text], seconds))

    def execute(self, definition: Mapping[str, Any]) -> str:
        """Start an execution of another definition: the fault is in the machine."""
        self.states.update_state_machine(stateMachineArn=self.machine, definition=json.dumps(definition))
        return str(self.states.start_execution(stateMachineArn=self.machine)["executionArn"])

    def put(self, namespace: str, metric: str, value: float, **dimensions: str) -> None:
        named = [{"Name": name, "Value": text} for name, text in dimensions.items()]
        client = self.cloudwatch if namespace != "AWS/Billing" else self.project.client("cloudwatch", "us-east-1")
        client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": metric, "Dimensions": named, "Value": value}])

    def advance(self, seconds: float) -> datetime:
        """Move CloudWatch's clock ahead; its new time."""
        url = f"{self.endpoint['AWS_ENDPOINT_URL']}/_oleoduto/clock?seconds={seconds:.0f}"
        request = AWSRequest("POST", url, data=b"")
        credentials = Credentials(self.endpoint["AWS_ACCESS_KEY_ID"], self.endpoint["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "monitoring", self.endpoint["AWS_REGION"]).add_auth(request)
        headers = dict(request.prepare().headers)
        with urllib.request.urlopen(urllib.request.Request(url, b"", headers, method="POST"), timeout=60) as answer:
            return datetime.fromisoformat(json.load(answer)["now"]).astimezone(UTC)


SILENCE = "5 minutes of silence"


def faults(watch: Watch) -> dict[str, tuple[str, Callable[[], object]]]:
    """The fault of each alarm about an event, in words and as it is made."""
    own = {"Pipeline": watch.prefix, "Series": SERIES}
    machine = {"StateMachineArn": watch.machine}
    # The local AWS has no quotas, nobody waits for an hour, and no job of this test finds bad data: such figures are put.
    return {
        "failed": ("an execution fails", lambda: watch.execute(BAD)),
        "timed-out": ("an execution waits for longer than its limit", lambda: watch.execute({**WAIT, "TimeoutSeconds": 1})),
        "aborted": ("an execution is stopped", lambda: watch.states.stop_execution(executionArn=watch.execute(WAIT))),
        "throttled": ("ExecutionThrottled = 1", lambda: watch.put("AWS/States", "ExecutionThrottled", 1.0, **machine)),
        "too-long": (
            "ExecutionTime = 61 minutes",
            lambda: watch.put("AWS/States", "ExecutionTime", 61 * 60_000.0, **machine),
        ),
        "quality": ("RulesFailed = 1", lambda: watch.put("Oleoduto", "RulesFailed", 1.0, **own)),
        "degraded": ("MspeToLimit = 1.1", lambda: watch.put("Oleoduto", "MspeToLimit", 1.1, **own)),
        "fell-back": ("FellBack = 1", lambda: watch.put("Oleoduto", "FellBack", 1.0, **own)),
        "stale-data": ("DataAgeMonths = 3", lambda: watch.put("Oleoduto", "DataAgeMonths", 3.0, **own)),
    }


def every_alarm_tells(watch: Watch) -> None:
    """Each fault puts its alarm into ALARM and a message reaches the subscriber; silence or recovery ends it."""
    events = faults(watch)
    # Nothing has succeeded yet, which is the fault of `no-success`; nothing else is wrong.
    watch.until(lambda: watch.state("no-success") == "ALARM", "no-success before anything succeeded")
    watch.until(lambda: all(watch.state(word) == "OK" for word in [*events, "not-started"]), "all others are OK")
    for word, (fault, cause) in events.items():
        watch.tells(word, fault, SILENCE, cause)
    watch.advance(301)
    assert {word for word in events if watch.state(word) != "OK"} == set()

    watch.execute(GOOD)
    watch.until(lambda: watch.told("OK no-success"), "no-success ends with a success")
    watch.tells("no-success", "the clock is moved ahead by 5 days", "a success", lambda: watch.advance(5 * 86_400))

    dead = watch.sqs.get_queue_url(QueueName=f"{watch.prefix}-dead-letters")["QueueUrl"]

    def bury() -> None:
        watch.sqs.send_message(QueueUrl=dead, MessageBody="{}")

    watch.tells("not-started", "a start is in the dead-letter queue", "an empty queue", bury)
    watch.sqs.purge_queue(QueueUrl=dead)
    watch.until(lambda: watch.told("OK not-started"), "not-started ends when the queue is empty")

    the_budget_tells_once_a_month(watch)
    existing = [alarm["AlarmName"] for alarm in watch.cloudwatch.describe_alarms()["MetricAlarms"]]
    existing.append(f"{watch.prefix}-budget")
    assert sorted(row.word for row in watch.table) == sorted(name.removeprefix(f"{watch.prefix}-") for name in existing)


def the_budget_tells_once_a_month(watch: Watch) -> None:
    """A bill that stays over the budget tells nothing more; a month without one ends it, and the next bill tells again."""

    def over() -> None:
        watch.put("AWS/Billing", "EstimatedCharges", 81.0, Currency="USD")

    def told() -> int:
        watch.told("-")
        return sum("Alert Type: ACTUAL" in text for text in watch.seen)

    watch.tells("budget", "the bill is US$ 81 of 100", "a month without a bill", over, "AWS Budget Notification.")

    watch.until(lambda: told() == 1, "one message about the actual bill")
    over()
    watch.advance(1)
    assert told() == 1, watch.seen
    watch.advance(until_next_month(watch.advance(0)))
    assert told() == 1, watch.seen
    over()
    watch.until(lambda: told() == 2, "the bill of another month tells again")


def until_next_month(now: datetime) -> float:
    """Seconds until a minute after the month of a time."""
    first = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=1, second=0, microsecond=0)
    return (first - now).total_seconds()


def table(rows: list[Row]) -> str:
    """The rows as the documents show them; seconds come last, since they differ."""
    cells = [(row.word, row.fault, row.end, row.subject) for row in rows]
    cells.insert(0, ("alarm", "fault", "ends with", "message"))
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in cells]
    return "\n".join([lines[0], *(f"{line}  {row.seconds:.1f} s" for line, row in zip(lines[1:], rows, strict=True))])
