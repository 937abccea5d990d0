//! The result of a check.

use serde::Serialize;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// It works.
    Ok,
    /// It works with a limit, or it could not be checked.
    Warning,
    /// A command will not work.
    Failure,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) what: String,
    pub(crate) verdict: Verdict,
    pub(crate) found: String,
    /// What to do; empty if nothing is wrong.
    pub(crate) fix: String,
}

/// The beginning of a long message.
pub(super) fn short(text: &str) -> String {
    text.chars().take(120).collect()
}

impl Finding {
    pub(crate) fn ok(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Ok, found: found.into(), fix: String::new() }
    }

    pub(crate) fn warning(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Warning, found: found.into(), fix: fix.into() }
    }

    pub(crate) fn failure(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Failure, found: found.into(), fix: fix.into() }
    }
}
