//! The statements that grants become: overlapping grants are one.

use std::collections::BTreeSet;

use oleoduto_cdk::Expr;

use super::grant::{Condition, Grant};
use super::pattern::covers;
use crate::policy::Statement;

/// The actions on one resource under the same conditions.
pub(super) struct Entry {
    sid: String,
    /// The number of actions of the grant that gave the `sid`.
    weight: usize,
    actions: BTreeSet<String>,
    resources: Vec<Expr>,
    conditions: Vec<Condition>,
    any_because: Option<&'static str>,
}

/// The fewest entries that allow what the grants do and no more, in the order of the first grant of each.
pub(super) fn merged(grants: &[Grant]) -> Vec<Entry> {
    by_values(by_actions(without_covered(by_resource(grants))))
}

impl Entry {
    /// The statement, with an id that is none of `sids`.
    pub(super) fn statement(self, sids: &mut BTreeSet<String>) -> Statement {
        let numbered = (2..).map(|number| format!("{}{number}", self.sid));
        let sid = std::iter::once(self.sid.clone()).chain(numbered).find(|sid| !sids.contains(sid)).unwrap_or_default();
        sids.insert(sid.clone());
        let actions: Vec<&str> = self.actions.iter().map(String::as_str).collect();
        let mut statement = Statement::allow(&sid, &actions);
        for resource in self.resources {
            statement = match self.any_because.filter(|_| resource.literal() == Some("*")) {
                Some(reason) => statement.on_any_because(reason),
                None => statement.on(resource),
            };
        }
        self.conditions.into_iter().fold(statement, |statement, Condition { operator, key, mut values }| {
            let value = if values.len() == 1 { values.remove(0) } else { Expr::Array(values) };
            statement.when(operator, &key, value)
        })
    }
}

/// An entry for each resource and conditions, with every action on it.
fn by_resource(grants: &[Grant]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for grant in grants {
        let weight = grant.actions.len();
        for resource in &grant.resources {
            let same = |entry: &&mut Entry| {
                // On every resource only what has the same reason: one statement, one reason.
                entry.resources[0] == *resource && entry.conditions == grant.conditions && entry.any_because == grant.any_because
            };
            match entries.iter_mut().find(same) {
                Some(entry) => {
                    entry.actions.extend(grant.actions.iter().cloned());
                    if weight > entry.weight {
                        (entry.sid, entry.weight) = (grant.sid.clone(), weight);
                    }
                }
                None => entries.push(Entry {
                    sid: grant.sid.clone(),
                    weight,
                    actions: grant.actions.clone(),
                    resources: vec![resource.clone()],
                    conditions: grant.conditions.clone(),
                    any_because: grant.any_because,
                }),
            }
        }
    }
    entries
}

/// Without entries that a wider one contains.
fn without_covered(entries: Vec<Entry>) -> Vec<Entry> {
    let contained = |index: usize, entry: &Entry| {
        entries.iter().enumerate().any(|(other, wide)| {
            other != index
                && wide.conditions == entry.conditions
                && entry.actions.iter().all(|action| includes(&wide.actions, action))
                && covers(&wide.resources[0], &entry.resources[0])
        })
    };
    let keep: Vec<bool> = entries.iter().enumerate().map(|(index, entry)| !contained(index, entry)).collect();
    entries.into_iter().zip(keep).filter_map(|(entry, keep)| keep.then_some(entry)).collect()
}

/// Whether an action is among others, or fits the pattern of one.
fn includes(actions: &BTreeSet<String>, action: &str) -> bool {
    actions.contains(action) || actions.iter().any(|wide| wide.strip_suffix('*').is_some_and(|start| action.starts_with(start)))
}

/// One entry for all resources with the same actions and conditions.
fn by_actions(entries: Vec<Entry>) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::new();
    for entry in entries {
        match merged.iter_mut().find(|known| known.actions == entry.actions && known.conditions == entry.conditions) {
            Some(known) => {
                known.resources.extend(entry.resources);
                known.any_because = known.any_because.or(entry.any_because);
                if entry.weight > known.weight {
                    (known.sid, known.weight) = (entry.sid, entry.weight);
                }
            }
            None => merged.push(entry),
        }
    }
    merged
}

/// One entry for all values of the same single condition.
fn by_values(entries: Vec<Entry>) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::new();
    for entry in entries {
        let same = |known: &&mut Entry| {
            let ([a], [b]) = (known.conditions.as_slice(), entry.conditions.as_slice()) else { return false };
            known.actions == entry.actions && known.resources == entry.resources && a.operator == b.operator && a.key == b.key
        };
        match merged.iter_mut().find(same) {
            Some(known) => {
                for value in entry.conditions.into_iter().flat_map(|condition| condition.values) {
                    if !known.conditions[0].values.contains(&value) {
                        known.conditions[0].values.push(value);
                    }
                }
            }
            None => merged.push(entry),
        }
    }
    merged
}
