//! The result of a check.

use serde::Serialize;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It works.
    Ok,
    /// It works with a limit, or it could not be checked.
    Warning,
    /// A command will not work.
    Failure,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was checked.
    pub what: String,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do; empty if nothing is wrong.
    pub fix: String,
}

impl Finding {
    /// It works.
    pub fn ok(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Ok, found: found.into(), fix: String::new() }
    }

    /// It works with a limit, or it could not be checked.
    pub fn warning(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Warning, found: found.into(), fix: fix.into() }
    }

    /// A command will not work.
    pub fn failure(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Failure, found: found.into(), fix: fix.into() }
    }
}
