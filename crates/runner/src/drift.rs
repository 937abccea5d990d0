//! `drift` of one stack: what changed outside Terraform.

use std::sync::Arc;

use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::report::{Outcome, ResourceReport, StackReport};
use crate::run::Inner;
use crate::schedule::Step;

impl Inner {
    /// Refresh a stack and report what changed outside and Terraform would put back. Nothing is changed, not even the
    /// state.
    ///
    /// A plan, not `-refresh-only`: that one also reports what providers only learn after an apply (`tags` from null to
    /// empty, a bucket's encryption that a resource beside it has set), which is nobody's change.
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
        let mut arguments = vec!["plan".to_owned(), "-input=false".to_owned()];
        arguments.extend(["-json".to_owned(), self.lock_timeout(), "-detailed-exitcode".to_owned()]);
        let provider = self.provider(folder).await?;
        let call = Call { stack: &name, folder: &folder.path, arguments, provider: Use::of(provider.as_ref()) };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.ended = Some(crate::report::now());
        report.log = Some(ended.log.display().to_string());
        report.commands.push(ended.command.clone());
        report.diagnostics.extend(ended.diagnostics.iter().cloned());
        if !matches!(ended.code, Some(0 | 2)) {
            self.explain(&mut report, &ended);
            return Ok((Step::Failed, report));
        }
        let put_back = |row: &&ResourceReport| ended.resources.iter().any(|planned| planned.address == row.address);
        report.resources = ended.drift.iter().filter(put_back).cloned().collect();
        if !report.resources.is_empty() {
            report.result = Outcome::Drifted;
        }
        if let Some(record) = self.record(&name).await?
            && let Some(why) = record.stale(&self.inputs(&name).await?, self.state(&name).await?.as_deref())
        {
            report.reason = Some(format!("{why}; only what changed outside is listed"));
        }
        Ok((Step::Done, report))
    }
}
