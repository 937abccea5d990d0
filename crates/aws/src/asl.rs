//! Amazon States Language: state machines that are checked before Terraform starts.

mod check;
mod task;

pub use task::{ProcessingInput, ProcessingJob, Task, TrainingJob};

use oleoduto_cdk::{Expr, Val};

/// A retrier: which errors, and how often.
#[derive(Clone, Debug)]
pub struct Retry {
    errors: Vec<&'static str>,
    interval_seconds: i64,
    max_attempts: i64,
    backoff_rate: i64,
}

impl Retry {
    /// Try again on these errors, waiting `interval_seconds`, then twice as long each time, with full jitter.
    pub fn on(errors: &[&'static str], interval_seconds: i64, max_attempts: i64) -> Self {
        Self { errors: errors.to_vec(), interval_seconds, max_attempts, backoff_rate: 2 }
    }

    fn document(&self) -> Expr {
        Expr::object([
            ("ErrorEquals", strings(&self.errors)),
            ("IntervalSeconds", self.interval_seconds.into()),
            ("MaxAttempts", self.max_attempts.into()),
            ("BackoffRate", self.backoff_rate.into()),
            ("JitterStrategy", "FULL".into()),
        ])
    }
}

/// A state.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a machine has tens of states; a box would only burden its users")]
pub enum State {
    /// Work.
    Task(Task),
    /// The end, well.
    Succeed,
    /// The end, failed, with the error that was caught at `$.error`.
    FailWithCaughtError,
}

/// A state machine in JSONPath mode.
#[derive(Clone, Debug)]
pub struct StateMachine {
    comment: String,
    timeout_seconds: i64,
    states: Vec<(String, State)>,
}

impl StateMachine {
    /// A machine that starts at the first state added.
    pub fn new(comment: &str, timeout_seconds: i64) -> Self {
        Self { comment: comment.to_owned(), timeout_seconds, states: Vec::new() }
    }

    /// Add a state.
    #[must_use]
    pub fn state(mut self, name: &str, state: State) -> Self {
        self.states.push((name.to_owned(), state));
        self
    }

    /// The definition as the JSON text that Terraform takes; mistakes are reported at synth.
    pub fn definition(&self) -> Val<String> {
        let mistakes = check::mistakes(self);
        if !mistakes.is_empty() {
            return Val::invalid(mistakes.join("; "));
        }
        let start = self.states.first().map(|(name, _)| name.clone()).unwrap_or_default();
        let states = self.states.iter().map(|(name, state)| (name.clone(), document(state)));
        let document = Expr::object([
            ("Comment", Expr::from(self.comment.as_str())),
            ("StartAt", start.into()),
            ("TimeoutSeconds", self.timeout_seconds.into()),
            ("States", Expr::object(states)),
        ]);
        Val::raw(document.jsonencode())
    }
}

fn document(state: &State) -> Expr {
    match state {
        State::Task(task) => task.document(),
        State::Succeed => Expr::object([("Type", Expr::from("Succeed"))]),
        State::FailWithCaughtError => Expr::object([
            ("Type", Expr::from("Fail")),
            // A name of its own: names that begin with `States.` are reserved, and most caught ones do.
            ("Error", "PipelineFailed".into()),
            ("CausePath", "States.Format('{}: {}', $.error.Error, $.error.Cause)".into()),
        ]),
    }
}

fn strings(items: &[&'static str]) -> Expr {
    Expr::Array(items.iter().map(|&item| Expr::from(item)).collect())
}
