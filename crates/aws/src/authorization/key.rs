//! Condition keys.

use std::fmt;

/// A condition key as the table names it; it may hold a placeholder, as in `aws:RequestTag/${TagKey}`. Its text is its
/// [`Display`](fmt::Display).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    prefix: &'static str,
    /// The name; without the prefix if the key is one of the service itself.
    name: &'static str,
}

impl ConditionKey {
    /// From a word of the table, in the lines of a service.
    pub(super) fn new(prefix: &'static str, word: &'static str) -> Self {
        match word {
            "q" => Self { prefix: "", name: "aws:RequestTag/${TagKey}" },
            "r" => Self { prefix: "", name: "aws:ResourceTag/${TagKey}" },
            "k" => Self { prefix: "", name: "aws:TagKeys" },
            own if own.starts_with(':') => Self { prefix, name: own },
            name => Self { prefix: "", name },
        }
    }

    /// Whether a policy that names `key` means this one. AWS compares keys without regard to case.
    pub fn fits(self, key: &str) -> bool {
        let Some(rest) = strip(key, self.prefix) else { return false };
        match self.name.split_once("${") {
            None => rest.eq_ignore_ascii_case(self.name),
            Some((before, placeholder)) => {
                let after = placeholder.split_once('}').map_or("", |(_, after)| after);
                strip(rest, before).is_some_and(|rest| rest.len() > after.len() && ends_with(rest, after))
            }
        }
    }
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn ends_with(text: &str, end: &str) -> bool {
    let start = text.len() - end.len();
    text.split_at_checked(start).is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(end))
}

impl fmt::Display for ConditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix)?;
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_its_placeholder_and_any_case() {
        let fits = |word, key: &str| ConditionKey::new("codebuild", word).fits(key);
        assert!(fits("q", "aws:RequestTag/Team") && fits("q", "aws:requesttag/Team"));
        assert!(!fits("q", "aws:RequestTag/") && !fits("q", "aws:RequestTag"));
        assert!(fits(":buildType", "codebuild:BuildType") && !fits(":buildType", "glue:buildType"));
        assert!(fits(":sources/${id}.auth.type", "codebuild:sources/one.auth.type"));
        assert!(!fits(":sources/${id}.auth.type", "codebuild:sources/.auth.type"));
        assert!(!fits(":sources/${id}.auth.type", "codebuild:sources/é"));
        assert_eq!(ConditionKey::new("s3", ":prefix").to_string(), "s3:prefix");
    }
}
