"""CloudWatch: alarms that are evaluated and notify, on the clock that can be moved ahead."""

from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import load, replace, require


def install(local: LocalAws) -> None:
    models = load("moto.cloudwatch.models")
    backend = require(models, "CloudWatchBackend")
    # Data without a time of their own have the clock's.
    replace(models, "utcnow", local.clock.naive)

    # moto's alarms begin as OK and stay that for ever.
    def put_metric_alarm(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = self.alarms.get(kwargs.get("name") or (args[0] if args else None))
        alarm = original(self, *args, **kwargs)
        alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"
        local.watcher.begin()
        return alarm

    original = replace(backend, "put_metric_alarm", put_metric_alarm)
    require(require(models, "Alarm"), "update_state")
