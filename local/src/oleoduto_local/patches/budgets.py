"""Budgets: the tags call that Terraform's provider makes after every create and read."""

import json
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import add, load, replace


def install(_local: LocalAws) -> None:
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
        return answer

    original_create = replace(response, "create_budget", create_budget)
    for function in (list_tags_for_resource, tag_resource, untag_resource):
        add(response, function.__name__, function)
