//! IAM policy documents.

use oleoduto_cdk::{Expr, StringLike, Val};
use serde_json::Value as Json;

/// A policy document: made by [`policy`] or [`trust`], or a literal JSON text, which is checked.
#[derive(Clone, Copy, Debug)]
pub enum PolicyDocument {}

impl StringLike for PolicyDocument {
    fn check(literal: &str) -> Result<(), String> {
        let document: Json = serde_json::from_str(literal).map_err(|error| format!("the policy is not JSON: {error}"))?;
        let statements = match &document["Statement"] {
            Json::Array(statements) => statements.as_slice(),
            one @ Json::Object(_) => std::slice::from_ref(one),
            _ => return Err("the policy has no `Statement`".to_owned()),
        };
        for (index, statement) in statements.iter().enumerate() {
            let effect = &statement["Effect"];
            if !matches!(effect.as_str(), Some("Allow" | "Deny")) {
                return Err(format!(
                    "statement {} of the policy has the Effect {effect}: it is \"Allow\" or \"Deny\"",
                    index + 1
                ));
            }
            if statement["Action"].is_null() && statement["NotAction"].is_null() {
                return Err(format!("statement {} of the policy has no `Action`", index + 1));
            }
        }
        Ok(())
    }
}

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

    /// Everything that is wrong with the statement.
    fn mistakes(&self) -> Vec<String> {
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

    fn document(&self) -> Expr {
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

fn literal(value: &Json) -> Expr {
    match value {
        Json::Null => Expr::Null,
        Json::Bool(value) => Expr::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Expr::Float(number.as_f64().unwrap_or_default()), Expr::Int),
        Json::String(text) => Expr::from(text.as_str()),
        Json::Array(items) => Expr::Array(items.iter().map(literal).collect()),
        Json::Object(pairs) => Expr::object(pairs.iter().map(|(key, value)| (key.clone(), literal(value)))),
    }
}

// AWS returns a list of one as a string: written the same way, it shows no change in a plan.
fn one_or_many(mut items: Vec<Expr>) -> Expr {
    if items.len() == 1 { items.remove(0) } else { Expr::Array(items) }
}

/// A policy document as the JSON text that Terraform takes; a mistake is reported at synth.
pub fn policy(statements: impl IntoIterator<Item = Statement>) -> Val<PolicyDocument> {
    let statements: Vec<_> = statements.into_iter().collect();
    let mistakes: Vec<_> = statements.iter().flat_map(Statement::mistakes).collect();
    if !mistakes.is_empty() {
        return Val::invalid_all(mistakes);
    }
    if statements.is_empty() {
        return Val::invalid("the policy has no statement");
    }
    let statements = statements.iter().map(Statement::document).collect();
    let document = Expr::object([("Version", Expr::from("2012-10-17")), ("Statement", Expr::Array(statements))]);
    Val::raw(document.jsonencode())
}

/// A trust policy for one AWS service.
pub fn trust(service: &str, source_account: impl Into<Expr>) -> Val<PolicyDocument> {
    policy([Statement::allow("Trust", &["sts:AssumeRole"])
        .for_service(service)
        // Without it a resource of another account could use the role through the service (the confused deputy).
        .when("StringEquals", "aws:SourceAccount", source_account)])
}

/// A principal of an OpenID Connect provider.
#[derive(Clone, Debug)]
pub struct WebIdentity<'a> {
    /// The provider's ARN.
    pub provider: Expr,
    /// The provider's host, without `https://`: the first part of the conditions' keys.
    pub issuer: &'a str,
    /// The audience of the token.
    pub audience: &'a str,
    /// The subject of the token, without wildcards.
    pub subject: &'a str,
}

/// A trust policy for one subject of an OpenID Connect provider. Without a subject, every user of the provider could assume
/// the role; an empty subject and one with a wildcard are refused at synth.
pub fn trust_web_identity(who: WebIdentity<'_>) -> Val<PolicyDocument> {
    let WebIdentity { provider, issuer, audience, subject } = who;
    let mut mistakes = Vec::new();
    if subject.is_empty() || subject.contains(['*', '?']) {
        mistakes.push(format!("the trusted subject `{subject}` of {issuer} must be exact: no wildcard, and not empty"));
    }
    if audience.is_empty() || audience.contains(['*', '?']) {
        mistakes.push(format!("the audience `{audience}` of {issuer} must be exact: no wildcard, and not empty"));
    }
    if issuer.is_empty() || issuer.contains("://") || issuer.ends_with('/') {
        mistakes.push(format!("the issuer `{issuer}` is a host, without https:// and without a `/` at its end"));
    }
    if !mistakes.is_empty() {
        return Val::invalid_all(mistakes);
    }
    policy([Statement::allow("Trust", &["sts:AssumeRoleWithWebIdentity"])
        .for_federated(provider)
        .when("StringEquals", &format!("{issuer}:aud"), audience)
        .when("StringEquals", &format!("{issuer}:sub"), subject)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(statement: Statement) -> String {
        match policy([statement]).into_expr() {
            Expr::Invalid(reasons) => reasons.join("; "),
            other => format!("accepted: {other:?}"),
        }
    }

    #[test]
    fn wide_or_empty_statements_are_refused() {
        assert!(mistake(Statement::allow("A", &["s3:*"]).on("arn")).contains("allows `s3:*`"));
        assert!(mistake(Statement::allow("A", &["s3:GetObject"]).on("*")).contains("on_any_because"));
        assert!(mistake(Statement::allow("A", &["s3:GetObject"])).contains("names no resource"));
        assert!(mistake(Statement::allow("A", &[]).on("arn")).contains("names no action"));
        assert!(mistake(Statement::allow("A", &["GetObject"]).on("arn")).contains("service:Action"));
        assert!(mistake(Statement::allow("a b", &["s3:GetObject"]).on("arn")).contains("letters and digits"));
        assert!(mistake(Statement::allow("A", &["s3:GetObject"]).on_any_because("reason")).starts_with("accepted"));
    }

    #[test]
    fn a_federated_subject_is_exact() {
        let trust = |subject, audience, issuer| {
            let who = WebIdentity { provider: "arn:aws:iam::123456789012:oidc-provider/idp".into(), issuer, audience, subject };
            match trust_web_identity(who).into_expr() {
                Expr::Invalid(reasons) => reasons.join("; "),
                other => format!("{other:?}"),
            }
        };
        for subject in ["", "*", "repo:owner/name:*", "repo:owner/name:ref:refs/heads/?"] {
            assert!(trust(subject, "aud", "idp").contains("must be exact"), "{subject}");
        }
        assert!(trust("sub", "*", "idp").contains("audience"));
        assert!(trust("sub", "aud", "https://idp").contains("a host"));
        let good = trust("repo:owner/name:environment:prod", "aud", "idp");
        // Both keys under the one operator: the second must not replace the first.
        assert!(good.contains("idp:aud") && good.contains("idp:sub"), "{good}");
        assert_eq!(good.matches("StringEquals").count(), 1, "{good}");
    }

    #[test]
    fn a_literal_document_is_checked() {
        let check = |text: &str| PolicyDocument::check(text).unwrap_err();
        assert!(check("{").contains("not JSON"));
        assert!(check("{}").contains("no `Statement`"));
        assert!(check(r#"{"Statement": [{"Effect": "Alow", "Action": "s3:GetObject"}]}"#).contains("\"Alow\""));
        assert!(check(r#"{"Statement": {"Effect": "Allow"}}"#).contains("no `Action`"));
        assert!(PolicyDocument::check(r#"{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}"#).is_ok());
    }
}
