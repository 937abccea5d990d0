//! Policy documents.

use oleoduto_cdk::{Expr, StringLike, Val};
use serde_json::Value as Json;

use super::check;
use super::reading::Reading;
use super::statement::Statement;

/// A policy document: made by [`policy`](super::policy()) or [`trust`](super::trust()), or a literal JSON text, which is checked.
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
        let readings: Vec<_> =
            statements.iter().zip(1..).map(|(statement, number)| Reading::of_json(statement, number)).collect();
        let mistakes = check::mistakes(&readings);
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("; ")) }
    }
}

/// A policy document as the JSON text that Terraform takes; a mistake is reported at synth.
pub fn policy(statements: impl IntoIterator<Item = Statement>) -> Val<PolicyDocument> {
    let statements: Vec<_> = statements.into_iter().collect();
    let mut mistakes: Vec<_> = statements.iter().flat_map(Statement::mistakes).collect();
    let readings: Vec<_> = statements.iter().filter_map(Statement::reading).collect();
    mistakes.extend(check::mistakes(&readings));
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
        assert!(mistake(Statement::allow("A", &["s3:*"]).on("arn:aws:s3:::data/*")).contains("allows `s3:*`"));
        assert!(mistake(Statement::allow("A", &["s3:GetObject"]).on("*")).contains("on_any_because"));
        assert!(mistake(Statement::allow("A", &["s3:GetObject"])).contains("names no resource"));
        assert!(mistake(Statement::allow("A", &[]).on("arn:aws:s3:::data/*")).contains("names no action"));
        assert!(mistake(Statement::allow("A", &["GetObject"]).on("arn:aws:s3:::data/*")).contains("service:Action"));
        assert!(mistake(Statement::allow("a b", &["s3:GetObject"]).on("arn:aws:s3:::data/*")).contains("letters and digits"));
        assert!(mistake(Statement::allow("A", &["s3:GetObject"]).on_any_because("reason")).starts_with("accepted"));
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
