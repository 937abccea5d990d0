//! The differences between an approved plan and a new one. Assumed values may have become real; nothing else may differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::planned_changes::{PlannedChange, PlannedChanges};

/// A value that the approved plan assumed, and the real one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// As it is in texts.
    pub(crate) assumed: String,
    pub(crate) real: Json,
}

/// Shorter values occur in other texts by chance, so they are replaced only where they are the whole text.
const PART_OF_A_TEXT: usize = 8;
/// Longer values are cut in a message.
const SHOWN: usize = 120;

/// The differences in words, a line each; none if the plans change the same.
pub(crate) fn differences(approved: &PlannedChanges, now: &PlannedChanges, replaced: &[Replaced]) -> Vec<String> {
    let by_key = |changes: &PlannedChanges| -> BTreeMap<_, _> {
        changes
            .0
            .iter()
            .map(|change| ((change.address.clone(), Json::from(change.origin.clone()).to_string()), change.clone()))
            .collect()
    };
    let (approved, now) = (by_key(approved), by_key(now));
    let keys: BTreeSet<_> = approved.keys().chain(now.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        match (approved.get(key), now.get(key)) {
            (Some(approved), Some(now)) => compare(approved, now, replaced, &mut found),
            (Some(approved), None) if settled(approved, replaced) => {}
            (Some(approved), None) => found.push(format!("{}: {} is approved and not planned now", key.0, approved.word())),
            (None, Some(now)) => found.push(format!("{}: {} is planned now and not approved", key.0, now.word())),
            (None, None) => {}
        }
    }
    found
}

fn compare(approved: &PlannedChange, now: &PlannedChange, replaced: &[Replaced], found: &mut Vec<String>) {
    let address = &approved.address;
    if approved.actions != now.actions {
        found.push(format!("{address}: {} is approved, {} is planned now", approved.word(), now.word()));
        return;
    }
    walk(&format!("{address}: present value of "), &approved.before, &now.before, replaced, found);
    walk(&format!("{address}: "), &approved.after, &now.after, replaced, found);
    walk(&format!("{address}: unknown until the apply: "), &approved.unknown, &now.unknown, &[], found);
}

/// Whether an approved update changes nothing with the real values: only the assumed ones differed from those present.
fn settled(approved: &PlannedChange, replaced: &[Replaced]) -> bool {
    let real = with_real_values(&approved.after, replaced);
    let (Json::Object(before), Json::Object(after)) = (&approved.before, &real) else { return false };
    real != approved.after
        && after.iter().all(|(key, value)| before.get(key) == Some(value))
        && before.keys().all(|key| after.contains_key(key) || approved.unknown.get(key).is_some())
}

/// Adds the places at which two values differ.
fn walk(place: &str, approved: &Json, now: &Json, replaced: &[Replaced], found: &mut Vec<String>) {
    if approved == now || &with_real_values(approved, replaced) == now {
        return;
    }
    match (approved, now) {
        (Json::Object(left), Json::Object(right)) => {
            let keys: BTreeSet<_> = left.keys().chain(right.keys()).collect();
            let member = |members: &serde_json::Map<String, Json>, key: &str| members.get(key).cloned().unwrap_or_default();
            for key in keys {
                let separator = if place.ends_with(' ') { "" } else { "." };
                walk(&format!("{place}{separator}{key}"), &member(left, key), &member(right, key), replaced, found);
            }
        }
        // Terraform sorts the elements of a set by their values, so a real value can have another place.
        (Json::Array(left), Json::Array(right)) if same_elements(left, right, replaced) => {}
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                walk(&format!("{place}[{at}]"), left, right, replaced, found);
            }
        }
        _ => {
            let (left, right) = shown(approved, now);
            let place = place.trim_end_matches([':', ' ']);
            found.push(format!("{place}: {left} is approved, {right} is planned now"));
        }
    }
}

/// Whether an array with assumed values has the same elements in another order.
fn same_elements(approved: &[Json], now: &[Json], replaced: &[Replaced]) -> bool {
    let real: Vec<_> = approved.iter().map(|item| with_real_values(item, replaced)).collect();
    let sorted = |items: &[Json]| {
        let mut texts: Vec<_> = items.iter().map(Json::to_string).collect();
        texts.sort();
        texts
    };
    real != approved && sorted(&real) == sorted(now)
}

/// A value with real values in the places of the assumed ones.
fn with_real_values(value: &Json, replaced: &[Replaced]) -> Json {
    match value {
        Json::Object(members) => members.iter().map(|(key, value)| (key.clone(), with_real_values(value, replaced))).collect(),
        Json::Array(items) => items.iter().map(|item| with_real_values(item, replaced)).collect(),
        Json::String(text) => {
            if let Some(whole) = replaced.iter().find(|value| &value.assumed == text) {
                return whole.real.clone();
            }
            let parts = replaced.iter().filter(|value| value.assumed.len() >= PART_OF_A_TEXT);
            let real = parts.fold(text.clone(), |text, value| match &value.real {
                Json::String(real) => text.replace(&value.assumed, real),
                _ => text,
            });
            real.into()
        }
        Json::Number(_) | Json::Bool(_) => {
            let text = value.to_string();
            replaced.iter().find(|value| value.assumed == text).map_or_else(|| value.clone(), |value| value.real.clone())
        }
        Json::Null => Json::Null,
    }
}

/// Two values for a message; long ones from a little before the place where they differ.
fn shown(left: &Json, right: &Json) -> (String, String) {
    let (left, right) = (left.to_string(), right.to_string());
    let same = left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count();
    let part = |text: &str| {
        if text.chars().count() <= SHOWN {
            return text.to_owned();
        }
        let start = same.saturating_sub(SHOWN / 4);
        let part: String = text.chars().skip(start).take(SHOWN).collect();
        format!("...{part}...")
    };
    (part(&left), part(&right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(rows: &[(&str, &str, Json, Json)]) -> PlannedChanges {
        let change = |(address, action, before, after): &(&str, &str, Json, Json)| PlannedChange {
            address: (*address).to_owned(),
            actions: vec![(*action).to_owned()],
            origin: serde_json::Map::new(),
            before: before.clone(),
            after: after.clone(),
            unknown: Json::Null,
        };
        PlannedChanges(rows.iter().map(change).collect())
    }

    fn update(after: Json) -> PlannedChanges {
        plan(&[("a.b", "update", json!({"size": 1, "role": "arn:before"}), after)])
    }

    fn real(assumed: &str, real: &str) -> Vec<Replaced> {
        vec![Replaced { assumed: assumed.to_owned(), real: real.into() }]
    }

    #[test]
    fn the_same_changes_have_no_difference() {
        let one = update(json!({"size": 2, "role": "arn:before"}));
        assert!(differences(&one, &one.clone(), &[]).is_empty());
    }

    #[test]
    fn a_difference_is_named_with_its_place_and_both_values() {
        let (one, two) = (update(json!({"size": 2, "tags": {"a": ["x"]}})), update(json!({"size": 512, "tags": {"a": ["y"]}})));
        let expected = ["a.b: size: 2 is approved, 512 is planned now", r#"a.b: tags.a[0]: "x" is approved, "y" is planned now"#];
        assert_eq!(differences(&one, &two, &[]), expected);
        let drifted =
            plan(&[("a.b", "update", json!({"size": 7, "role": "arn:before"}), json!({"size": 2, "tags": {"a": ["x"]}}))]);
        assert_eq!(differences(&one, &drifted, &[]), ["a.b: present value of size: 1 is approved, 7 is planned now"]);
    }

    #[test]
    fn a_change_that_was_not_seen_or_is_gone_is_a_difference() {
        let approved = plan(&[("a.b", "create", Json::Null, json!({})), ("a.c", "delete", json!({}), Json::Null)]);
        let now = plan(&[("a.b", "delete", json!({}), Json::Null), ("a.d", "create", Json::Null, json!({}))]);
        let expected = [
            "a.b: create is approved, destroy is planned now",
            "a.c: destroy is approved and not planned now",
            "a.d: create is planned now and not approved",
        ];
        assert_eq!(differences(&approved, &now, &[]), expected);
    }

    #[test]
    fn an_assumed_value_may_become_the_real_one_and_nothing_else() {
        let (assumed, became) = ("assumed-iam-role", real("assumed-iam-role", "arn:aws:iam::1:role/r"));
        let approved = update(json!({"role": assumed, "policy": format!("{{\"p\":\"{assumed}/*\"}}"), "size": 2}));
        let now = update(json!({"role": "arn:aws:iam::1:role/r", "policy": "{\"p\":\"arn:aws:iam::1:role/r/*\"}", "size": 2}));
        assert!(differences(&approved, &now, &became).is_empty());
        let other =
            update(json!({"role": "arn:aws:iam::1:role/other", "policy": "{\"p\":\"arn:aws:iam::1:role/r/*\"}", "size": 2}));
        let found = differences(&approved, &other, &became);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("a.b: role: ") && found[0].contains("role/other"), "{found:?}");
        let more = update(json!({"role": "arn:aws:iam::1:role/r", "policy": "{\"p\":\"arn:aws:iam::1:role/r/*\"}", "size": 3}));
        assert_eq!(differences(&approved, &more, &became), ["a.b: size: 2 is approved, 3 is planned now"]);
    }

    #[test]
    fn a_short_assumed_value_is_replaced_only_as_a_whole() {
        let (approved, now) = (update(json!({"size": "10", "x": "1"})), update(json!({"size": "20", "x": "2"})));
        let expected = [r#"a.b: size: "10" is approved, "20" is planned now"#];
        assert_eq!(differences(&approved, &now, &real("1", "2")), expected);
    }

    #[test]
    fn a_set_with_a_real_value_may_have_another_order_and_a_list_may_not() {
        let approved = update(json!({"set": ["assumed-a", "z"]}));
        assert!(differences(&approved, &update(json!({"set": ["z", "zz"]})), &real("assumed-a", "zz")).is_empty());
        let (one, two) = (update(json!({"list": [1, 2]})), update(json!({"list": [2, 1]})));
        assert_eq!(differences(&one, &two, &real("assumed-a", "zz")).len(), 2);
    }

    #[test]
    fn an_update_that_only_assumed_values_caused_may_disappear() {
        let approved = update(json!({"size": 1, "role": "assumed-iam-role"}));
        assert!(differences(&approved, &plan(&[]), &real("assumed-iam-role", "arn:before")).is_empty());
        let size_too = update(json!({"size": 2, "role": "assumed-iam-role"}));
        let expected = ["a.b: update is approved and not planned now"];
        assert_eq!(differences(&size_too, &plan(&[]), &real("assumed-iam-role", "arn:before")), expected);
        assert_eq!(differences(&update(json!({"size": 1, "role": "arn:before"})), &plan(&[]), &[]), expected);
    }
}
