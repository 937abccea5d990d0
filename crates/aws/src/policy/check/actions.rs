//! Actions that exist.

use super::super::reading::Reading;
use crate::authorization::{Action, Service, service, services};
use crate::nearest::did_you_mean;

/// What a statement calls an action, and the actions that it means.
pub(super) struct Named<'a> {
    pub(super) text: &'a str,
    pub(super) actions: Vec<Action>,
}

impl Named<'_> {
    /// Whether it is one action, without wildcards.
    pub(super) fn is_exact(&self) -> bool {
        !self.text.contains(['*', '?'])
    }
}

/// The actions of a statement that exist; the others are mistakes. `*` is none of them: nothing can be said of it.
pub(super) fn check<'a>(statement: &'a Reading, mistakes: &mut Vec<String>) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    // An action without `:` is reported where statements are built.
    for (text, (prefix, name)) in statement.actions.iter().filter_map(|text| Some((text, text.split_once(':')?))) {
        // AWS takes prefixes in any case.
        match service(&prefix.to_ascii_lowercase()) {
            None => {
                let near = did_you_mean(prefix, services());
                mistakes.push(format!("{} has the action `{text}`: AWS has no service `{prefix}`{near}", statement.label));
            }
            Some(service) => match meant(service, name) {
                actions if actions.is_empty() => mistakes.push(unknown(statement, text, service, name)),
                actions => found.push(Named { text, actions }),
            },
        }
    }
    found
}

fn meant(service: &'static Service, name: &str) -> Vec<Action> {
    if name.contains(['*', '?']) { service.matching(name).collect() } else { service.action(name).into_iter().collect() }
}

fn unknown(statement: &Reading, text: &str, service: &'static Service, name: &str) -> String {
    let label = &statement.label;
    if name.contains(['*', '?']) {
        return format!("{label} has the pattern `{text}`, which fits no action of {}", service.name());
    }
    let near = did_you_mean(name, service.actions().map(Action::name));
    format!("{label} has the action `{text}`, which {} does not have{near}", service.name())
}
