"""Budgets: the tags call that Terraform's provider makes after every create and read."""

import json
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import add, load, replace, require


def install(local: LocalAws) -> None:
    response = load("moto.budgets.responses").BudgetsResponse
    tags: dict[str, dict[str, str]] = {}

    # moto has no tags on budgets (500), and without them aws_budgets_budget cannot be created, read or
    # destroyed.
    def list_tags_for_resource(self: Any) -> str:
        found = tags.get(self._get_param("ResourceARN"), {})
        return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in found.items()]})

    def tag_resource(self: Any) -> str:
        wanted = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []}
        tags.setdefault(self._get_param("ResourceARN"), {}).update(wanted)
        return json.dumps({})

    def untag_resource(self: Any) -> str:
        for key in self._get_param("ResourceTagKeys") or []:
            tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return json.dumps({})

    def create_budget(self: Any) -> Any:
        answer = original_create(self)
        name, account = self._get_param("Budget")["BudgetName"], self._get_param("AccountId")
        wanted = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []}
        tags[f"arn:aws:budgets::{account}:budget/{name}"] = wanted
        local.watcher.begin()
        return answer

    def found(self: Any) -> Any:
        return self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]

    # Absent in moto; the provider reads the subscribers of each notification.
    def describe_subscribers_for_notification(self: Any) -> str:
        wanted = self._get_param("Notification")
        same = ("NotificationType", "ComparisonOperator", "Threshold")
        for notification in found(self).notifications:
            if all(notification.details[key] == wanted[key] for key in same):
                return json.dumps({"Subscribers": notification.subscribers})
        return json.dumps({"Subscribers": []})

    # Absent in moto; without it a second `terraform apply` can't change a budget.
    def update_budget(self: Any) -> str:
        changed = self._get_param("NewBudget")
        budget = self.backend.budgets[self._get_param("AccountId")][changed["BudgetName"]]
        budget.budget = {**budget.budget, **changed}
        return json.dumps({})

    original_create = replace(response, "create_budget", create_budget)
    require(load("moto.budgets.models").Budget, "to_dict")
    for function in (
        list_tags_for_resource,
        tag_resource,
        untag_resource,
        describe_subscribers_for_notification,
        update_budget,
    ):
        add(response, function.__name__, function)
