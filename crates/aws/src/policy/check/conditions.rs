//! Conditions: operators that exist, keys that the actions know, values that can match.

use super::super::reading::{Condition, Reading};
use super::super::text::literals;
use super::actions::Named;
use super::operators::Operator;
use super::values;
use crate::authorization::{Action, ConditionKey, global_keys, service};
use crate::nearest::did_you_mean;

/// Each condition of a statement, and its principals.
pub(super) fn check(statement: &Reading, named: &[Named<'_>], mistakes: &mut Vec<String>) {
    let label = &statement.label;
    for condition in &statement.conditions {
        let Condition { operator: text, key, value } = condition;
        match Operator::parse(text) {
            Err(reason) => mistakes.push(format!("{label} has {reason}")),
            Ok(operator) => {
                mistakes.extend(key_mistake(statement, named, key, operator));
                let wrong = literals(value).into_iter().filter_map(|value| values::mistake(operator, key, value));
                mistakes.extend(wrong.map(|reason| format!("{label} compares `{key}` with {reason}")));
            }
        }
    }
    let services = statement.principals.iter().filter(|(kind, _)| kind == "Service").flat_map(|(_, who)| literals(who));
    let wrong = services.filter(|who| !values::is_service_principal(who));
    mistakes.extend(wrong.map(|who| {
        format!("{label} is for the service `{who}`, which is no service principal: write it as `SERVICE.amazonaws.com`")
    }));
}

fn key_mistake(statement: &Reading, named: &[Named<'_>], key: &str, operator: Operator) -> Option<String> {
    let label = &statement.label;
    if statement.but_actions || named.len() < statement.actions.len() || global_keys().any(|(known, _)| known.fits(key)) {
        return None;
    }
    let ignorant: Vec<_> = named.iter().filter(|named| !named.actions.iter().any(|action| knows(*action, key))).collect();
    if ignorant.len() == named.len() {
        let near = did_you_mean(key, candidates(named).iter().map(String::as_str));
        return Some(format!("{label} has a condition on `{key}`, which none of its actions knows{near}"));
    }
    if ignorant.is_empty() || operator.tolerates_absence || !statement.allows {
        return None;
    }
    let names: Vec<_> = ignorant.iter().map(|named| format!("`{}`", named.text)).collect();
    let names = names.join(", ");
    Some(format!(
        "{label} never allows {names}: its condition on `{key}` is about what these requests do not have; give them a statement \
         without it"
    ))
}

fn knows(action: Action, key: &str) -> bool {
    // The keys of a token are those of its issuer.
    let of_issuer = action.name() == "AssumeRoleWithWebIdentity"
        && key.rsplit_once(':').is_some_and(|(issuer, _)| issuer != "aws" && service(issuer).is_none());
    of_issuer || action.knows(key) || is_named_nowhere_else(action.service(), key)
}

/// Some services declare keys that none of their actions and resource types names: nothing is known of these.
fn is_named_nowhere_else(prefix: &str, key: &str) -> bool {
    service(prefix).is_some_and(|service| {
        service.keys().any(|(known, _)| known.fits(key)) && !service.actions().any(|action| action.knows(key))
    })
}

fn candidates(named: &[Named<'_>]) -> Vec<String> {
    let mut prefixes: Vec<_> = named.iter().flat_map(|named| &named.actions).map(|action| action.service()).collect();
    prefixes.dedup();
    let own = prefixes.into_iter().filter_map(service).flat_map(|service| service.keys().map(|(key, _)| key));
    own.chain(global_keys().map(|(key, _)| key)).map(|key: ConditionKey| key.to_string()).collect()
}
