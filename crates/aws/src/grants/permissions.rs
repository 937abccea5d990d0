//! What an identity may do: grants, and the statements that they become.

use std::collections::BTreeSet;

use oleoduto_cdk::{Expr, Val};

use super::entry;
use super::grant::Grant;
use super::pattern::replaced;
use crate::policy::{MANAGED_CHARACTERS, Statement, most_of_statement, policy};
use crate::types::PolicyDocument;

/// The characters of a document around its statements.
const DOCUMENT: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

/// The characters that a value counts as of which nothing is known.
const REFERENCE: usize = 160;

/// Grants, collected one by one.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    grants: Vec<Grant>,
}

impl Permissions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add grants; one that is known already changes nothing.
    pub fn allow(&mut self, grants: impl IntoIterator<Item = Grant>) {
        self.grants.extend(grants.into_iter().flat_map(Grant::apart));
    }

    /// Add those of another identity.
    pub fn extend(&mut self, other: &Self) {
        self.grants.extend(other.grants.iter().cloned());
    }

    /// Every action that is allowed on something.
    pub fn actions(&self) -> BTreeSet<&str> {
        self.grants.iter().flat_map(|grant| &grant.actions).map(String::as_str).collect()
    }

    /// The same permissions, with other expressions in the place of some: of references of one stack for another stack's
    /// policy.
    #[must_use]
    pub fn replaced(&self, pairs: &[(Expr, Expr)]) -> Self {
        let mut grants = self.grants.clone();
        for grant in &mut grants {
            let values = grant.conditions.iter_mut().flat_map(|condition| &mut condition.values);
            for expr in grant.resources.iter_mut().chain(values) {
                *expr = replaced(expr, pairs);
            }
        }
        Self { grants }
    }

    /// The statements: overlapping grants are one, in the order of the first grant of each. Their number is the least for
    /// which no statement allows more than its grants.
    pub fn statements(&self) -> Vec<Statement> {
        let mut sids = BTreeSet::new();
        entry::merged(&self.grants).into_iter().map(|entry| entry.statement(&mut sids)).collect()
    }

    /// As many customer-managed policies as the statements need: IAM takes at most 6,144 characters of each, without white
    /// space. A reference counts as the longest value that it can have, as far as that is known, else as 160 characters.
    pub fn managed_policies(&self) -> Vec<Val<PolicyDocument>> {
        let mut sids = BTreeSet::new();
        let mut policies: Vec<(usize, Vec<Statement>)> = Vec::new();
        for entry in entry::merged(&self.grants) {
            let statement = entry.statement(&mut sids);
            let size = most_of_statement(&statement, REFERENCE);
            match policies.iter_mut().find(|(used, _)| used + size <= MANAGED_CHARACTERS - DOCUMENT) {
                Some((used, statements)) => {
                    *used += size;
                    statements.push(statement);
                }
                None => policies.push((size, vec![statement])),
            }
        }
        policies.into_iter().map(|(_, statements)| policy(statements)).collect()
    }

    /// The policy of these permissions.
    pub fn policy(&self) -> Val<PolicyDocument> {
        policy(self.statements())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(grants: impl IntoIterator<Item = Grant>) -> String {
        let mut permissions = Permissions::new();
        permissions.allow(grants);
        format!("{:?}", permissions.statements())
    }

    fn get(resource: &str) -> Grant {
        Grant::new("Read", "s3", "GetObject").on(resource)
    }

    fn put(resource: &str) -> Grant {
        Grant::new("Write", "s3", "PutObject AbortMultipartUpload").on(resource)
    }

    #[test]
    fn grants_with_the_same_actions_are_one_statement() {
        let text = text([get("arn:a/*"), get("arn:b/*"), get("arn:a/*")]);
        assert_eq!(text.matches("effect:").count(), 1, "{text}");
        assert_eq!(text.matches("arn:a/*").count(), 1, "{text}");
    }

    #[test]
    fn grants_on_the_same_resource_are_one_statement_with_the_wider_name() {
        let text = text([get("arn:a/*"), put("arn:a/*"), get("arn:b/*")]);
        assert_eq!(text.matches("effect:").count(), 2, "{text}");
        let actions = r#"["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]"#;
        assert!(text.contains(r#"sid: "Write","#) && text.contains(actions), "{text}");
    }

    #[test]
    fn a_grant_inside_a_wider_one_leaves_nothing() {
        assert!(!text([get("arn:a/*"), get("arn:a/b/*")]).contains("arn:a/b"));
        // Not if it allows what the wider one does not, or under other conditions.
        assert!(text([get("arn:a/*"), put("arn:a/b/*")]).contains("arn:a/b"));
        assert!(text([get("arn:a/*").when("StringEquals", "k", "v"), get("arn:a/b/*")]).contains("arn:a/b"));
    }

    #[test]
    fn a_grant_inside_a_pattern_of_actions_leaves_nothing() {
        let network = |actions: &str, reason| Grant::new("Look", "ec2", actions).on_any_because(reason);
        let text = text([network("DescribeSubnets DescribeVpcs", "lists"), network("Describe*", "a limit"), get("arn:a")]);
        assert!(!text.contains("DescribeVpcs") && text.contains("ec2:Describe*"), "{text}");
    }

    #[test]
    fn values_of_one_condition_are_joined_and_two_conditions_are_not() {
        let metrics = |space: &str| {
            Grant::new("Metrics", "cloudwatch", "PutMetricData").on_any_because("none").when(
                "StringEquals",
                "cloudwatch:namespace",
                space,
            )
        };
        let joined = text([metrics("A"), metrics("B"), metrics("A")]);
        assert!(joined.contains(r#""cloudwatch:namespace", ["A", "B"]"#), "{joined}");
        let two = |space: &str| metrics(space).when("Bool", "aws:SecureTransport", "true");
        assert_eq!(text([two("A"), two("B")]).matches("effect:").count(), 2);
    }

    #[test]
    fn a_statement_on_every_resource_has_one_reason() {
        let any = |action: &str, reason| Grant::new("Any", "ecr", action).on_any_because(reason);
        assert_eq!(text([any("A", "one"), any("B", "one"), any("C", "other")]).matches("effect:").count(), 2);
    }

    #[test]
    fn managed_policies_are_as_many_as_their_sizes_need() {
        let grants = (0..60).map(|index| {
            Grant::new("Read", "s3", "GetObject")
                .on(format!("arn:aws:s3:::data/{index}{}", "x".repeat(200)))
                .when("StringEquals", "aws:SourceVpc", format!("vpc-{index}"))
                .when("Bool", "aws:SecureTransport", "true")
        });
        let mut permissions = Permissions::new();
        permissions.allow(grants);
        let policies = permissions.managed_policies().into_iter().map(|policy| format!("{:?}", policy.into_expr()));
        let policies: Vec<_> = policies.collect();
        assert_eq!(policies.iter().map(|policy| policy.matches("Effect").count()).sum::<usize>(), 60);
        // The text of an expression is a little longer than the JSON.
        assert!(policies.len() >= 4 && policies.iter().all(|policy| policy.len() < 6144 * 5 / 4), "{policies:#?}");
    }

    #[test]
    fn no_two_statements_have_one_id() {
        let text = text([get("arn:a"), Grant::new("Read", "s3", "GetObjectVersion").on("arn:b")]);
        assert!(text.contains(r#"sid: "Read","#) && text.contains(r#"sid: "Read2","#), "{text}");
    }

    #[test]
    fn what_can_not_be_derived_is_a_mistake_at_synth() {
        let grant = Grant::unknown("Read", "s3", "GetObject", "no folder".to_owned());
        assert!(text([grant]).contains(r#"Invalid(["no folder"])"#));
    }
}
