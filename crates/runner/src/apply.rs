//! Applying one stack: not at all, exactly as planned, or anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::{self, Call, Ended, Use};
use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::inputs::StateId;
use crate::message::Action;
use crate::options::Approval;
use crate::record::Record;
use crate::report::{Outcome, StackReport};
use crate::run::Inner;
use crate::schedule::Step;

/// What a person has seen and agreed to, by stack.
pub(crate) type Approved = BTreeMap<String, Vec<(String, Action)>>;

impl Inner {
    /// Apply one stack.
    pub(crate) async fn apply_stack(
        self: Arc<Self>,
        name: String,
        approval: Approval,
        approved: Arc<Approved>,
    ) -> Result<(Step, StackReport), RunnerError> {
        let folder = self.folder(&name)?;
        let inputs = self.inputs(&name).await?;
        let before = self.state(&name).await?;
        let saved = self.saved(&name);
        let reason = match self.record(&name).await? {
            Some(record) => match record.stale(&inputs, before.as_deref()) {
                None if !self.options.refresh && saved.is_none() => {
                    return Ok((Step::Done, StackReport::new(&name, Outcome::Unchanged)));
                }
                reason => reason,
            },
            None => None,
        };
        self.options.observer.started(&name, "apply");
        let mut report = StackReport::new(&name, Outcome::Applied);
        report.started = Some(crate::report::now());
        report.reason = reason;
        if !self.initialise(folder, &mut report).await? {
            return Ok((Step::Failed, self.failed(report)));
        }
        let process = self.provider(folder).await?;
        let provider = Use::of(process.as_ref());
        if self.recover(folder, provider, &mut report).await? {
            report.reason = Some("a run before broke off; what it had created is in the state now".to_owned());
        }
        // Taken again: the first `init` may have written the provider lock.
        let inputs = self.inputs(&name).await?;
        let before = self.state(&name).await?;
        let mut use_saved = false;
        if let Some(saved) = &saved {
            match saved.stale(&inputs, &StateId::of(before.as_deref())) {
                None => use_saved = true,
                Some(why) => report.reason = Some(format!("planned again: {why}")),
            }
        }
        let mut ended = None;
        if use_saved {
            let done = self.apply_plan(folder, provider, &mut report).await?;
            if done.plan_is_stale() {
                report.reason = Some("planned again: its state changed after the plan".to_owned());
                report.diagnostics.retain(|diagnostic| diagnostic.summary != "Saved plan is stale");
                report.resources.clear();
            } else {
                ended = Some(done);
            }
        }
        let ended = match ended {
            Some(ended) => ended,
            None if matches!(approval, Approval::Given) => self.apply_directly(folder, provider, &mut report).await?,
            None => {
                if self.plan_into(folder, &[], provider, &mut report).await? == Step::Failed {
                    return Ok((Step::Failed, self.failed(report)));
                }
                if !agreed(&approval, approved.get(&name), &report) {
                    self.forget_plan(&name)?;
                    let why = "the plan with real values differs from the one that was agreed to; nothing was applied";
                    return Ok((Step::Failed, self.failed(report.because(why))));
                }
                let warnings = std::mem::take(&mut report.diagnostics);
                let ended = self.apply_plan(folder, provider, &mut report).await?;
                report.diagnostics.extend(warnings);
                ended
            }
        };
        self.finish_apply(folder, inputs, &ended, report).await
    }

    async fn finish_apply(
        &self,
        folder: &Folder,
        inputs: crate::inputs::Inputs,
        ended: &Ended,
        mut report: StackReport,
    ) -> Result<(Step, StackReport), RunnerError> {
        self.forget_plan(&folder.name)?;
        // What is there now is what counts for the stacks that follow, whether the apply came to its end or not.
        let after = self.reload(&folder.name).await?;
        report.ended = Some(crate::report::now());
        if ended.code != Some(0) {
            report.changes = ended.done();
            self.keep_unsaved(folder, ended, after.as_deref()).await?;
            self.explain(&mut report, ended);
            return Ok((Step::Failed, report));
        }
        report.resources.retain(|resource| resource.done);
        Record::new(inputs, after.as_deref()).write(&self.store, &folder.location).await?;
        Ok((Step::Done, report))
    }

    async fn apply_plan(&self, folder: &Folder, provider: Use<'_>, report: &mut StackReport) -> Result<Ended, RunnerError> {
        let plan = std::path::absolute(self.plan_file(&folder.name)).map_err(RunnerError::file("find", &folder.path))?;
        self.terraform_apply(folder, plan.display().to_string(), provider, report).await
    }

    async fn apply_directly(&self, folder: &Folder, provider: Use<'_>, report: &mut StackReport) -> Result<Ended, RunnerError> {
        self.terraform_apply(folder, "-auto-approve".to_owned(), provider, report).await
    }

    async fn terraform_apply(
        &self,
        folder: &Folder,
        last: String,
        provider: Use<'_>,
        report: &mut StackReport,
    ) -> Result<Ended, RunnerError> {
        let mut arguments = vec!["apply".to_owned(), "-input=false".to_owned(), "-json".to_owned()];
        arguments.extend([self.lock_timeout(), last]);
        let call = Call { stack: &folder.name, folder: &folder.path, arguments, provider };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.log = Some(ended.log.display().to_string());
        report.commands.push(ended.command.clone());
        report.changes = ended.changes;
        report.resources.clone_from(&ended.resources);
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        Ok(ended)
    }
}

/// Whether everything that a new plan does was agreed to, or is now.
fn agreed(approval: &Approval, approved: Option<&Vec<(String, Action)>>, report: &StackReport) -> bool {
    let known = approved.is_some_and(|approved| report.actions().iter().all(|action| approved.contains(action)));
    known
        || match approval {
            Approval::Given => true,
            Approval::Ask(ask) => ask(std::slice::from_ref(report)),
            Approval::Nobody => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ResourceReport;

    #[test]
    fn only_what_was_seen_is_agreed_to() {
        let mut report = StackReport::new("a", Outcome::Planned);
        report.resources = vec![ResourceReport { address: "a.b".to_owned(), action: Action::Update, done: false }];
        let seen = vec![("a.b".to_owned(), Action::Update), ("a.c".to_owned(), Action::Create)];
        assert!(agreed(&Approval::Nobody, Some(&seen), &report));
        report.resources[0].action = Action::Replace;
        assert!(!agreed(&Approval::Nobody, Some(&seen), &report), "a replacement was not what was seen");
        assert!(!agreed(&Approval::Nobody, None, &report));
        assert!(agreed(&Approval::Ask(Arc::new(|_| true)), Some(&seen), &report));
    }
}
