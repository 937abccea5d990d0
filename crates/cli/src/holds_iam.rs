//! Policies that somebody outside of a destroy uses: AWS refuses to delete them.

use std::collections::BTreeSet;

use anyhow::Context as _;
use aws_sdk_iam::Client;
use oleoduto_runner::StateResource;
use serde_json::Value as Json;

const ROLE: &str = "role";
const USER: &str = "user";
const GROUP: &str = "group";

/// The policies that a destroy deletes, and what it detaches before.
#[derive(Debug, Default)]
pub(crate) struct Policies<'a> {
    policies: Vec<&'a StateResource>,
    /// Kind, name and policy of each use that ends.
    uses: BTreeSet<(&'static str, &'a str, &'a str)>,
    /// The roles that are deleted: the provider detaches everything from them.
    roles: BTreeSet<&'a str>,
}

impl<'a> Policies<'a> {
    /// What the states say.
    pub(crate) fn of(resources: &'a [StateResource]) -> Self {
        let mut found = Self::default();
        for resource in resources {
            let text = |name: &str| resource.attributes[name].as_str().unwrap_or_default();
            let texts = |name: &str| resource.attributes[name].as_array().into_iter().flatten().filter_map(Json::as_str);
            let policy = text("policy_arn");
            match resource.kind.as_str() {
                "aws_iam_policy" => found.policies.push(resource),
                "aws_iam_role" => drop(found.roles.insert(text("name"))),
                "aws_iam_user" => drop(found.uses.insert((USER, text("name"), text("permissions_boundary")))),
                "aws_iam_role_policy_attachment" => drop(found.uses.insert((ROLE, text("role"), policy))),
                "aws_iam_user_policy_attachment" => drop(found.uses.insert((USER, text("user"), policy))),
                "aws_iam_group_policy_attachment" => drop(found.uses.insert((GROUP, text("group"), policy))),
                "aws_iam_policy_attachment" => {
                    for (kind, names) in [(ROLE, "roles"), (USER, "users"), (GROUP, "groups")] {
                        found.uses.extend(texts(names).map(|name| (kind, name, policy)));
                    }
                }
                _ => {}
            }
        }
        found
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The uses that stay, a line each. A policy that is gone already has none.
    pub(crate) async fn used_from_outside(&self, iam: &Client) -> anyhow::Result<Vec<String>> {
        let mut held = Vec::new();
        for resource in &self.policies {
            let arn = resource.attributes["arn"].as_str().unwrap_or_default();
            let users =
                users(iam, arn).await.with_context(|| format!("what uses `{}` could not be looked at", resource.address))?;
            let others = users.iter().filter(|(kind, name)| !self.ends(kind, name, arn));
            let line = |(kind, name): &(&str, String)| {
                format!("  {}: {} is used by the {kind} `{name}`, which stays", resource.stack, resource.address)
            };
            held.extend(others.map(line));
        }
        Ok(held)
    }

    fn ends(&self, kind: &'static str, name: &str, policy: &str) -> bool {
        self.uses.contains(&(kind, name, policy)) || (kind == ROLE && self.roles.contains(name))
    }
}

/// The kinds and names of what uses a policy, as permissions or as a boundary.
async fn users(iam: &Client, arn: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut pages = iam.list_entities_for_policy().policy_arn(arn).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_entity_exception()) => return Ok(found),
            page => page?,
        };
        found.extend(page.policy_roles().iter().filter_map(|role| Some((ROLE, role.role_name()?.to_owned()))));
        found.extend(page.policy_users().iter().filter_map(|user| Some((USER, user.user_name()?.to_owned()))));
        found.extend(page.policy_groups().iter().filter_map(|group| Some((GROUP, group.group_name()?.to_owned()))));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn uses_end_in_each_of_their_forms_and_others_stay() {
        let row = |kind: &str, attributes: Json| StateResource {
            stack: "iam".to_owned(),
            address: format!("{kind}.x"),
            kind: kind.to_owned(),
            attributes,
        };
        let resources = [
            row("aws_iam_policy", json!({"arn": "p"})),
            row("aws_iam_role", json!({"name": "gone"})),
            row("aws_iam_role_policy_attachment", json!({"role": "r", "policy_arn": "p"})),
            row("aws_iam_policy_attachment", json!({"roles": ["r2"], "groups": ["g"], "users": null, "policy_arn": "p"})),
            row("aws_s3_bucket", json!({"name": "r"})),
        ];
        let found = Policies::of(&resources);
        for (kind, name) in [(ROLE, "gone"), (ROLE, "r"), (ROLE, "r2"), (GROUP, "g")] {
            assert!(found.ends(kind, name, "p"), "{kind} {name}");
        }
        assert!(!found.ends(USER, "r", "p") && !found.ends(ROLE, "r", "another") && !found.ends(ROLE, "stays", "p"));
        assert!(!found.is_empty() && Policies::of(&resources[1..]).is_empty());
    }
}
