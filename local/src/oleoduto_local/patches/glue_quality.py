"""Glue Data Quality: rulesets are kept and given back; they are not evaluated (the pipeline's quality job is)."""

from datetime import UTC, datetime
from typing import Any

from oleoduto_local.context import LocalAws
from oleoduto_local.patching import add, load, require


def install(_local: LocalAws) -> None:
    responses = load("moto.glue.responses")
    response = require(responses, "GlueResponse")
    exceptions = load("moto.glue.exceptions")
    result = require(load("moto.core.responses"), "ActionResult")
    # By account and region.
    kept: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def rulesets(self: Any) -> dict[str, dict[str, Any]]:
        return kept.setdefault((self.current_account, self.region), {})

    def known(self: Any, name: str) -> dict[str, Any]:
        found = rulesets(self).get(name)
        if found is None:
            raise exceptions.EntityNotFoundException(f"Data quality ruleset {name} not found")
        return found

    # All absent in moto; without them aws_glue_data_quality_ruleset can't be created, read, changed or destroyed.
    def create_data_quality_ruleset(self: Any) -> Any:
        name = self._get_param("Name")
        if name in rulesets(self):
            raise exceptions.AlreadyExistsException(f"Data quality ruleset {name}")
        now = datetime.now(UTC)
        members = {key: self._get_param(key) for key in ("Name", "Description", "Ruleset", "TargetTable")}
        filled = {key: value for key, value in members.items() if value is not None}
        rulesets(self)[name] = {**filled, "CreatedOn": now, "LastModifiedOn": now}
        arn = f"arn:{self.partition}:glue:{self.region}:{self.current_account}:dataQualityRuleset/{name}"
        self.glue_backend.tag_resource(arn, self._get_param("Tags") or {})
        return result({"Name": name})

    def get_data_quality_ruleset(self: Any) -> Any:
        return result(known(self, self._get_param("Name")))

    def list_data_quality_rulesets(self: Any) -> Any:
        return result({"Rulesets": list(rulesets(self).values())})

    def update_data_quality_ruleset(self: Any) -> Any:
        name = self._get_param("Name")
        found = known(self, name)
        for key in ("Description", "Ruleset"):
            value = self._get_param(key)
            if value is not None:
                found[key] = value
        found["LastModifiedOn"] = datetime.now(UTC)
        return result({"Name": name, "Description": found.get("Description"), "Ruleset": found["Ruleset"]})

    def delete_data_quality_ruleset(self: Any) -> Any:
        name = self._get_param("Name")
        known(self, name)
        del rulesets(self)[name]
        return result({})

    for function in (
        create_data_quality_ruleset,
        get_data_quality_ruleset,
        list_data_quality_rulesets,
        update_data_quality_ruleset,
        delete_data_quality_ruleset,
    ):
        add(response, function.__name__, function)
