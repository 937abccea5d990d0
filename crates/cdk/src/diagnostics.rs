//! Mistakes found at synth, reported all together.

use std::fmt;

/// One mistake: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The place: `stack/resource.attribute`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  --> {}\n  help: {}", self.message, self.path, self.help)
    }
}

/// Every mistake that a synth found; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynthError(pub Vec<Diagnostic>);

impl fmt::Display for SynthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} mistake(s) found, nothing was written", self.0.len())?;
        for diagnostic in &self.0 {
            writeln!(f, "\n{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SynthError {}
