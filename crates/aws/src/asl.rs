//! Amazon States Language (JSONPath mode): state machines that are checked before Terraform starts.
//!
//! A [`StateMachine`] is a [`Flow`] of states with a timeout. Paths and intrinsic functions are plain text, as in the
//! language itself; [`StateMachine::mistakes`] reads them, and everything else that AWS would only refuse at apply or
//! fail on at run time. What a reference holds is not known at synth: references are taken as they are.
//!
//! ```
//! use oleoduto_aws::asl::{Choice, Condition, Order, State, StateMachine, Wait};
//!
//! let ready = Condition::string("$.status", Order::Equals, "READY");
//! let machine = StateMachine::new("Wait for a file", 3600)
//!     .state("Ready", Choice::new().when(ready, "Done").otherwise("Later"))
//!     .state("Later", Wait::seconds(60).next("Redy"))
//!     .state("Done", State::Succeed);
//! assert_eq!(machine.mistakes(), ["state `Later` goes to `Redy`, which does not exist; did you mean `Ready`?"]);
//! ```

mod check;
mod choice;
mod common;
mod cursor;
mod integrations;
mod intrinsic;
mod nearest;
mod nested;
mod path;
mod retry;
mod sagemaker;
mod simple;
mod task;
mod template;

pub use choice::{Choice, Condition, DataType, Order};
pub use nested::{Map, Parallel};
pub use retry::{Catch, Retry};
pub use sagemaker::{ProcessingInput, ProcessingJob, TrainingJob};
pub use simple::{Fail, Pass, Wait};
pub use task::Task;

use oleoduto_cdk::{Expr, Val};

use crate::types::Definition;

/// The longest time that AWS takes for any wait or timeout, seconds.
const MAX_SECONDS: i64 = 99_999_999;

/// A state.
#[derive(Clone, Debug)]
pub enum State {
    /// Work.
    Task(Task),
    /// Data put in, moved or left as it is.
    Pass(Pass),
    /// A delay.
    Wait(Wait),
    /// One of several ways on.
    Choice(Choice),
    /// Several flows at once.
    Parallel(Parallel),
    /// One flow for each item of a list.
    Map(Map),
    /// The end, well.
    Succeed,
    /// The end, failed.
    Fail(Fail),
    /// The end, failed, with the error that was caught at `$.error`.
    FailWithCaughtError,
}

macro_rules! from_states {
    ($($name:ident),+) => {
        $(impl From<$name> for State {
            fn from(state: $name) -> Self {
                Self::$name(state)
            }
        })+
    };
}

from_states!(Task, Pass, Wait, Choice, Parallel, Map, Fail);

impl State {
    /// The states that can follow, in the order in which they are written.
    fn targets(&self) -> Vec<&str> {
        match self {
            Self::Task(task) => common::targets(&task.common, &task.handling),
            Self::Parallel(parallel) => common::targets(&parallel.common, &parallel.handling),
            Self::Map(map) => common::targets(&map.common, &map.handling),
            Self::Pass(pass) => pass.common.next.as_deref().into_iter().collect(),
            Self::Wait(wait) => wait.common.next.as_deref().into_iter().collect(),
            Self::Choice(choice) => choice.targets(),
            Self::Succeed | Self::Fail(_) | Self::FailWithCaughtError => Vec::new(),
        }
    }

    /// Whether the flow can end here with success.
    fn ends_well(&self) -> bool {
        match self {
            Self::Task(task) => task.common.next.is_none(),
            Self::Parallel(parallel) => parallel.common.next.is_none(),
            Self::Map(map) => map.common.next.is_none(),
            Self::Pass(pass) => pass.common.next.is_none(),
            Self::Wait(wait) => wait.common.next.is_none(),
            Self::Succeed => true,
            Self::Choice(_) | Self::Fail(_) | Self::FailWithCaughtError => false,
        }
    }

    /// The flows inside, each with what it is called in the place of a mistake.
    fn flows(&self) -> Vec<(String, &Flow)> {
        match self {
            Self::Parallel(parallel) => {
                parallel.branches.iter().enumerate().map(|(i, flow)| (format!("branch {}", i + 1), flow)).collect()
            }
            Self::Map(map) => vec![("item".to_owned(), &map.processor)],
            _ => Vec::new(),
        }
    }

    /// What is wrong with the state by itself.
    fn check(&self, mistakes: &mut Vec<String>) {
        match self {
            Self::Task(task) => task.check(mistakes),
            Self::Pass(pass) => pass.check(mistakes),
            Self::Wait(wait) => wait.check(mistakes),
            Self::Choice(choice) => choice.check(mistakes),
            Self::Parallel(parallel) => parallel.check(mistakes),
            Self::Map(map) => map.check(mistakes),
            Self::Fail(fail) => fail.check(mistakes),
            Self::Succeed | Self::FailWithCaughtError => {}
        }
    }

    fn document(&self) -> Expr {
        match self {
            Self::Task(task) => task.document(),
            Self::Pass(pass) => pass.document(),
            Self::Wait(wait) => wait.document(),
            Self::Choice(choice) => choice.document(),
            Self::Parallel(parallel) => parallel.document(),
            Self::Map(map) => map.document(),
            Self::Succeed => Expr::object([("Type", Expr::from("Succeed"))]),
            Self::Fail(fail) => fail.document(),
            Self::FailWithCaughtError => Expr::object([
                ("Type", Expr::from("Fail")),
                // A name of its own: names that begin with `States.` are reserved, and most caught ones do.
                ("Error", "PipelineFailed".into()),
                ("CausePath", "States.Format('{}: {}', $.error.Error, $.error.Cause)".into()),
            ]),
        }
    }
}

/// States and the ways between them: a branch of a [`Parallel`], or what a [`Map`] does with each item.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    states: Vec<(String, State)>,
}

impl Flow {
    /// A flow that starts at the first state added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a state. Names have 1 to 80 characters and are unique in the whole machine.
    #[must_use]
    pub fn state(mut self, name: &str, state: impl Into<State>) -> Self {
        self.states.push((name.to_owned(), state.into()));
        self
    }

    fn start(&self) -> &str {
        self.states.first().map_or("", |(name, _)| name.as_str())
    }

    fn states(&self) -> Expr {
        Expr::object(self.states.iter().map(|(name, state)| (name.clone(), state.document())))
    }

    fn pairs(&self) -> Vec<(&'static str, Expr)> {
        vec![("StartAt", self.start().into()), ("States", self.states())]
    }
}

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
        check::mistakes(self)
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
            ("States", self.flow.states()),
        ]);
        Val::raw(document.jsonencode())
    }
}

/// A list of texts.
fn strings(items: &[String]) -> Expr {
    Expr::Array(items.iter().map(Expr::from).collect())
}
