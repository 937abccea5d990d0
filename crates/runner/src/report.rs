//! The report of a run: `run.json` in the output folder, and `--json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::message::{Action, Changes, Diagnostic, Severity};

/// The report of one run over several stacks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// The version of this format.
    pub version: u32,
    /// `init`, `validate`, `plan`, `apply`, `destroy` or `drift`.
    pub command: String,
    /// The owner of the stacks, such as project, environment and series.
    pub scope: String,
    /// Start of the run, RFC 3339 in UTC.
    pub started: String,
    /// End of the run.
    pub ended: String,
    /// Whether every selected stack succeeded.
    pub succeeded: bool,
    /// The stacks that are not in the program any more, although their resources still exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orphans: Vec<String>,
    /// The stacks in the order in which they ended; stacks that never started come last.
    pub stacks: Vec<StackReport>,
}

/// The report of one stack.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct StackReport {
    /// Name of the stack.
    pub name: String,
    /// Start of its work; absent if it never started.
    pub started: Option<String>,
    /// End of its work.
    pub ended: Option<String>,
    /// How its work ended.
    pub result: Outcome,
    /// Why it ended so, if the result does not say it.
    pub reason: Option<String>,
    /// Numbers of resources that change or changed.
    pub changes: Changes,
    /// The resources that change, changed, or were planned to change.
    pub resources: Vec<ResourceReport>,
    /// Whether outputs change (plan only).
    #[serde(default)]
    pub outputs_change: bool,
    /// What changes, as `terraform show` prints it (plans only, if it was asked for). Sensitive values are masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Digest of the planned changes (plans that are to be approved only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Values assumed for outputs of producers that are not known yet (plan only).
    pub assumed: Vec<Assumed>,
    /// Errors and warnings of Terraform.
    pub diagnostics: Vec<Diagnostic>,
    /// What was tried again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<Retried>,
    /// The user's commands that ran before and after its work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookReport>,
    /// What it costs, if its program estimates that (plan and apply only).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost: Vec<Cost>,
    /// The commands that were run. Each can be repeated by hand.
    pub commands: Vec<String>,
    /// The file with the whole output of Terraform.
    pub log: Option<String>,
}

/// An estimate of what a stack costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// US$.
    pub usd: f64,
    /// What it pays for, such as `month`.
    pub per: String,
    /// Whether it has all prices, and somebody verified each.
    pub certain: bool,
}

/// How the work on a stack ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its folder is ready for Terraform.
    #[serde(rename = "initialised")]
    Initialized,
    /// Its configuration is valid.
    Valid,
    /// Planned; `changes` says what.
    Planned,
    /// Applied.
    Applied,
    /// Destroyed, or nothing to destroy.
    Destroyed,
    /// Nothing changed since the last apply; Terraform was not started.
    #[default]
    Unchanged,
    /// Refreshed: real resources match the state.
    InSync,
    /// Refreshed: real resources differ from the state.
    Drifted,
    /// Terraform failed.
    Failed,
    /// Not started: a stack that it needs failed.
    Skipped,
    /// Stopped, or not started, because of an interrupt.
    Interrupted,
}

impl Outcome {
    /// The word for it in reports.
    pub(crate) fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether the work succeeded.
    pub fn is_good(self) -> bool {
        !matches!(self, Self::Failed | Self::Skipped | Self::Interrupted)
    }
}

/// An attempt that failed and was followed by another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retried {
    /// The error, which passes by itself.
    pub error: String,
    /// The pause before the next attempt.
    pub pause_seconds: f64,
}

/// A command of the user that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HookReport {
    /// Before or after the work on the stack.
    pub time: HookTime,
    /// Its words.
    pub command: String,
    /// Its exit code; none if it did not start, or a signal ended it.
    pub code: Option<i32>,
    /// The file with its output.
    pub log: String,
}

/// When a command of the user runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HookTime {
    /// Before the work on a stack.
    Before,
    /// After it, whatever its result.
    After,
}

/// The report of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceReport {
    /// Address of the resource.
    pub address: String,
    /// The planned action.
    pub action: Action,
    /// Whether the action was done; always false in a plan.
    pub done: bool,
}

/// A value that a plan used instead of a producer's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assumed {
    /// The producer, or `var` for a variable of Terraform.
    pub stack: String,
    /// Its output, or the variable.
    pub output: String,
    /// The origin of the value.
    pub source: Source,
    /// The value, unless it comes from a plan, whose values may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// The origin of an assumed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The plan of the producer.
    Plan,
    /// The name of the resource, as for an ARN.
    Name,
    /// Nothing that is known: any value of the right form.
    StandIn,
}

impl Assumed {
    pub(crate) fn new(stack: &str, output: &str, value: &Json, source: Source) -> Self {
        let value = (source != Source::Plan).then(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        Self { stack: stack.to_owned(), output: output.to_owned(), source, value }
    }
}

impl StackReport {
    pub(crate) fn new(name: &str, result: Outcome) -> Self {
        Self { name: name.to_owned(), result, ..Self::default() }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Nothing is applied, because the plan differs from the approved one.
    pub(crate) fn refuse(&mut self, result: Outcome, differences: &[String]) {
        self.result = result;
        self.changes = Changes::default();
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            summary: "this plan is not the approved one, so nothing was applied; plan again and have it approved".to_owned(),
            detail: differences.join("\n"),
            address: None,
        });
    }

    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The resources that are destroyed or replaced.
    pub fn destroyed(&self) -> impl Iterator<Item = &ResourceReport> {
        self.resources.iter().filter(|resource| resource.action.destroys())
    }
}

impl RunReport {
    /// The sum over all stacks.
    pub fn changes(&self) -> Changes {
        self.stacks.iter().fold(Changes::default(), |sum, stack| sum + stack.changes)
    }

    /// The costs of all stacks, one for each thing that they pay for.
    pub fn costs(&self) -> Vec<Cost> {
        let mut sums: Vec<Cost> = Vec::new();
        for cost in self.stacks.iter().flat_map(|stack| &stack.cost) {
            if let Some(sum) = sums.iter_mut().find(|sum| sum.per == cost.per) {
                sum.usd += cost.usd;
                sum.certain &= cost.certain;
            } else {
                sums.push(cost.clone());
            }
        }
        sums
    }

    /// The JSON Schema of the format.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}

/// The present time, RFC 3339 in UTC, in milliseconds.
pub(crate) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
