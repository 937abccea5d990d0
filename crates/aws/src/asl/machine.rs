//! State machines.

use oleoduto_cdk::{Expr, Val};

use super::check;
use super::flow::{Flow, State};
use crate::types::Definition;

/// A state machine in JSONPath mode.
#[derive(Clone, Debug)]
pub struct StateMachine {
    comment: String,
    timeout_seconds: i64,
    flow: Flow,
}

impl StateMachine {
    /// A machine that starts at the first state added and fails after `timeout_seconds` (1 to 99 999 999).
    pub fn new(comment: &str, timeout_seconds: i64) -> Self {
        Self { comment: comment.to_owned(), timeout_seconds, flow: Flow::new() }
    }

    /// Add a state. Names have 1 to 80 characters and are unique in the whole machine.
    #[must_use]
    pub fn state(mut self, name: &str, state: impl Into<State>) -> Self {
        self.flow = self.flow.state(name, state);
        self
    }

    /// Every mistake, each a sentence that names its state; a state of a branch is named with its way, as in
    /// `Fan/branch 1/Work`. Empty for a sound machine.
    pub fn mistakes(&self) -> Vec<String> {
        check::mistakes(self.timeout_seconds, &self.flow)
    }

    /// The definition as the JSON text that Terraform takes; mistakes are reported at synth.
    pub fn definition(&self) -> Val<Definition> {
        let mistakes = self.mistakes();
        if !mistakes.is_empty() {
            return Val::invalid_all(mistakes);
        }
        let document = Expr::object([
            ("Comment", Expr::from(self.comment.as_str())),
            ("StartAt", self.flow.start().into()),
            ("TimeoutSeconds", self.timeout_seconds.into()),
            ("States", self.flow.documents()),
        ]);
        Val::raw(document.jsonencode())
    }
}
