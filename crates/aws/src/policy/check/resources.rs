//! Resources that the actions take.

use std::collections::BTreeMap;

use super::super::reading::Reading;
use super::super::text::{Resource, resource, shown};
use super::actions::Named;
use crate::authorization::{Action, ActionResource, ArnPattern};

/// Each action of a statement with its resources, and each resource with its actions.
pub(super) fn check(statement: &Reading, named: &[Named<'_>], mistakes: &mut Vec<String>) {
    let label = &statement.label;
    let resources: Vec<_> = statement.resources.iter().map(|expr| (expr, resource(expr))).collect();
    for (expr, _) in resources.iter().filter(|(_, resource)| matches!(resource, Resource::NoArn)) {
        mistakes.push(format!("{label} names the resource `{}`, which is neither `*` nor an ARN", shown(expr)));
    }
    let Some(arns) = arns(resources.iter().map(|(_, resource)| resource)) else { return };
    if statement.but_actions || arns.contains(&&ArnPattern::ANY) {
        return;
    }
    let before = mistakes.len();
    for named in named {
        let rows: Vec<_> = named.actions.iter().flat_map(|action| action.resources()).collect();
        let text = named.text;
        if rows.is_empty() {
            mistakes.push(format!(
                "{label} names resources for `{text}`, which takes only `*`: move it to a statement with `on_any_because` \
                 (`\"Resource\": \"*\"` in JSON)"
            ));
        } else if !rows.iter().any(|row| arns.iter().any(|arn| row.resource.meets(arn))) {
            mistakes.push(format!("{label} has no resource that `{text}` takes: name {}", formats(&rows)));
        }
    }
    // A pattern of actions or `*` may mean what nobody thought of, and one mistake is enough.
    if mistakes.len() > before || named.len() < statement.actions.len() || !named.iter().all(Named::is_exact) {
        return;
    }
    for (expr, arn) in resources.iter().filter_map(|(expr, resource)| Some((expr, known(resource)?))) {
        let mut rows = named.iter().flat_map(|named| &named.actions).flat_map(|action| action.resources());
        if !rows.any(|row| row.resource.meets(arn)) {
            mistakes.push(format!("{label} names the resource `{}`, which none of its actions takes: remove it", shown(expr)));
        }
    }
}

fn known(resource: &Resource) -> Option<&ArnPattern> {
    match resource {
        Resource::Arn(arn) => Some(arn),
        Resource::Unknown | Resource::NoArn => None,
    }
}

/// The ARNs, if there are some and all are known.
fn arns<'a>(resources: impl Iterator<Item = &'a Resource>) -> Option<Vec<&'a ArnPattern>> {
    resources.map(known).collect::<Option<Vec<_>>>().filter(|arns| !arns.is_empty())
}

/// The formats of at most four types.
fn formats(rows: &[ActionResource]) -> String {
    let mut formats: Vec<_> = rows.iter().map(|row| format!("`{}`", row.resource.arn().replace("${*}", "*"))).collect();
    formats.dedup();
    let more = if formats.len() > 4 { ", ..." } else { "" };
    formats.truncate(4);
    formats.join(" or ") + more
}

/// Whether AWS judges each required type of an action, and not only one of them. The table does not say which of them are
/// alternatives.
fn needs_each(action: Action) -> bool {
    match action.service() {
        // https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html: "the entire hierarchy".
        "glue" => action.resources().any(|row| row.required && row.resource.name() == "rootcatalog"),
        // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policy-structure.html, and aliases of KMS.
        "ec2" | "kms" => true,
        _ => false,
    }
}

/// Actions that AWS judges on several resources, over all statements of the policy.
pub(super) fn check_together(statements: &[Reading], named: &[Vec<Named<'_>>], mistakes: &mut Vec<String>) {
    let mut allowed: BTreeMap<String, (Action, &str, Vec<&Reading>)> = BTreeMap::new();
    for (statement, named) in statements.iter().zip(named).filter(|(statement, _)| statement.allows && !statement.but_actions) {
        for action in named.iter().filter(|named| named.is_exact()).flat_map(|named| &named.actions) {
            if needs_each(*action) {
                allowed.entry(action.to_string()).or_insert((*action, &statement.label, Vec::new())).2.push(statement);
            }
        }
    }
    for (name, (action, label, statements)) in allowed {
        let resources: Vec<_> = statements.iter().flat_map(|statement| &statement.resources).map(resource).collect();
        let Some(arns) = arns(resources.iter()) else { continue };
        let meets = |row: &ActionResource| arns.iter().any(|arn| row.resource.meets(arn));
        let (met, missing): (Vec<_>, Vec<_>) = action.resources().filter(|row| row.required).partition(meets);
        // Without any, the action fits none of its resources, which is said already.
        if !met.is_empty() {
            mistakes.extend(missing.iter().map(|row| {
                let (kind, arn) = (row.resource.name(), row.resource.arn());
                format!("{label} allows `{name}`, which AWS judges on the {kind} too: add the resource `{arn}`")
            }));
        }
    }
}
