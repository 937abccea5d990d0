"""Looks at all alarms and budgets, changes their states and notifies."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from oleoduto_local.alarms import budgets
from oleoduto_local.alarms.clock import Clock
from oleoduto_local.alarms.rule import Datum, Judgement, Rule, UnknownAlarmError, judge
from oleoduto_local.alarms.topics import alarm_message, notify
from oleoduto_local.patching import load

LOG = logging.getLogger("oleoduto_local")
# CloudWatch looks once a minute; nobody wants to wait for that here.
EVERY_SECONDS = 1.0


class Watcher:
    """A thread looks while there are alarms or budgets; without them there is no thread."""

    def __init__(self, account: str, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self._told: set[tuple[str, str]] = set()
        self._looking = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start the thread if it does not run: an alarm or a budget was created."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self._starting:
                if not any(self._alarms()) and not any(budgets.budgets(self.account)):
                    self._thread = None
                    return
            try:
                self.look()
            except Exception:
                LOG.exception("the alarms could not be evaluated")
            pause.wait(EVERY_SECONDS)

    def _alarms(self) -> Iterator[tuple[Any, Any]]:
        """Every alarm on a metric, with the backend of its region."""
        for backend in list(load("moto.cloudwatch.models").cloudwatch_backends[self.account].values()):
            for alarm in list(backend.alarms.values()):
                yield backend, alarm

    def look(self) -> None:
        """Evaluate everything once, at the clock's time."""
        with self._looking:
            now = self.clock.now()
            for backend, alarm in self._alarms():
                self._evaluate(backend, alarm, now)
            budgets.look(self.account, self._told, now)

    def _evaluate(self, backend: Any, alarm: Any, now: datetime) -> None:
        try:
            rule = rule_of(alarm)
            found = judge(rule, [*data_of(backend, alarm), *queue_data(self.account, alarm, now)], now)
        except UnknownAlarmError as error:
            found = Judgement("INSUFFICIENT_DATA", f"the local AWS does not evaluate this alarm: {error}")
        before = alarm.state_value
        if found.state is None or found.state == before:
            return
        alarm.update_state(found.reason, "{}", found.state)
        LOG.info("alarm %s: %s -> %s: %s", alarm.name, before, found.state, found.reason)
        if not alarm.actions_enabled:
            return
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }
        message = alarm_message(alarm, self.account, before, now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
        for action in actions[found.state]:
            if ":sns:" in action:
                notify(self.account, action, "cloudwatch", alarm.alarm_arn, message)
            else:
                LOG.warning("alarm %s: the local AWS does not do the action %s", alarm.name, action)


def rule_of(alarm: Any) -> Rule:
    """The rule of moto's alarm."""
    if alarm.metric_data_queries or alarm.rule or alarm.extended_statistic:
        raise UnknownAlarmError("it has metric math, a percentile or other alarms; it needs one metric and a statistic")
    periods = int(alarm.evaluation_periods)
    return Rule(
        statistic=alarm.statistic,
        period=int(alarm.period),
        periods=periods,
        needed=int(alarm.datapoints_to_alarm or periods),
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        missing=alarm.treat_missing_data or "missing",
    )


def data_of(backend: Any, alarm: Any) -> list[Datum]:
    """The data of the alarm's metric: its dimensions and no others."""
    wanted = {dimension.name: dimension.value for dimension in alarm.dimensions}
    found = []
    for datum in list(backend.metric_data):
        if (datum.namespace, datum.name) != (alarm.namespace, alarm.metric_name):
            continue
        if {dimension.name: dimension.value for dimension in datum.dimensions} == wanted:
            found.append(_datum(datum))
    return found


def _datum(datum: Any) -> Datum:
    at = datum.timestamp if datum.timestamp.tzinfo else datum.timestamp.replace(tzinfo=UTC)
    if hasattr(datum, "value"):
        return Datum(at, datum.value, datum.value, datum.value, 1.0)
    return Datum(at, datum.sum, datum.min, datum.max, datum.sample_count)


def queue_data(account: str, alarm: Any, now: datetime) -> list[Datum]:
    """What SQS says of a queue at this moment: it publishes by itself, whatever happens."""
    if (alarm.namespace, alarm.metric_name) != ("AWS/SQS", "ApproximateNumberOfMessagesVisible"):
        return []
    name = next((dimension.value for dimension in alarm.dimensions if dimension.name == "QueueName"), None)
    queue = load("moto.sqs.models").sqs_backends[account][alarm.region_name].queues.get(name)
    if queue is None:
        return []
    visible = float(queue.approximate_number_of_messages)
    return [Datum(now, visible, visible, visible, 1.0)]
