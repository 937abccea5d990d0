//! The errors of a run that are not the failure of one stack.

use std::error::Error;
use std::path::PathBuf;

use oleoduto_cdk::ManifestError;

/// Why a run can't start or continue. The failure of one stack is in the report of the stack instead.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The output folder has no usable manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file operation failed.
    #[error("can't {verb} `{path}`")]
    File {
        /// `read`, `write`, ...
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A text does not have the expected format.
    #[error("{what} can't be used: {why}")]
    Format {
        /// What has the wrong format, such as a file in backticks.
        what: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// No stack has the name, or no name matches the pattern.
    #[error("no stack matches `{pattern}`; the stacks are: {known}")]
    UnknownStack {
        /// The name or pattern.
        pattern: String,
        /// All names.
        known: String,
    },
    /// No stack is left of the selected ones.
    #[error("nothing is selected: every stack that matches is excluded, or did not change")]
    NothingSelected,
    /// The selection leaves out stacks that it needs.
    #[error("{left_out}\n  help: {help}")]
    Incomplete {
        /// Which stack needs which, one per line.
        left_out: String,
        /// What to do.
        help: String,
    },
    /// An address of a resource was given for several stacks.
    #[error("an address belongs to one stack, and {count} are selected: name the stack")]
    SeveralStacks {
        /// The number of selected stacks.
        count: usize,
    },
    /// A program could not be started.
    #[error("can't start `{program}` ({help})")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        source: std::io::Error,
        /// What to do.
        help: &'static str,
    },
    /// The state of a stack, or an object beside it, can't be read or written.
    #[error("the state at `{place}` can't be used: {why}")]
    State {
        /// A path or an S3 URI.
        place: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Another run uses the same folder.
    #[error("another run (pid {pid}) uses `{folder}`: wait until it ends, or choose another folder with --out")]
    Busy {
        /// The process of the other run.
        pid: String,
        /// The output folder.
        folder: PathBuf,
    },
    /// Approval is needed, and nobody can be asked.
    #[error("{what}: run it on a terminal, give --yes, or run `plan` first and apply exactly that plan")]
    NeedsApproval {
        /// What needs approval.
        what: String,
    },
}

impl RunnerError {
    /// Turns the error of a file operation into one that names the operation and the file.
    pub(crate) fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { verb, path, source }
    }
}

/// The result of a step that only this error can stop.
pub(crate) type Result<T, E = RunnerError> = std::result::Result<T, E>;

/// An error and its causes in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
