//! What can go wrong before or outside a stack's own Terraform run.

use std::path::PathBuf;

use oleoduto_cdk::ManifestError;

/// The run can't start, or can't go on. A stack's own failure is not one of these: it is in its report.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The output folder has no usable manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file can't be read, written or made.
    #[error("can't {verb} {path}: {source}")]
    File {
        /// `read`, `write`, ...
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} can't be used: {why}")]
    Format {
        /// The file or object.
        path: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// No stack has the name, or no name matches the pattern.
    #[error("no stack matches `{pattern}`; the stacks are: {known}")]
    UnknownStack {
        /// What was asked for.
        pattern: String,
        /// All names.
        known: String,
    },
    /// The selection leaves out stacks that it needs.
    #[error("{left_out}\n  help: {help}")]
    Incomplete {
        /// Which stack needs which, one a line.
        left_out: String,
        /// What to do.
        help: String,
    },
    /// A program could not be started.
    #[error("`{program}` could not be started: {source}. {help}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
        /// What to do.
        help: &'static str,
    },
    /// The state of a stack can't be read.
    #[error("the state at {place} can't be read: {why}")]
    State {
        /// A path or an S3 URI.
        place: String,
        /// Why.
        why: String,
    },
    /// Another run works in the same folder.
    #[error("another run (pid {pid}) works in {folder}: wait for its end, or give this one a folder of its own with --out")]
    Busy {
        /// Its process.
        pid: String,
        /// The output folder.
        folder: PathBuf,
    },
    /// Nobody can be asked for approval.
    #[error("{what}: run it on a terminal, give --yes, or run `plan` first and apply exactly that")]
    NeedsApproval {
        /// What needs it.
        what: String,
    },
}

impl RunnerError {
    pub(crate) fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { verb, path, source }
    }
}
