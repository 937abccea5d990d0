//! Logical ids and identifiers, as cdktn makes them.

/// What a Terraform id may hold: everything else is removed.
pub(crate) fn strip(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

/// The construct id of the output that carries a reference to other stacks.
pub(crate) fn cross_stack_output(reference: &str) -> String {
    format!("cross-stack-output-{reference}")
}

/// The id of the remote-state data source for a producer.
pub(crate) fn cross_stack_input(producer: &str) -> String {
    format!("cross-stack-reference-input-{producer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_only_what_terraform_accepts() {
        assert_eq!(strip("a.b c"), "abc");
        assert_eq!(strip(&cross_stack_output("aws_iam_role.iam_role.arn")), "cross-stack-output-aws_iam_roleiam_rolearn");
    }
}
