//! `destroy` of one stack.

use std::sync::Arc;

use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::message::Action;
use crate::record::Record;
use crate::report::{Outcome, ResourceReport, StackReport};
use crate::run::Inner;
use crate::schedule::Step;

impl Inner {
    /// Destroy what a stack's state holds. A stack without anything is done without starting Terraform.
    pub(crate) async fn destroy_stack(self: Arc<Self>, name: String) -> Result<(Step, StackReport), RunnerError> {
        let folder = self.folder(&name)?;
        if self.state(&name).await?.is_none_or(|state| state.is_empty()) {
            return Ok((Step::Done, StackReport::new(&name, Outcome::Destroyed).because("there was nothing to destroy")));
        }
        self.options.observer.started(&name, "destroy");
        let mut report = StackReport::new(&name, Outcome::Destroyed);
        report.started = Some(crate::report::now());
        if !self.initialise(folder, &mut report).await? {
            return Ok((Step::Failed, self.failed(report)));
        }
        let provider = self.provider(folder).await?;
        self.recover(folder, Use::of(provider.as_ref()), &mut report).await?;
        let mut arguments = vec!["destroy".to_owned(), "-input=false".to_owned(), "-json".to_owned()];
        arguments.extend([self.lock_timeout(), "-auto-approve".to_owned()]);
        let call = Call { stack: &name, folder: &folder.path, arguments, provider: Use::of(provider.as_ref()) };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        self.forget_plan(&name)?;
        self.reload(&name).await?;
        report.ended = Some(crate::report::now());
        report.log = Some(ended.log.display().to_string());
        report.commands.push(ended.command.clone());
        report.changes = ended.changes;
        report.resources.clone_from(&ended.resources);
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        if ended.code != Some(0) {
            report.changes = ended.done();
            self.explain(&mut report, &ended);
            return Ok((Step::Failed, report));
        }
        report.resources.retain(|resource| resource.done);
        Record::remove(&self.store, &folder.location).await?;
        Ok((Step::Done, report))
    }

    /// What a destroy would remove, from the states: what is shown before it is asked for.
    pub(crate) async fn destroy_preview(&self, name: &str) -> Result<StackReport, RunnerError> {
        let mut report = StackReport::new(name, Outcome::Planned);
        let addresses = self.state(name).await?.map(|state| state.addresses()).unwrap_or_default();
        report.changes.destroy = addresses.len();
        let rows = addresses.into_iter().map(|address| ResourceReport { address, action: Action::Delete, done: false });
        report.resources = rows.collect();
        Ok(report)
    }
}
