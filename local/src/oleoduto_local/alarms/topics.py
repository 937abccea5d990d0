"""Messages to topics, as far as the policy of the topic lets the service publish."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from oleoduto_local.access.evaluate import Call, trusts
from oleoduto_local.access.key_policy import refusal
from oleoduto_local.access.policy import UnknownPolicyError, parse
from oleoduto_local.patching import load

LOG = logging.getLogger("oleoduto_local")


@dataclass(frozen=True)
class Message:
    """What a subscriber gets."""

    subject: str
    text: str


def notify(account: str, topic_arn: str, service: str, source_arn: str, message: Message) -> bool:
    """Publish a message for a service, such as `cloudwatch`; returns whether it was published."""
    topic = _topic(account, topic_arn)
    if topic is None:
        LOG.warning("%s: the topic %s does not exist, so nobody is told", source_arn, topic_arn)
        return False
    try:
        allowed = may_publish(account, topic, service, source_arn)
    except UnknownPolicyError as error:
        LOG.warning("%s: the policy of %s can't be judged, so nobody is told: %s", source_arn, topic_arn, error)
        return False
    if not allowed:
        LOG.warning(
            "%s: the policy of %s does not let %s.amazonaws.com publish, so nobody is told", source_arn, topic_arn, service
        )
        return False
    key = topic.kms_master_key_id
    # Source: "Enable compatibility between event sources and encrypted topics" in the developer guide of SNS.
    needed = ("kms:Decrypt", "kms:GenerateDataKey")
    why = refusal(account, topic_arn.split(":")[3], key, f"{service}.amazonaws.com", needed, {}) if key else None
    if why is not None:
        LOG.warning("%s: %s is encrypted, and %s, so nobody is told", source_arn, topic_arn, why)
        return False
    topic.publish(message.text, subject=message.subject)
    return True


def may_publish(account: str, topic: Any, service: str, source_arn: str) -> bool:
    """What the policy of a topic says of a service that acts for this account."""
    context = {
        "aws:securetransport": ("true",),
        "aws:sourceaccount": (account,),
        "aws:sourceowner": (account,),
        "aws:sourcearn": (source_arn,),
    }
    # In the policy of a resource `{"AWS": "*"}` is everybody, services as well.
    principals = [("Service", f"{service}.amazonaws.com"), ("AWS", "*")]
    policy = parse(f"the policy of {topic.arn}", topic.policy)
    return trusts(policy, Call("SNS:Publish", topic.arn, context), principals).allowed


def _topic(account: str, arn: str) -> Any:
    region = arn.split(":")[3]
    return load("moto.sns.models").sns_backends[account][region].topics.get(arn)


def alarm_message(alarm: Any, account: str, before: str, at: str) -> Message:
    """An alarm's message, as CloudWatch writes them."""
    state = alarm.state_value
    text = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "NewStateValue": state,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": at,
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Statistic": str(alarm.statistic).upper(),
            "Dimensions": [{"name": dimension.name, "value": dimension.value} for dimension in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data or "missing",
        },
    }
    return Message(f'{state}: "{alarm.name}" in {alarm.region_name}', json.dumps(text))
