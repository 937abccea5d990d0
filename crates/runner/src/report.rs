//! What a run did: `run.json` in the output folder, and `--json`. Its JSON Schema is `schemas/run-report.schema.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::{Action, Changes, Diagnostic, Severity};
use crate::plan::Assumed;

/// One run over several stacks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// The version of this format.
    pub version: u32,
    /// `init`, `plan`, `apply`, `destroy` or `drift`.
    pub command: String,
    /// What the stacks belong to: project, environment and series.
    pub scope: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// Whether every stack that was asked for came to a good end.
    pub succeeded: bool,
    /// The stacks, in the order in which they ended; those that never started last.
    pub stacks: Vec<StackReport>,
}

/// One stack of a run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StackReport {
    /// The stack.
    pub name: String,
    /// When its work began; absent when it never did.
    pub started: Option<String>,
    /// When its work ended.
    pub ended: Option<String>,
    /// How.
    pub result: Outcome,
    /// Why, where that is not plain from the result.
    pub reason: Option<String>,
    /// How many resources change or changed.
    pub changes: Changes,
    /// The resources that change, changed, or were to change.
    pub resources: Vec<ResourceReport>,
    /// Whether outputs change (in a plan).
    #[serde(default)]
    pub outputs_change: bool,
    /// Values of producers that stood in for what is not known yet (in a plan).
    pub assumed: Vec<Assumed>,
    /// Terraform's errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The commands that were run; each can be run by hand.
    pub commands: Vec<String>,
    /// Terraform's whole output, a file.
    pub log: Option<String>,
}

/// How a stack's part ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its folder is ready for Terraform.
    Initialised,
    /// Planned; `changes` says what.
    Planned,
    /// Applied.
    Applied,
    /// Destroyed, or there was nothing to destroy.
    Destroyed,
    /// Nothing changed since the last apply; Terraform was not started.
    Unchanged,
    /// Refreshed: reality is as in the state.
    InSync,
    /// Refreshed: reality differs from the state.
    Drifted,
    /// Terraform failed.
    Failed,
    /// Not started: a stack that it needs failed.
    Skipped,
    /// Broken off, or not started, because of an interrupt.
    Interrupted,
}

impl Outcome {
    /// Whether it is what was asked for.
    pub fn is_good(self) -> bool {
        !matches!(self, Self::Failed | Self::Skipped | Self::Interrupted)
    }
}

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceReport {
    /// Its address.
    pub address: String,
    /// What was planned for it.
    pub action: Action,
    /// Whether that was done. Always false in a plan.
    pub done: bool,
}

impl StackReport {
    pub(crate) fn new(name: &str, result: Outcome) -> Self {
        Self {
            name: name.to_owned(),
            started: None,
            ended: None,
            result,
            reason: None,
            changes: Changes::default(),
            resources: Vec::new(),
            outputs_change: false,
            assumed: Vec::new(),
            diagnostics: Vec::new(),
            commands: Vec::new(),
            log: None,
        }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The resources that are lost or replaced.
    pub fn destroyed(&self) -> impl Iterator<Item = &ResourceReport> {
        self.resources.iter().filter(|resource| resource.action.destroys())
    }

    /// The planned actions in the order of their addresses, to compare two plans.
    pub(crate) fn actions(&self) -> Vec<(String, Action)> {
        let mut actions: Vec<_> = self.resources.iter().map(|resource| (resource.address.clone(), resource.action)).collect();
        actions.sort();
        actions
    }
}

impl RunReport {
    /// The sum over all stacks.
    pub fn changes(&self) -> Changes {
        self.stacks.iter().fold(Changes::default(), |sum, stack| sum + stack.changes)
    }

    /// The format's JSON Schema.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}

/// Now, RFC 3339 in UTC, in milliseconds.
pub(crate) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
