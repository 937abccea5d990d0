//! Logical ids and identifiers, as cdktn makes them.

use md5::{Digest, Md5};

use crate::diagnostics::Diagnostic;

/// Longest human-readable part of a hashed id; Terraform allows 255 characters in all.
const MAX_HUMAN: usize = 240;
const MAX_ID: usize = 255;

/// Remove every character that a Terraform id may not contain.
pub(crate) fn strip(id: &str) -> String {
    id.chars().filter(|&c| is_kept(c)).collect()
}

/// Whether an id is already what `strip` would make of it.
pub(crate) fn is_plain(id: &str) -> bool {
    id.chars().all(is_kept)
}

fn is_kept(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The logical id of a construct from its path below the stack: one component is used unchanged, more are joined and
/// followed by a hash of the whole path, so that `a/b_c` and `a_b/c` stay apart. The rule is cdktn's.
pub(crate) fn logical_id(path: &[&str]) -> String {
    let parts: Vec<&str> = path.iter().copied().filter(|part| *part != "Default").collect();
    if let [only] = parts.as_slice() {
        let plain = strip(only);
        if plain.len() <= MAX_ID {
            return plain;
        }
    }
    let mut human: Vec<&str> = Vec::new();
    for &part in &parts {
        // A component that repeats the end of the one before it adds nothing.
        if human.last().is_none_or(|last| !last.ends_with(part)) {
            human.push(part);
        }
    }
    let mut human = human.iter().filter(|part| **part != "Resource").map(|part| strip(part)).collect::<Vec<_>>().join("_");
    human.truncate(MAX_HUMAN);
    format!("{human}_{}", hash(&parts.join("/")))
}

/// Eight digits that tell texts apart.
pub(crate) fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02X}")).collect()
}

/// Whether Terraform takes it as the name of a block: it begins with a letter or `_`.
pub(crate) fn is_identifier(id: &str) -> bool {
    is_plain(id) && id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// The mistake of an id that is no identifier.
pub(crate) fn refused(place: String, id: &str, logical: &str) -> Diagnostic {
    let message = match logical {
        "" => format!("`{id}` contains no character that an id may have"),
        _ => format!("`{logical}` can't be an id in Terraform"),
    };
    Diagnostic::error(place, message, "begin with a letter or `_`, and use letters, digits, `_` and `-`")
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

    /// Measured with cdktn 0.24.
    #[test]
    fn nested_ids_are_cdktns() {
        for (path, id) in [
            ("top", "top"),
            ("a.b c", "abc"),
            ("storage/bucket", "storage_bucket_6AF501AE"),
            ("storage/storage", "storage_6B604F96"),
            ("storage/Default/raw.zone/Resource", "storage_rawzone_86F9FB03"),
        ] {
            assert_eq!(logical_id(&path.split('/').collect::<Vec<_>>()), id, "{path}");
        }
        let long = "x".repeat(300);
        assert_eq!(logical_id(&[&long, "y"]).len(), MAX_HUMAN + 9);
    }
}
