//! What a program decides about its runs: retries, and commands before and after the work on a stack.

use std::path::PathBuf;
use std::time::Duration;

use crate::report::HookTime;

/// How often the work on a stack is tried again, and after which errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The number of attempts, with the first one; 1 tries nothing again.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles for each further one.
    pub pause: Duration,
    /// Texts of errors that pass by themselves, besides those of throttling and of broken connections.
    pub errors: Vec<String>,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, pause: Duration::from_secs(5), errors: Vec::new() }
    }
}

/// A command of the user. It gets `OLEODUTO_STACK`, `OLEODUTO_COMMAND`, `OLEODUTO_OUT` (the output folder) and, after the work,
/// `OLEODUTO_RESULT`, as the report has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackHook {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Before or after the work.
    pub time: HookTime,
    /// For which commands it runs: `plan`, `apply`, `destroy`, `drift`.
    pub of: Vec<String>,
    /// For which stacks it runs, by names or globs; without one, for all.
    pub stacks: Vec<String>,
    /// The folder in which it runs.
    pub folder: PathBuf,
}
