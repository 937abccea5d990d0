//! What a run needs to know, and whom it tells.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::message::Message;
use crate::report::StackReport;

/// Everything about a run that is not in the output folder.
#[derive(Clone)]
pub struct Options {
    /// The output folder of `synth`.
    pub out: PathBuf,
    /// Terraform's or OpenTofu's binary.
    pub terraform: String,
    /// Added to the environment of Terraform and of the provider.
    pub environment: Vec<(String, String)>,
    /// Stacks at the same time.
    pub parallelism: usize,
    /// How long to wait for a state lock.
    pub lock_timeout: Duration,
    /// What the stacks belong to, such as `project/environment/series`: plans and initialised folders of another are not used.
    pub scope: String,
    /// Account id, for values predicted from names.
    pub account: String,
    /// Region, likewise.
    pub region: String,
    /// Run Terraform even where nothing changed.
    pub refresh: bool,
    /// Serve several Terraform commands by one provider process.
    pub reuse_provider: bool,
    /// Terraform's plugin cache.
    pub plugin_cache: PathBuf,
    /// More arguments of `terraform init`, such as `-migrate-state`.
    pub init_arguments: Vec<String>,
    /// The command that shows a stack's lock and frees it, for messages.
    pub unlock_command: fn(stack: &str) -> String,
    /// Whom to tell.
    pub observer: Arc<dyn Observer>,
}

/// Sees a run's progress.
pub trait Observer: Send + Sync {
    /// A stack's work begins: `plan`, `apply`, `destroy`, ...
    fn started(&self, stack: &str, what: &str);
    /// A line of Terraform.
    fn message(&self, stack: &str, message: &Message);
    /// A stack's work ended, or it will not begin.
    fn ended(&self, report: &StackReport);
    /// Anything else that is worth a line.
    fn note(&self, text: &str);
}

/// An observer that says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn started(&self, _: &str, _: &str) {}
    fn message(&self, _: &str, _: &Message) {}
    fn ended(&self, _: &StackReport) {}
    fn note(&self, _: &str) {}
}

/// Who says that changes may be made.
#[derive(Clone)]
pub enum Approval {
    /// They may (`--yes`).
    Given,
    /// Ask: shown are the plans, the answer is whether to go on.
    Ask(ApproveFn),
    /// Nobody can be asked: only saved plans are applied.
    Nobody,
}

/// Shows plans and asks.
pub type ApproveFn = Arc<dyn Fn(&[StackReport]) -> bool + Send + Sync>;
