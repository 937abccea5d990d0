//! The options of a run, its observer and its approval.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::approved::ApprovedPlans;
use crate::message::Message;
use crate::report::{Cost, StackReport};
use crate::rules::{Retry, StackHook};

/// The options of a run.
#[derive(Clone)]
pub struct Options {
    /// The output folder of `synth`.
    pub out: PathBuf,
    /// Binary of Terraform or OpenTofu.
    pub terraform: String,
    /// Variables added to the environment of Terraform and of the provider.
    pub environment: Vec<(String, String)>,
    /// Maximum number of stacks at the same time.
    pub parallelism: usize,
    /// After a failure, start no further stack, also not one that does not need the failed one.
    pub fail_fast: bool,
    /// Time to wait for a state lock.
    pub lock_timeout: Duration,
    /// Lock the states for a plan. Whoever may only read them can't.
    pub lock_for_reading: bool,
    /// The owner of the stacks, such as `project/environment/series`. Plans and initialized folders of another scope are not
    /// used.
    pub scope: String,
    /// Account id, for values derived from names.
    pub account: String,
    /// Region, for values derived from names.
    pub region: String,
    /// Run Terraform even if nothing changed.
    pub refresh: bool,
    /// Keep Terraform's own words about each plan in the report.
    pub diff: bool,
    /// What a plan is about, other than everything that the configuration says.
    pub planning: Planning,
    /// The file for the plans that are to be approved, if `plan` writes one.
    pub record: Option<PathBuf>,
    /// Values of Terraform's variables that are not known yet. A plan with them says so.
    pub assumed_variables: Vec<(String, String)>,
    /// Serve several Terraform commands with one provider process.
    pub reuse_provider: bool,
    /// Terraform's plugin cache.
    pub plugin_cache: PathBuf,
    /// When the work on a stack is tried again.
    pub retry: Retry,
    /// Commands of the user before and after the work on a stack.
    pub hooks: Vec<StackHook>,
    /// What stacks cost by the program's estimate, for the report.
    pub costs: BTreeMap<String, Vec<Cost>>,
    /// Further arguments of `terraform init`, such as `-migrate-state`.
    pub init_arguments: Vec<String>,
    /// The command that shows the lock of a stack and frees it, for messages.
    pub unlock_command: Arc<dyn Fn(&str) -> String + Send + Sync>,
    /// The command that moves a resource between stacks, with its words, for messages.
    pub move_command: Arc<dyn Fn(&str) -> String + Send + Sync>,
    /// What to do about states of stacks that left the program, for messages.
    pub orphans_help: String,
    /// What to do if the bucket of a state does not exist, for messages.
    pub missing_bucket_help: String,
    /// The observer of the run.
    pub observer: Arc<dyn Observer>,
}

impl Options {
    /// Plain runs over an output folder: two stacks at the same time, everything locked and planned whole, nobody watching.
    pub fn new(out: PathBuf, scope: String, plugin_cache: PathBuf) -> Self {
        Self {
            out,
            scope,
            plugin_cache,
            terraform: "terraform".to_owned(),
            environment: Vec::new(),
            parallelism: 2,
            fail_fast: false,
            lock_timeout: Duration::ZERO,
            lock_for_reading: true,
            account: String::new(),
            region: String::new(),
            refresh: false,
            diff: false,
            planning: Planning::default(),
            record: None,
            assumed_variables: Vec::new(),
            reuse_provider: true,
            retry: Retry::default(),
            hooks: Vec::new(),
            costs: BTreeMap::new(),
            init_arguments: Vec::new(),
            unlock_command: Arc::new(|stack| format!("terraform force-unlock, in the folder of {stack}")),
            move_command: Arc::new(|words| format!("state mv {words}")),
            orphans_help: "destroy what they hold with Terraform".to_owned(),
            missing_bucket_help: "create it".to_owned(),
            observer: Arc::new(Silent),
        }
    }
}

/// Plans of something else than everything that the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planning {
    /// Addresses of resources to replace (`terraform plan -replace`).
    pub replace: Vec<String>,
    /// Addresses of the only resources to change (`terraform plan -target`).
    pub target: Vec<String>,
    /// Take over into the state what changed outside, and change nothing (`terraform plan -refresh-only`).
    pub refresh_only: bool,
}

impl Planning {
    /// The arguments of Terraform.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let replace = self.replace.iter().map(|address| format!("-replace={address}"));
        let target = self.target.iter().map(|address| format!("-target={address}"));
        replace.chain(target).chain(self.refresh_only.then(|| "-refresh-only".to_owned())).collect()
    }

    /// Whether the configuration can differ from the state after the apply.
    pub(crate) fn is_partial(&self) -> bool {
        self.refresh_only || !self.target.is_empty()
    }

    /// Whether it is about resources of one stack.
    pub(crate) fn is_of_one_stack(&self) -> bool {
        !self.replace.is_empty() || !self.target.is_empty()
    }
}

/// Observes the progress of a run.
pub trait Observer: Send + Sync {
    /// The work on a stack starts: `plan`, `apply`, `destroy`, ...
    fn started(&self, stack: &str, what: &str);
    /// Terraform printed a line.
    fn message(&self, stack: &str, message: &Message);
    /// The work on a stack ended, or will not start.
    fn ended(&self, report: &StackReport);
    /// The run has another message.
    fn note(&self, text: &str);
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn started(&self, _: &str, _: &str) {}
    fn message(&self, _: &str, _: &Message) {}
    fn ended(&self, _: &StackReport) {}
    fn note(&self, _: &str) {}
}

/// Who approves changes.
#[derive(Clone)]
pub enum Approval {
    /// All changes are approved (`--yes`).
    Given,
    /// A person is asked.
    Ask(ApproveFn),
    /// These plans are approved. Another plan is not applied.
    Plans(Arc<ApprovedPlans>),
    /// Nobody can be asked; only saved plans are applied.
    Nobody,
}

/// Shows plans, asks, and returns whether to continue.
pub type ApproveFn = Arc<dyn Fn(&[StackReport]) -> bool + Send + Sync>;
