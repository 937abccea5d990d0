//! Who may touch a resource: the statements of the stacks' role policies that name it.

use anyhow::Context as _;
use serde_json::Value as Json;

use super::resolve::resolved;
use super::world::{Member, World};
use crate::jsonencode::json_of;

/// A line for each statement of a role's policy that names the ARN or something below it.
pub(super) fn of(world: &World, arn: &str) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for policy in world.members.iter().filter(|member| member.kind == "aws_iam_role_policy") {
        let Some(text) = policy.arguments["policy"].as_str() else { continue };
        let document = json_of(text).with_context(|| format!("the policy of {} can't be read", policy.full()))?;
        for statement in list(&document["Statement"]) {
            let resources = list(&statement["Resource"]).filter_map(Json::as_str);
            let places: Vec<String> =
                resources.map(|text| resolved(world, &policy.stack, text)).filter_map(|text| place(&text, arn)).collect();
            if !places.is_empty() {
                lines.push(format!("{}: {}{}", role(world, policy), actions(statement), below(&places)));
            }
        }
    }
    Ok(lines)
}

/// One value or a list of them, as policies write both.
fn list(value: &Json) -> impl Iterator<Item = &Json> {
    let (one, many) = match value {
        Json::Array(many) => (None, Some(many)),
        Json::Null => (None, None),
        one => (Some(one), None),
    };
    one.into_iter().chain(many.into_iter().flatten())
}

/// Where a statement's resource meets an ARN: empty at the resource itself, else the part below it. None elsewhere. What a policy
/// says of everything (`*`) is no word about a resource.
fn place(pattern: &str, arn: &str) -> Option<String> {
    if pattern == "*" {
        return None;
    }
    if let Some(below) = pattern.strip_prefix(arn) {
        return (below.is_empty() || below.starts_with(['/', ':'])).then(|| below.to_owned());
    }
    matches(pattern, arn).then(String::new)
}

/// IAM's wildcards: `*` is any text, `?` one letter.
fn matches(pattern: &str, text: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(letters.as_str(), &text[at..])),
        Some(letter) => {
            let mut rest = text.chars();
            rest.next().is_some_and(|first| letter == '?' || letter == first) && matches(letters.as_str(), rest.as_str())
        }
    }
}

fn role(world: &World, policy: &Member) -> String {
    let text = policy.arguments["role"].as_str().unwrap_or_default();
    format!("role {}", resolved(world, &policy.stack, text))
}

fn actions(statement: &Json) -> String {
    let named = |key: &str| list(&statement[key]).filter_map(Json::as_str).collect::<Vec<_>>().join(", ");
    let actions = match named("NotAction") {
        others if others.is_empty() => named("Action"),
        others => format!("everything but {others}"),
    };
    if statement["Effect"] == "Deny" { format!("never {actions}") } else { actions }
}

fn below(places: &[String]) -> String {
    let parts: Vec<&str> = places.iter().map(String::as_str).filter(|place| !place.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!(" of {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_meets_the_resource_what_is_below_it_or_neither() {
        let arn = "arn:aws:s3:::prices";
        assert_eq!(place("arn:aws:s3:::prices", arn).as_deref(), Some(""));
        assert_eq!(place("arn:aws:s3:::prices/final/*", arn).as_deref(), Some("/final/*"));
        assert_eq!(place("arn:aws:s3:::pr?c*", arn).as_deref(), Some(""));
        assert_eq!(place("arn:aws:s3:::prices-of-others", arn), None, "another bucket");
        assert_eq!(place("*", arn), None);
    }
}
