//! What a Terraform that was killed, or could not reach its backend, left behind, and how the next apply takes it up.
//!
//! Terraform writes a remote state at the end and now and then between; killed in between, it leaves resources that no
//! state knows. Its log names them with their ids: they are kept beside the state, and the next apply imports them. When
//! the backend refuses the state at the end, Terraform leaves it as `errored.tfstate`: the next apply pushes it.

use serde::{Deserialize, Serialize};

use crate::call::{self, Call, Ended, Use};
use crate::fault::RunnerError;
use crate::folder::Folder;
use crate::report::StackReport;
use crate::run::Inner;
use crate::store::{Location, State};

/// What stands behind a state's name in that of the list of resources that exist and are not in it.
pub const UNSAVED_SUFFIX: &str = ".unsaved.json";
/// Terraform's own name.
const ERRORED: &str = "errored.tfstate";

/// A resource that was created and may not be in the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Created {
    pub(crate) address: String,
    pub(crate) id: String,
}

impl Inner {
    /// After a failure: keep the names of what was created and is not in the state.
    pub(crate) async fn keep_unsaved(&self, folder: &Folder, ended: &Ended, state: Option<&State>) -> Result<(), RunnerError> {
        let known = state.map(State::addresses).unwrap_or_default();
        let lost = ended.created.iter().filter(|created| !known.contains(&created.address));
        let mut lost: Vec<Created> = lost.cloned().collect();
        if lost.is_empty() || folder.path.join(ERRORED).is_file() {
            return Ok(());
        }
        let place = folder.location.beside(UNSAVED_SUFFIX);
        lost.extend(self.read_unsaved(&place).await?.unwrap_or_default());
        let text = serde_json::to_vec_pretty(&lost);
        let text = text.map_err(|error| RunnerError::State { place: place.to_string(), why: error.to_string() })?;
        self.store.write(&place, text).await
    }

    /// Before an apply: bring the state up to what exists. Whether that was needed.
    pub(crate) async fn recover(
        &self,
        folder: &Folder,
        provider: Use<'_>,
        report: &mut StackReport,
    ) -> Result<bool, RunnerError> {
        let pushed = self.push_errored(folder, report).await?;
        let imported = self.import_unsaved(folder, provider, report).await?;
        if pushed || imported {
            self.reload(&folder.name).await?;
        }
        Ok(pushed || imported)
    }

    async fn push_errored(&self, folder: &Folder, report: &mut StackReport) -> Result<bool, RunnerError> {
        let errored = folder.path.join(ERRORED);
        if !errored.is_file() {
            return Ok(false);
        }
        self.options.observer.note(&format!("{}: pushing the state that the last run could not save", folder.name));
        let ended = self.recovery(folder, &["state", "push", self.lock_timeout().as_str(), ERRORED], Use::Own, report).await?;
        if ended.code == Some(0) {
            std::fs::remove_file(&errored).map_err(RunnerError::file("remove", &errored))?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn import_unsaved(&self, folder: &Folder, provider: Use<'_>, report: &mut StackReport) -> Result<bool, RunnerError> {
        let place = folder.location.beside(UNSAVED_SUFFIX);
        let Some(content) = self.read_unsaved(&place).await? else { return Ok(false) };
        let known = self.reload(&folder.name).await?.map(|state| state.addresses()).unwrap_or_default();
        let mut left = Vec::new();
        for created in content.into_iter().filter(|created| !known.contains(&created.address)) {
            let text = format!(
                "{}: importing {} ({}), which a run that was killed had created",
                folder.name, created.address, created.id
            );
            self.options.observer.note(&text);
            let timeout = self.lock_timeout();
            let arguments = ["import", "-input=false", "-no-color", &timeout, &created.address, &created.id];
            if self.recovery(folder, &arguments, provider, report).await?.code != Some(0) {
                left.push(created);
            }
        }
        if left.is_empty() {
            self.store.remove(&place).await?;
        }
        Ok(true)
    }

    async fn read_unsaved(&self, place: &Location) -> Result<Option<Vec<Created>>, RunnerError> {
        let Some(content) = self.store.read(place).await? else { return Ok(None) };
        let rows = serde_json::from_slice(&content);
        rows.map(Some)
            .map_err(|error| RunnerError::Format { path: place.to_string(), why: format!("{error}; correct or remove it") })
    }

    /// A call that mends; its failure is a warning, since the apply that follows says what is still wrong.
    async fn recovery(
        &self,
        folder: &Folder,
        arguments: &[&str],
        provider: Use<'_>,
        report: &mut StackReport,
    ) -> Result<Ended, RunnerError> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let call = Call { stack: &folder.name, folder: &folder.path, arguments, provider };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.commands.push(ended.command.clone());
        report.diagnostics.extend(ended.diagnostics.iter().cloned().map(|mut diagnostic| {
            diagnostic.severity = crate::message::Severity::Warning;
            diagnostic
        }));
        Ok(ended)
    }
}
