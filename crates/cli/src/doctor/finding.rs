//! The result of a check.

use serde::Serialize;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It works.
    Ok,
    /// It is not set up, and only some commands need it.
    Note,
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

    /// It is not set up, and only some commands need it: `fix` says which.
    pub fn note(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.to_owned(), verdict: Verdict::Note, found: found.into(), fix: fix.into() }
    }

    /// The same as a note, if it is a warning.
    #[must_use]
    pub fn noted(self) -> Self {
        Self { verdict: if self.verdict == Verdict::Warning { Verdict::Note } else { self.verdict }, ..self }
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
