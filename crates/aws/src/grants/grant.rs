//! One permission.

use std::collections::BTreeSet;

use oleoduto_cdk::Expr;

/// A condition of a statement: operator, key, values of which one must fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) operator: &'static str,
    pub(super) key: String,
    pub(super) values: Vec<Expr>,
}

/// Actions on resources, under conditions: what one use of something needs.
#[derive(Clone, Debug)]
#[must_use = "a grant works only when a role is allowed it"]
pub struct Grant {
    pub(super) sid: String,
    pub(super) actions: BTreeSet<String>,
    pub(super) resources: Vec<Expr>,
    pub(super) conditions: Vec<Condition>,
    pub(super) any_because: Option<&'static str>,
    /// What else the use needs, such as the key of the data that it reads.
    also: Vec<Grant>,
}

impl Grant {
    /// Actions of a service, as words: `s3` and `GetObject PutObject`. `sid` names the statement: letters and digits.
    pub fn new(sid: &str, service: &str, actions: &str) -> Self {
        Self {
            sid: sid.to_owned(),
            actions: actions.split_whitespace().map(|action| format!("{service}:{action}")).collect(),
            resources: Vec::new(),
            conditions: Vec::new(),
            any_because: None,
            also: Vec::new(),
        }
    }

    /// On a resource, by its ARN or a pattern of ARNs; call again for more.
    pub fn on(mut self, resource: impl Into<Expr>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// On every resource, with the reason why nothing narrower works.
    pub fn on_any_because(mut self, reason: &'static str) -> Self {
        self.resources.push(Expr::from("*"));
        self.any_because = Some(reason);
        self
    }

    /// Only when a condition holds: operator, key, value.
    pub fn when(mut self, operator: &'static str, key: &str, value: impl Into<Expr>) -> Self {
        self.conditions.push(Condition { operator, key: key.to_owned(), values: vec![value.into()] });
        self
    }

    /// Together with what else the same use needs.
    pub fn and(mut self, more: impl IntoIterator<Item = Self>) -> Self {
        self.also.extend(more);
        self
    }

    /// The grant alone, and what it comes with.
    pub(super) fn apart(mut self) -> Vec<Self> {
        let also = std::mem::take(&mut self.also);
        std::iter::once(self).chain(also.into_iter().flat_map(Self::apart)).collect()
    }

    /// A grant that can't be derived, with the reason; synth reports it with the place of the policy.
    pub(crate) fn unknown(sid: &str, service: &str, actions: &str, reason: String) -> Self {
        Self::new(sid, service, actions).on(Expr::Invalid(vec![reason]))
    }
}

/// One grant is also a list of one.
impl IntoIterator for Grant {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}
