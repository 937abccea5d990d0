//! Trust policies: who may assume a role.

use oleoduto_cdk::{Expr, Val};

use super::document::{PolicyDocument, policy};
use super::statement::Statement;

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
}
