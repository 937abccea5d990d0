//! What a program says about its runs: retries, hooks, and what its stacks cost.

use std::collections::BTreeMap;

use oleoduto_runner::{Cost, Retry, StackHook};

/// What a program says about its runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunRules {
    /// When the work on a stack is tried again.
    pub retry: Retry,
    /// Commands before and after the work on a stack.
    pub hooks: Vec<StackHook>,
    /// Estimates of what stacks cost, by stack, for the reports of `plan` and `apply`.
    pub costs: BTreeMap<String, Vec<Cost>>,
}
