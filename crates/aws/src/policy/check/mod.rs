//! Mistakes of policies.

mod actions;
mod conditions;
mod operators;
mod resources;
mod values;

use super::reading::Reading;

/// Everything that is wrong with the statements of a policy.
pub(super) fn mistakes(statements: &[Reading]) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut resolved = Vec::new();
    for statement in statements {
        let actions = actions::check(statement, &mut mistakes);
        resources::check(statement, &actions, &mut mistakes);
        conditions::check(statement, &actions, &mut mistakes);
        resolved.push(actions);
    }
    resources::check_together(statements, &resolved, &mut mistakes);
    mistakes
}
