//! Planning stacks, and the plans that are kept for `apply`.

use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::assume::{self, Pending, Planned};
use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::inputs::{Inputs, StateId};
use crate::message::Action;
use crate::predict::Place;
use crate::report::{Outcome, StackReport};
use crate::run::Inner;
use crate::schedule::Step;
use crate::store::write_json;

/// A value of a producer that stood in for the real one in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assumed {
    /// The producer.
    pub stack: String,
    /// Its output.
    pub output: String,
    /// Where the value comes from.
    pub source: Source,
    /// The value, when it was made here; a plan's own values may be secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Where an assumed value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The producer's own plan knows it.
    Plan,
    /// The resource's name decides it, as for an ARN.
    Name,
    /// Nothing decides it: any value of the right shape.
    StandIn,
}

impl Assumed {
    pub(crate) fn new(stack: &str, output: &str, value: &Json, source: Source) -> Self {
        let value = (source != Source::Plan).then(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        Self { stack: stack.to_owned(), output: output.to_owned(), source, value }
    }
}

/// What is kept beside a plan file: enough to tell whether it can still be applied, and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    pub(crate) scope: String,
    pub(crate) inputs: Inputs,
    pub(crate) state: StateId,
    pub(crate) actions: Vec<(String, Action)>,
    pub(crate) assumed: Vec<Assumed>,
}

impl SavedPlan {
    /// Why it can't be applied as it is; none if it can.
    pub(crate) fn stale(&self, inputs: &Inputs, state: &StateId) -> Option<String> {
        if let Some(first) = self.assumed.first() {
            let more = if self.assumed.len() > 1 { format!(" and {} more", self.assumed.len() - 1) } else { String::new() };
            return Some(format!("it was planned with an assumed value of `{}.{}`{more}", first.stack, first.output));
        }
        if let Some(difference) = inputs.difference(&self.inputs) {
            return Some(format!("{difference} after the plan"));
        }
        (state != &self.state)
            .then(|| format!("its state changed after the plan (serial {} to {})", self.state.serial, state.serial))
    }
}

impl Inner {
    /// The file of a stack's saved plan. It can hold secrets: its folder is the user's alone.
    pub(crate) fn plan_file(&self, stack: &str) -> PathBuf {
        self.options.out.join("plans").join(format!("{stack}.tfplan"))
    }

    fn saved_file(&self, stack: &str) -> PathBuf {
        self.options.out.join("plans").join(format!("{stack}.json"))
    }

    /// The saved plan of a stack, if there is one of this scope.
    pub(crate) fn saved(&self, stack: &str) -> Option<SavedPlan> {
        let saved: SavedPlan = serde_json::from_slice(&std::fs::read(self.saved_file(stack)).ok()?).ok()?;
        (saved.scope == self.options.scope && self.plan_file(stack).is_file()).then_some(saved)
    }

    /// Forget a stack's saved plan.
    pub(crate) fn forget_plan(&self, stack: &str) -> Result<(), RunnerError> {
        for path in [self.saved_file(stack), self.plan_file(stack)] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(RunnerError::file("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn plans_folder(&self) -> Result<(), RunnerError> {
        let folder = self.options.out.join("plans");
        std::fs::create_dir_all(&folder).map_err(RunnerError::file("make", &folder))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&folder, private).map_err(RunnerError::file("protect", &folder))?;
        }
        Ok(())
    }

    /// Plan one stack, with real values or, where producers are to change, with their planned ones.
    pub(crate) async fn plan_stack(self: Arc<Self>, name: String) -> Result<(Step, StackReport), RunnerError> {
        let folder = self.folder(&name)?;
        let pending = self.pending(&name);
        if pending.is_empty()
            && !self.options.refresh
            && let Some(record) = self.record(&name).await?
            && record.stale(&self.inputs(&name).await?, self.state(&name).await?.as_deref()).is_none()
        {
            self.forget_plan(&name)?;
            return Ok((Step::Done, StackReport::new(&name, Outcome::Unchanged)));
        }
        self.options.observer.started(&name, "plan");
        let mut report = StackReport::new(&name, Outcome::Planned);
        report.started = Some(crate::report::now());
        if !self.initialise(folder, &mut report).await? {
            return Ok((Step::Failed, self.failed(report)));
        }
        let provider = self.provider(folder).await?;
        let step = self.plan_into(folder, &pending, Use::of(provider.as_ref()), &mut report).await?;
        report.ended = Some(crate::report::now());
        Ok((step, report))
    }

    /// Plan an initialised stack to its plan file.
    pub(crate) async fn plan_into(
        &self,
        folder: &Folder,
        pending: &[(String, Planned)],
        provider: Use<'_>,
        report: &mut StackReport,
    ) -> Result<Step, RunnerError> {
        let name = folder.name.as_str();
        self.forget_plan(name)?;
        self.plans_folder()?;
        let mut producers = Vec::new();
        for (producer, planned) in pending {
            producers.push((producer, planned, self.state(producer).await?));
        }
        let pending: Vec<_> = producers
            .iter()
            .map(|(producer, planned, state)| Pending { producer, planned: (*planned).clone(), state: state.as_deref() })
            .collect();
        let (path, assumed) = match pending.is_empty() {
            true => (folder.path.clone(), Vec::new()),
            false => assume::folder(&self.options.out, folder, &pending)?,
        };
        // Taken before: a change while Terraform plans makes the plan stale.
        let (inputs, state) = (self.inputs(name).await?, StateId::of(self.state(name).await?.as_deref()));
        let plan = std::path::absolute(self.plan_file(name)).map_err(RunnerError::file("find", self.plan_file(name)))?;
        let mut arguments = vec!["plan".to_owned(), "-input=false".to_owned(), "-json".to_owned()];
        arguments.extend([self.lock_timeout(), "-detailed-exitcode".to_owned(), format!("-out={}", plan.display())]);
        let call = Call { stack: name, folder: &path, arguments, provider };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.log = Some(ended.log.display().to_string());
        report.commands.push(ended.command.clone());
        report.changes = ended.changes;
        report.resources.clone_from(&ended.resources);
        report.outputs_change = ended.outputs_change;
        report.assumed = assumed;
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        if !matches!(ended.code, Some(0 | 2)) {
            self.explain(report, &ended);
            return Ok(Step::Failed);
        }
        if ended.outputs_change && self.graph.consumers(name).next().is_some() {
            let arguments = vec!["show".to_owned(), "-json".to_owned(), plan.display().to_string()];
            let call = Call { stack: name, folder: &path, arguments, provider };
            let shown = call::run(&self.options, call, self.interrupt.subscribe()).await?;
            let json: Json = serde_json::from_str(&shown.text).map_err(|error| RunnerError::Format {
                path: format!("`{}`", shown.command),
                why: format!("its output is not JSON: {error}"),
            })?;
            // It holds values that may be secret.
            std::fs::remove_file(&shown.log).map_err(RunnerError::file("remove", &shown.log))?;
            let place = Place { account: &self.options.account, region: &self.options.region };
            self.keep_planned(name, Planned::of(name, &json, place));
        }
        let saved = SavedPlan {
            scope: self.options.scope.clone(),
            inputs,
            state,
            actions: report.actions(),
            assumed: report.assumed.clone(),
        };
        write_json(&self.saved_file(name), &saved)?;
        Ok(Step::Done)
    }
}
