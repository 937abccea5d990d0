//! Policies that somebody outside of a destroy uses: AWS refuses to delete them.

use std::collections::BTreeSet;

use anyhow::Context as _;
use aws_config::SdkConfig;
use oleoduto_runner::StateResource;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::aws_call::{AwsProtocol, AwsService};

const IAM: AwsService = AwsService { id: "IAM", name: "iam", protocol: AwsProtocol::Query("2010-05-08") };

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
    pub(crate) async fn used_from_outside(&self, sdk: &SdkConfig) -> anyhow::Result<Vec<String>> {
        let mut held = Vec::new();
        for resource in &self.policies {
            let arn = resource.attributes["arn"].as_str().unwrap_or_default();
            let users =
                users(sdk, arn).await.with_context(|| format!("what uses `{}` could not be looked at", resource.address))?;
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

/// What uses a policy, a page of it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    list_entities_for_policy_result: Page,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    policy_roles: Members,
    policy_users: Members,
    policy_groups: Members,
    is_truncated: bool,
    marker: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    member: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    name: String,
}

/// The kinds and names of what uses a policy, as permissions or as a boundary.
async fn users(sdk: &SdkConfig, arn: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let (mut found, mut marker) = (Vec::new(), None::<String>);
    loop {
        let fields: Vec<_> =
            [Some(("PolicyArn", arn)), marker.as_deref().map(|marker| ("Marker", marker))].into_iter().flatten().collect();
        let page = match IAM.form::<Answer>(sdk, "ListEntitiesForPolicy", &fields).await {
            Err(refused) if refused.is("NoSuchEntity") => return Ok(found),
            answer => answer?.list_entities_for_policy_result,
        };
        for (kind, members) in [(ROLE, page.policy_roles), (USER, page.policy_users), (GROUP, page.policy_groups)] {
            found.extend(members.member.into_iter().map(|member| (kind, member.name)));
        }
        marker = page.marker.filter(|next| page.is_truncated && marker.as_ref() != Some(next));
        if marker.is_none() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_call::fake::Service;
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

    #[tokio::test]
    async fn users_are_read_page_by_page() {
        let page = |result: &str| {
            let result = format!("<ListEntitiesForPolicyResult>{result}</ListEntitiesForPolicyResult>");
            format!("<ListEntitiesForPolicyResponse xmlns=\"https://iam\">\n{result}\n</ListEntitiesForPolicyResponse>")
        };
        let first = page(
            "<PolicyRoles>\n<member><RoleId>1</RoleId><RoleName>r</RoleName></member>\n<member><RoleName>r2</RoleName></member>\
             </PolicyRoles><PolicyUsers/><IsTruncated>true</IsTruncated><Marker>a+b</Marker>",
        );
        let last = page(
            "<PolicyGroups><member><GroupName>g</GroupName></member></PolicyGroups><PolicyUsers><member><UserName>u</UserName>\
             </member></PolicyUsers><IsTruncated>false</IsTruncated>",
        );
        let service = Service::with(&[(200, &first), (200, &last)]).await;
        let found = users(&service.sdk, "arn:aws:iam::1:policy/p").await.unwrap();
        let expected = [(ROLE, "r"), (ROLE, "r2"), (USER, "u"), (GROUP, "g")].map(|(kind, name)| (kind, name.to_owned()));
        assert_eq!(found, expected);
        let bodies: Vec<_> = service.asked().into_iter().map(|asked| asked.body).collect();
        let body = "Action=ListEntitiesForPolicy&Version=2010-05-08&PolicyArn=arn%3Aaws%3Aiam%3A%3A1%3Apolicy%2Fp";
        assert_eq!(bodies, [body.to_owned(), format!("{body}&Marker=a%2Bb")]);
    }

    #[tokio::test]
    async fn a_policy_that_is_gone_has_no_users_and_a_refusal_is_said() {
        let error = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>");
        let service = Service::with(&[(404, &error("NoSuchEntity")), (403, &error("AccessDenied"))]).await;
        assert!(users(&service.sdk, "p").await.unwrap().is_empty());
        assert_eq!(users(&service.sdk, "p").await.unwrap_err().to_string(), "m (AccessDenied)");
    }
}
