//! What the Terraform provider calls to create, read, change and delete each resource type, so that the permissions of whoever
//! runs Terraform follow from the types that the stacks contain.
//!
//! ```
//! use oleoduto_aws::calls::{self, Access};
//! use oleoduto_aws::grants::Permissions;
//! use oleoduto_aws::lookups::Lookups;
//! use oleoduto_cdk::{App, Backend};
//!
//! let mut app = App::new();
//! let here = Lookups::add(app.stack("deploy", Backend::Local { path: "deploy.tfstate".into() }));
//! let queues = calls::of("aws_sqs_queue").ok_or("no row")?;
//! let mut plan = Permissions::new();
//! plan.allow(queues.grants(Access::Read, &here, &["orders-*".to_owned()]));
//! assert!(plan.actions().contains("sqs:GetQueueAttributes") && !plan.actions().contains("sqs:CreateQueue"));
//! # Ok::<(), &str>(())
//! ```

mod table;

use oleoduto_cdk::Expr;

use crate::grants::Grant;
use crate::lookups::Lookups;

/// How far the access of a Terraform run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `terraform plan`: refresh the state.
    Read,
    /// `terraform apply` and `destroy`.
    Write,
}

/// The calls for one resource type.
#[derive(Debug)]
pub struct Calls {
    kind: &'static str,
    parts: &'static [Part],
    /// The service that gets a role with the resource, such as `glue.amazonaws.com`.
    passes_role_to: Option<&'static str>,
}

/// Calls of one service on the same resources.
#[derive(Debug)]
struct Part {
    service: &'static str,
    /// The last parts of ARNs, with `{}` in the place of the resource's name; none if the calls know no resources.
    resources: &'static [&'static str],
    /// Action names.
    read: &'static str,
    /// Action names that changes need in addition.
    write: &'static str,
}

/// The calls for a resource type, such as `aws_glue_job`, if this crate knows them.
pub fn of(kind: &str) -> Option<&'static Calls> {
    table::TABLE.iter().find(|calls| calls.kind == kind)
}

/// The resource types that have a row.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    table::TABLE.iter().map(|calls| calls.kind)
}

impl Calls {
    /// The resource type.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What a Terraform run needs for resources with these names, which may be patterns. The name of an object is
    /// `BUCKET/KEY`, that of a table of the Glue catalog its database.
    pub fn grants(&self, access: Access, here: &Lookups, names: &[String]) -> Vec<Grant> {
        let words = self.kind.trim_start_matches("aws_").split('_');
        let sid: String = words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect();
        let grant = |part: &Part| {
            let actions = match access {
                Access::Read => part.read.to_owned(),
                Access::Write => format!("{} {}", part.read, part.write),
            };
            if actions.trim().is_empty() {
                return None;
            }
            let grant = Grant::new(&sid, part.service, &actions);
            if part.resources.is_empty() {
                return Some(grant.on_any_because("these calls of the provider know no resources"));
            }
            let arns = part.resources.iter().flat_map(|form| names.iter().map(move |name| form.replace("{}", name)));
            Some(arns.fold(grant, |grant, resource| grant.on(arn(here, part.service, &resource))))
        };
        self.parts.iter().filter_map(grant).collect()
    }

    /// The service that gets a role with the resource, such as `glue.amazonaws.com`: changes need `iam:PassRole` to it.
    pub fn passes_role_to(&self) -> Option<&'static str> {
        self.passes_role_to
    }
}

fn arn(here: &Lookups, service: &str, resource: &str) -> Expr {
    match service {
        "iam" => here.iam_arn::<String>(resource).into(),
        "s3" => here.s3_arn::<String>(resource).into(),
        _ => here.arn::<String>(service, resource).into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bound_resource_type_has_one_row() {
        let (_, resources) = include_str!("../bindings.toml").split_once("resources = [").unwrap();
        let (resources, _) = resources.split_once(']').unwrap();
        let bound: Vec<&str> = resources.split('"').filter(|word| word.starts_with("aws_")).collect();
        assert_eq!(kinds().collect::<Vec<_>>(), bound, "the rows are in the order of bindings.toml");
        assert_eq!(kinds().collect::<BTreeSet<_>>().len(), bound.len());
    }

    #[test]
    fn every_row_reads_and_writes_and_names_resources() {
        for calls in table::TABLE {
            assert!(calls.parts.iter().any(|part| !part.read.is_empty()), "{}", calls.kind);
            assert!(calls.parts.iter().any(|part| !part.write.is_empty() && !part.resources.is_empty()), "{}", calls.kind);
        }
    }
}
