//! `drift` of one stack: what changed outside Terraform.

use std::sync::Arc;

use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::report::{Outcome, StackReport};
use crate::run::Inner;
use crate::schedule::Step;

impl Inner {
    /// Refresh a stack and compare with its state. Nothing is changed, not even the state.
    pub(crate) async fn drift_stack(self: Arc<Self>, name: String) -> Result<(Step, StackReport), RunnerError> {
        let folder = self.folder(&name)?;
        if self.state(&name).await?.is_none_or(|state| state.is_empty()) {
            return Ok((Step::Done, StackReport::new(&name, Outcome::InSync).because("it is not applied")));
        }
        self.options.observer.started(&name, "refresh");
        let mut report = StackReport::new(&name, Outcome::InSync);
        report.started = Some(crate::report::now());
        if !self.initialise(folder, &mut report).await? {
            return Ok((Step::Failed, self.failed(report)));
        }
        let mut arguments = vec!["plan".to_owned(), "-refresh-only".to_owned(), "-input=false".to_owned()];
        arguments.extend(["-json".to_owned(), self.lock_timeout(), "-detailed-exitcode".to_owned()]);
        let provider = self.provider(folder).await?;
        let call = Call { stack: &name, folder: &folder.path, arguments, provider: Use::of(provider.as_ref()) };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.ended = Some(crate::report::now());
        report.log = Some(ended.log.display().to_string());
        report.commands.push(ended.command.clone());
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        report.resources.clone_from(&ended.drift);
        report.outputs_change = ended.outputs_change;
        match ended.code {
            Some(0) => {}
            Some(2) => report.result = Outcome::Drifted,
            _ => {
                self.explain(&mut report, &ended);
                return Ok((Step::Failed, report));
            }
        }
        Ok((Step::Done, report))
    }
}
