//! `destroy` of one stack.

use std::path::PathBuf;
use std::sync::Arc;

use crate::assume::{self, Pending, Planned};
use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::message::Action;
use crate::plan::Assumed;
use crate::predict::Place;
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
        let (path, assumed) = self.without_producers(folder).await?;
        report.assumed = assumed;
        let mut arguments = vec!["destroy".to_owned(), "-input=false".to_owned(), "-json".to_owned()];
        arguments.extend([self.lock_timeout(), "-auto-approve".to_owned()]);
        let call = Call { stack: &name, folder: &path, arguments, provider: Use::of(provider.as_ref()) };
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

    /// The folder to destroy from. Terraform evaluates the configuration even then, and fails when a producer's outputs are
    /// gone: stand-ins take their place, since nothing is made of them.
    async fn without_producers(&self, folder: &Folder) -> Result<(PathBuf, Vec<Assumed>), RunnerError> {
        let mut gone = Vec::new();
        for producer in self.graph.producers(&folder.name) {
            let state = self.state(producer).await?;
            let read = folder.outputs_read(producer);
            if read.iter().any(|output| state.as_ref().is_none_or(|state| !state.outputs.contains_key(output))) {
                gone.push((producer, read, state));
            }
        }
        if gone.is_empty() {
            return Ok((folder.path.clone(), Vec::new()));
        }
        let place = Place { account: &self.options.account, region: &self.options.region };
        let pending = gone.iter().map(|(producer, read, state)| Pending {
            producer,
            planned: Planned::gone(producer, read, place),
            state: state.as_deref(),
        });
        assume::folder(&self.options.out, folder, &pending.collect::<Vec<_>>())
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
