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

mod row;
mod table;

pub use row::{Access, Calls};

/// The calls for a resource type, such as `aws_glue_job`, if this crate knows them.
pub fn of(kind: &str) -> Option<&'static Calls> {
    table::TABLE.iter().find(|calls| calls.kind == kind)
}

/// The resource types that have a row.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    table::TABLE.iter().map(|calls| calls.kind)
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
        let rows: Vec<&str> = kinds().collect();
        let without =
            |of: &[&'static str], other: &[&str]| of.iter().copied().filter(|kind| !other.contains(kind)).collect::<Vec<_>>();
        let missing = without(&bound, &rows);
        assert!(missing.is_empty(), "bindings.toml binds {missing:?}: add a row for each to calls/table.rs");
        let unbound = without(&rows, &bound);
        assert!(unbound.is_empty(), "calls/table.rs has rows for {unbound:?}, which bindings.toml does not bind");
        assert_eq!(rows, bound, "the rows are in the order of bindings.toml");
        assert_eq!(kinds().collect::<BTreeSet<_>>().len(), bound.len());
    }

    #[test]
    fn every_row_reads_and_writes_and_names_resources() {
        for calls in table::TABLE {
            assert!(calls.parts.iter().any(|part| !part.read.is_empty()), "{}", calls.kind);
            // Security configurations of Glue are no resources of its actions.
            let named = |part: &row::Part| !part.resources.is_empty() || calls.kind == "aws_glue_security_configuration";
            assert!(calls.parts.iter().any(|part| !part.write.is_empty() && named(part)), "{}", calls.kind);
        }
    }
}
