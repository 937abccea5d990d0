//! Statements of policies.

use oleoduto_cdk::Expr;
use serde_json::Value as Json;

use super::reading::{Condition, Reading, literal};

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement {
    sid: String,
    effect: Effect,
    actions: Vec<String>,
    resources: Vec<Expr>,
    principal: Option<(&'static str, Expr)>,
    conditions: Vec<(&'static str, String, Expr)>,
    any_resource_because: Option<&'static str>,
    /// A statement written elsewhere, kept unchanged.
    verbatim: Option<Expr>,
}

/// The id of the statement that denies requests without TLS.
pub const TLS_ONLY: &str = "TlsOnly";

/// Deny everybody actions without TLS, for the policy of a resource.
pub fn tls_only(actions: &[&str]) -> Statement {
    Statement::deny(TLS_ONLY, actions).for_everybody().when("Bool", "aws:SecureTransport", "false")
}

impl Statement {
    fn new(sid: &str, effect: Effect, actions: &[&str]) -> Self {
        Self {
            sid: sid.to_owned(),
            effect,
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            resources: Vec::new(),
            principal: None,
            conditions: Vec::new(),
            any_resource_because: None,
            verbatim: None,
        }
    }

    /// Allow actions.
    pub fn allow(sid: &str, actions: &[&str]) -> Self {
        Self::new(sid, Effect::Allow, actions)
    }

    /// Deny actions.
    pub fn deny(sid: &str, actions: &[&str]) -> Self {
        Self::new(sid, Effect::Deny, actions)
    }

    /// A statement written elsewhere, such as one of an existing policy: kept unchanged, and not checked.
    pub fn verbatim(statement: &Json) -> Self {
        Self { verbatim: Some(literal(statement)), ..Self::new("", Effect::Deny, &[]) }
    }

    /// On a resource; call again for more.
    #[must_use]
    pub fn on(mut self, resource: impl Into<Expr>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// On every resource, with the reason why nothing narrower works.
    #[must_use]
    pub fn on_any_because(mut self, reason: &'static str) -> Self {
        self.resources.push(Expr::from("*"));
        self.any_resource_because = Some(reason);
        self
    }

    /// For an AWS service (trust policies).
    #[must_use]
    pub fn for_service(mut self, service: &str) -> Self {
        self.principal = Some(("Service", service.into()));
        self
    }

    /// For principals of an identity provider of the account (trust policies); `provider` is its ARN.
    #[must_use]
    pub fn for_federated(mut self, provider: impl Into<Expr>) -> Self {
        self.principal = Some(("Federated", provider.into()));
        self
    }

    /// For every principal (resource policies that deny).
    #[must_use]
    pub fn for_everybody(mut self) -> Self {
        self.principal = Some(("AWS", "*".into()));
        self
    }

    /// Only when a condition holds: operator, key, value.
    #[must_use]
    pub fn when(mut self, operator: &'static str, key: &str, value: impl Into<Expr>) -> Self {
        self.conditions.push((operator, key.to_owned(), value.into()));
        self
    }

    /// The actions it names.
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// What its parts have in common with other statements, for the checks; nothing of one written elsewhere.
    pub(super) fn reading(&self) -> Option<Reading> {
        let conditions = self.conditions.iter().map(|(operator, key, value)| Condition {
            operator: (*operator).to_owned(),
            key: key.clone(),
            value: value.clone(),
        });
        self.verbatim.is_none().then(|| Reading {
            label: format!("statement `{}`", self.sid),
            allows: self.effect == Effect::Allow,
            actions: self.actions.clone(),
            but_actions: false,
            resources: self.resources.clone(),
            principals: self.principal.iter().map(|(kind, who)| ((*kind).to_owned(), who.clone())).collect(),
            conditions: conditions.collect(),
        })
    }

    /// What is wrong with the statement by itself.
    pub(super) fn mistakes(&self) -> Vec<String> {
        if self.verbatim.is_some() {
            return Vec::new();
        }
        let sid = &self.sid;
        let mut mistakes = Vec::new();
        if self.actions.is_empty() {
            mistakes.push(format!("statement `{sid}` names no action"));
        }
        if self.resources.is_empty() && self.principal.is_none() {
            mistakes.push(format!("statement `{sid}` names no resource"));
        }
        if sid.is_empty() || !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
            mistakes.push(format!("statement id `{sid}` must be letters and digits"));
        }
        if self.effect == Effect::Allow {
            let wide = self.actions.iter().filter(|action| *action == "*" || action.ends_with(":*"));
            mistakes.extend(wide.map(|action| format!("statement `{sid}` allows `{action}`: name the actions that are needed")));
            if self.any_resource_because.is_none() && self.resources.contains(&Expr::Str("*".to_owned())) {
                mistakes.push(format!(
                    "statement `{sid}` allows every resource: name them, or give the reason with `on_any_because`"
                ));
            }
        }
        let unformed = self.actions.iter().filter(|action| *action != "*" && !action.contains(':'));
        mistakes.extend(
            unformed
                .map(|action| format!("statement `{sid}` has the action `{action}`, which is not of the form service:Action")),
        );
        mistakes
    }

    pub(super) fn document(&self) -> Expr {
        if let Some(statement) = &self.verbatim {
            return statement.clone();
        }
        let mut pairs = vec![
            ("Sid", Expr::from(self.sid.as_str())),
            ("Effect", if self.effect == Effect::Allow { "Allow" } else { "Deny" }.into()),
            ("Action", one_or_many(self.actions.iter().map(Expr::from).collect())),
        ];
        if let Some((kind, who)) = &self.principal {
            pairs.push(("Principal", Expr::object([(*kind, who.clone())])));
        }
        if !self.resources.is_empty() {
            pairs.push(("Resource", one_or_many(self.resources.clone())));
        }
        if !self.conditions.is_empty() {
            // JSON has each operator once, whatever the number of its keys.
            let mut operators: Vec<(&str, Vec<(String, Expr)>)> = Vec::new();
            for (operator, key, value) in &self.conditions {
                let pair = (key.clone(), value.clone());
                match operators.iter_mut().find(|(known, _)| known == operator) {
                    Some((_, keys)) => keys.push(pair),
                    None => operators.push((operator, vec![pair])),
                }
            }
            let conditions = operators.into_iter().map(|(operator, keys)| (operator, Expr::object(keys)));
            pairs.push(("Condition", Expr::object(conditions)));
        }
        Expr::object(pairs)
    }
}

// AWS returns a list of one as a string: written the same way, it shows no change in a plan.
fn one_or_many(mut items: Vec<Expr>) -> Expr {
    if items.len() == 1 { items.remove(0) } else { Expr::Array(items) }
}
