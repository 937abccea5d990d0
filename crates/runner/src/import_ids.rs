//! The ids that `terraform import` wants. Most are the ids in the state, which Terraform prints when it has created a resource.

use serde_json::Value as Json;

/// Types of AWS whose import id is made of arguments, and what stands between them.
/// Source: the section "Import" of each resource's documentation, hashicorp/aws 5.100.0.
const MADE: &[(&str, &[&str], &str)] = &[
    ("aws_cloudwatch_event_target", &["event_bus_name", "rule", "target_id"], "/"),
    ("aws_iam_group_policy_attachment", &["group", "policy_arn"], "/"),
    ("aws_iam_role_policy_attachment", &["role", "policy_arn"], "/"),
    ("aws_iam_user_policy_attachment", &["user", "policy_arn"], "/"),
    ("aws_lambda_permission", &["function_name", "statement_id"], "/"),
    ("aws_route", &["route_table_id", "destination_cidr_block"], "_"),
    ("aws_route_table_association", &["subnet_id", "route_table_id"], "/"),
    ("aws_s3_object", &["bucket", "key"], "/"),
];

/// Types that can't be imported.
const NEVER: &[&str] = &["aws_iam_policy_attachment", "terraform_data"];

/// The type in an address: `aws_s3_object` of `module.m.aws_s3_object.o["k"]`.
pub(crate) fn kind(address: &str) -> &str {
    let parts = address.split('[').next().unwrap_or(address).rsplitn(3, '.').collect::<Vec<_>>();
    parts.get(1).copied().unwrap_or_default()
}

/// Whether the import id of a type is made of arguments.
pub(crate) fn is_made(kind: &str) -> bool {
    MADE.iter().any(|(name, ..)| *name == kind)
}

/// The import id of a resource, from its id and its planned arguments; none if it can't be imported, or an argument is unknown.
pub(crate) fn import_id(kind: &str, id: &str, arguments: &Json) -> Option<String> {
    if NEVER.contains(&kind) {
        return None;
    }
    let Some((_, names, between)) = MADE.iter().find(|(name, ..)| *name == kind) else { return Some(id.to_owned()) };
    let parts: Option<Vec<&str>> = names.iter().map(|name| arguments[*name].as_str().filter(|part| !part.is_empty())).collect();
    Some(parts?.join(between))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_those_of_the_documentation() {
        let object = json!({"bucket": "b", "key": "scripts/etl.py"});
        assert_eq!(import_id("aws_s3_object", "scripts/etl.py", &object).as_deref(), Some("b/scripts/etl.py"));
        let attachment = json!({"role": "r", "policy_arn": "arn:aws:iam::aws:policy/P"});
        let made = import_id("aws_iam_role_policy_attachment", "r-2026", &attachment);
        assert_eq!(made.as_deref(), Some("r/arn:aws:iam::aws:policy/P"));
        assert_eq!(import_id("aws_s3_object", "k", &json!({"key": "k"})), None, "its bucket is not known");
        assert_eq!(import_id("aws_s3_bucket", "b", &json!({})).as_deref(), Some("b"));
        assert_eq!(import_id("aws_iam_policy_attachment", "x", &json!({})), None);
    }

    #[test]
    fn the_type_is_in_the_address() {
        assert_eq!(kind("aws_s3_object.o"), "aws_s3_object");
        assert_eq!(kind("module.m.aws_s3_object.o[\"a.b\"]"), "aws_s3_object");
        assert_eq!(kind("x"), "");
    }
}
