//! The configuration of a stack as JSON, and JSON in its arguments: as it is, or as Terraform's `jsonencode(...)`.

use anyhow::{Context as _, bail};
use hcl_edit::expr::{Expression, ObjectKey};
use oleoduto_cdk::SynthesizedStack;
use serde_json::Value as Json;

/// The configuration of a stack.
///
/// # Errors
/// It is not JSON.
pub(crate) fn configuration(stack: &SynthesizedStack) -> anyhow::Result<Json> {
    serde_json::from_str(&stack.json).with_context(|| format!("stack `{}` is not JSON", stack.name))
}

/// The JSON of an argument. What is known at apply only, as an ARN, stays the text `${...}`.
///
/// # Errors
/// The text is neither of the two.
pub(crate) fn json_of(text: &str) -> anyhow::Result<Json> {
    let Some(expression) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return Ok(serde_json::from_str(text)?);
    };
    match expression.parse::<Expression>()? {
        Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" => {
            Ok(call.args.iter().next().map(plain).unwrap_or_default())
        }
        _ => bail!("it is the expression `{expression}`, not a text"),
    }
}

fn plain(expression: &Expression) -> Json {
    match expression {
        Expression::Null(_) => Json::Null,
        Expression::Bool(value) => Json::Bool(*value.value()),
        Expression::String(text) => Json::String(text.value().clone()),
        Expression::StringTemplate(template) => {
            let text = template.to_string();
            let text = text.trim();
            Json::String(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned())
        }
        Expression::Array(items) => Json::Array(items.iter().map(plain).collect()),
        Expression::Object(entries) => {
            let key = |key: &ObjectKey| match key {
                ObjectKey::Ident(name) => name.as_str().to_owned(),
                ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
                ObjectKey::Expression(other) => other.to_string(),
            };
            Json::Object(entries.iter().map(|(name, value)| (key(name), plain(value.expr()))).collect())
        }
        other => Json::String(format!("${{{}}}", other.to_string().trim())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_are_read_and_what_is_not_known_stays_a_text() {
        assert_eq!(json_of(r#"{"a": ["${b.c}"]}"#).unwrap(), json!({"a": ["${b.c}"]}));
        let encoded = r#"${jsonencode({"a" = ["x${b.c}y", b.c, true, null], d = {"e.$" = "$.f"}})}"#;
        assert_eq!(json_of(encoded).unwrap(), json!({"a": ["x${b.c}y", "${b.c}", true, null], "d": {"e.$": "$.f"}}));
        assert!(json_of("${file(\"x\")}").is_err() && json_of("no JSON").is_err());
    }
}
