//! References in the texts of a configuration.

/// How synth names the state of another stack.
const REMOTE: &str = "data.terraform_remote_state.cross-stack-reference-input-";

/// What an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// An attribute of a resource of the same stack.
    Attribute { kind: String, name: String, attribute: String },
    /// An output of another stack.
    Output { stack: String, output: String },
    /// Something else, as a data source.
    Other,
}

/// The references in a text: all paths of two or more words, wherever they stand in its expressions.
pub(super) fn references(text: &str) -> Vec<Reference> {
    if !text.contains("${") {
        return Vec::new();
    }
    let in_path = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    text.split(|letter| !in_path(letter)).filter(|path| path.contains('.')).map(reference).collect()
}

/// What a path refers to.
pub(super) fn reference(path: &str) -> Reference {
    if let Some((stack, rest)) = path.strip_prefix(REMOTE).and_then(|rest| rest.split_once(".outputs.")) {
        return Reference::Output { stack: stack.to_owned(), output: rest.to_owned() };
    }
    let mut words = path.split('.');
    match (words.next(), words.next(), words.next()) {
        (Some("data" | "var" | "local" | "module" | "each"), ..) => Reference::Other,
        (Some(kind), Some(name), attribute) => Reference::Attribute {
            kind: kind.to_owned(),
            name: name.to_owned(),
            attribute: attribute.unwrap_or_default().to_owned(),
        },
        _ => Reference::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_expressions_are_references() {
        let attribute = |kind: &str, name: &str, attribute: &str| Reference::Attribute {
            kind: kind.to_owned(),
            name: name.to_owned(),
            attribute: attribute.to_owned(),
        };
        assert_eq!(
            references("${jsonencode({\"a\" = aws_s3_bucket.data.arn, \"b\" = \"${aws_kms_key.own.id}/x\"})}"),
            [attribute("aws_s3_bucket", "data", "arn"), attribute("aws_kms_key", "own", "id")]
        );
        let other = "${data.terraform_remote_state.cross-stack-reference-input-s3.outputs.cross-stack-output-x}";
        assert_eq!(references(other), [Reference::Output { stack: "s3".to_owned(), output: "cross-stack-output-x".to_owned() }]);
        assert_eq!(references("${data.aws_region.current.name}"), [Reference::Other]);
        assert!(references("a.b.c").is_empty(), "a text without an expression");
    }
}
