//! What a program decides about its runs: retries and hooks.

use oleoduto_runner::{Retry, StackHook};

/// What a program decides about its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRules {
    /// When the work on a stack is tried again.
    pub retry: Retry,
    /// Commands before and after the work on a stack.
    pub hooks: Vec<StackHook>,
}
