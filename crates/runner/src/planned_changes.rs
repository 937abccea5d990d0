//! What a plan changes, without what differs between two plans of the same changes: times, orders, explanations.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::digest::sha256;

/// The change of one resource or output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlannedChange {
    /// The address of the resource, or `output.NAME`.
    pub(crate) address: String,
    /// Terraform's words: `["create"]`, `["delete", "create"]`, ...
    pub(crate) actions: Vec<String>,
    /// The former address, the key of a deposed object, the id of an import.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) origin: Map<String, Json>,
    pub(crate) before: Json,
    pub(crate) after: Json,
    /// The values that the apply will know: `true` in the places of `after`.
    pub(crate) unknown: Json,
}

/// All changes of a plan, sorted by address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PlannedChanges(pub(crate) Vec<PlannedChange>);

impl PlannedChanges {
    /// The changes in `terraform show -json` of a plan. Data sources are not in them: what they read is in the resources.
    /// Source: <https://developer.hashicorp.com/terraform/internals/json-format>.
    pub(crate) fn of(shown: &Json) -> Self {
        let resources = shown["resource_changes"].as_array().into_iter().flatten();
        let resources = resources.filter(|resource| resource["mode"] == "managed").filter_map(|resource| {
            let address = resource["address"].as_str()?.to_owned();
            let importing = ("importing", &resource["change"]["importing"]);
            let origin = [("previous_address", &resource["previous_address"]), ("deposed", &resource["deposed"]), importing];
            PlannedChange::of(address, &resource["change"], &origin)
        });
        let outputs = shown["output_changes"].as_object().into_iter().flatten();
        let outputs = outputs.filter_map(|(name, change)| PlannedChange::of(format!("output.{name}"), change, &[]));
        let mut changes: Vec<_> = resources.chain(outputs).collect();
        changes.sort_by_cached_key(|change| (change.address.clone(), Json::from(change.origin.clone()).to_string()));
        Self(changes)
    }

    /// The digest of all changes. Objects are sorted by key, so that equal changes have equal digests.
    pub(crate) fn digest(&self) -> String {
        let rows = self.0.iter().map(|change| {
            let origin = Json::from(change.origin.clone());
            serde_json::json!([change.address, change.actions, origin, change.before, change.after, change.unknown])
        });
        sha256(sorted(&Json::Array(rows.collect())).to_string())
    }
}

impl PlannedChange {
    /// None if nothing changes.
    fn of(address: String, change: &Json, origin: &[(&str, &Json)]) -> Option<Self> {
        let words = change["actions"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let actions: Vec<_> = words.map(str::to_owned).collect();
        let origin: Map<_, _> = origin
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| ((*name).to_owned(), (*value).clone()))
            .collect();
        if actions == ["no-op"] && origin.is_empty() {
            return None;
        }
        let side = |name: &str| sorted(&hidden(&change[name], &change[format!("{name}_sensitive")]));
        let unknown = known_omitted(&change["after_unknown"]);
        Some(Self { address, actions, origin, before: side("before"), after: side("after"), unknown })
    }

    /// The actions in a word.
    pub(crate) fn word(&self) -> String {
        match self.actions.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["delete", "create"] | ["create", "delete"] => "replace".to_owned(),
            ["no-op"] => "move".to_owned(),
            ["delete"] => "destroy".to_owned(),
            words => words.join(" and "),
        }
    }
}

/// A value whose sensitive parts are digests. The mask is Terraform's: `true`, or the structure of the value.
fn hidden(value: &Json, sensitive: &Json) -> Json {
    match (value, sensitive) {
        (Json::Null, _) => Json::Null,
        (value, Json::Bool(true)) => format!("(sensitive, sha256:{})", sha256(sorted(value).to_string())).into(),
        (Json::Object(members), Json::Object(mask)) => {
            let none = Json::Bool(false);
            let hide = |(key, value): (&String, &Json)| (key.clone(), hidden(value, mask.get(key).unwrap_or(&none)));
            members.iter().map(hide).collect()
        }
        (Json::Array(items), Json::Array(mask)) => {
            let none = Json::Bool(false);
            items.iter().enumerate().map(|(at, item)| hidden(item, mask.get(at).unwrap_or(&none))).collect()
        }
        (value, _) => value.clone(),
    }
}

/// A mask without the members that say that a value is known: Terraform writes some of them and omits others.
fn known_omitted(mask: &Json) -> Json {
    match mask {
        Json::Object(members) => {
            let kept = members.iter().map(|(key, value)| (key.clone(), known_omitted(value)));
            let kept: std::collections::BTreeMap<_, _> = kept.filter(|(_, value)| !value.is_null()).collect();
            if kept.is_empty() { Json::Null } else { kept.into_iter().collect() }
        }
        Json::Array(items) => {
            let kept: Vec<_> = items.iter().map(known_omitted).collect();
            if kept.iter().all(Json::is_null) { Json::Null } else { kept.into() }
        }
        Json::Bool(true) => true.into(),
        _ => Json::Null,
    }
}

/// A value whose objects are sorted by key, whatever feature of the JSON library is on.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let members: std::collections::BTreeMap<_, _> = members.iter().map(|(key, value)| (key, sorted(value))).collect();
            members.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(change: Json) -> Json {
        json!({"timestamp": "2026-01-01T00:00:00Z", "resource_changes": [
            {"address": "a.same", "mode": "managed", "change": {"actions": ["no-op"], "before": {}, "after": {}}},
            {"address": "data.a.read", "mode": "data", "change": {"actions": ["read"], "after": {}}},
            {"address": "a.b", "mode": "managed", "action_reason": "x", "change": change},
        ]})
    }

    #[test]
    fn a_digest_changes_with_a_value_and_not_with_an_order_or_a_time() {
        let plan = |text: &str| PlannedChanges::of(&shown(serde_json::from_str(text).unwrap()));
        let one = plan(r#"{"actions": ["create"], "after": {"x": 1, "y": [2]}, "after_unknown": {"arn": true, "y": [false]}}"#);
        assert_eq!(one.0.len(), 1);
        let two = plan(r#"{"actions": ["create"], "after": {"y": [2], "x": 1}, "after_unknown": {"y": [], "arn": true}}"#);
        assert_eq!(one.digest(), two.digest());
        let three = plan(r#"{"actions": ["create"], "after": {"x": 1, "y": [3]}, "after_unknown": {"arn": true}}"#);
        assert_ne!(one.digest(), three.digest());
        let known = plan(r#"{"actions": ["create"], "after": {"x": 1, "y": [2]}, "after_unknown": {}}"#);
        assert_ne!(one.digest(), known.digest());
    }

    #[test]
    fn a_secret_is_compared_and_not_kept() {
        let plan = |secret: &str| {
            let after = json!({"p": secret, "list": [{"q": secret}], "r": "open"});
            let mask = json!({"p": true, "list": [{"q": true}]});
            PlannedChanges::of(&shown(json!({"actions": ["create"], "after": after, "after_sensitive": mask})))
        };
        let text = serde_json::to_string(&plan("hunter2")).unwrap();
        assert!(!text.contains("hunter2") && text.contains("open"), "{text}");
        assert_ne!(plan("hunter2").digest(), plan("hunter3").digest());
    }

    #[test]
    fn moves_and_outputs_are_changes() {
        let shown = json!({
            "resource_changes": [{"address": "a.new", "previous_address": "a.old", "mode": "managed", "change": {"actions": ["no-op"]}}],
            "output_changes": {"o": {"actions": ["create"], "after": 1}, "same": {"actions": ["no-op"], "after": 1}},
        });
        let changes = PlannedChanges::of(&shown);
        let words: Vec<_> = changes.0.iter().map(|change| format!("{} {}", change.address, change.word())).collect();
        assert_eq!(words, ["a.new move", "output.o create"]);
    }
}
