//! `terraform init`, only when it is needed.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::call::{self, Call, Use};
use crate::fault::RunnerError;
use crate::folder::{Folder, hex};
use crate::pool::{self, Binary};
use crate::report::StackReport;
use crate::run::Inner;
use crate::store::write_json;

/// The file in `.terraform` that says for what the folder was initialised.
const MARKER: &str = "oleoduto.json";

/// For what a folder was initialised. Equal: no `init`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    scope: String,
    /// Digest of backend, providers and modules.
    settings: String,
    lock_digest: Option<String>,
    /// The provider that Terraform verified, by path, size and time.
    provider: Option<String>,
}

/// Serialises what must not run at the same time: filling the plugin cache.
#[derive(Default)]
pub(crate) struct InitGate(Mutex<()>);

impl Inner {
    /// Initialise a stack's folder if it is not. False: that failed, and the report says why.
    pub(crate) async fn initialise(&self, folder: &Folder, report: &mut StackReport) -> Result<bool, RunnerError> {
        let terraform = folder.path.join(".terraform");
        let before = read(&terraform.join(MARKER));
        let wanted = self.marker(folder, &terraform)?;
        if before.as_ref() == Some(&wanted) && self.options.init_arguments.is_empty() {
            if let Some(binary) = Binary::find(&terraform, wanted.lock_digest.as_ref()).filter(|_| self.reuses(folder)) {
                self.pool.verified(binary)?;
            }
            return Ok(true);
        }
        let _gate = self.init_gate.0.lock().await;
        // Another stack may have verified the provider while we waited; then this is a matter of milliseconds. Without a
        // lock file `init` must write one, which it does only for a provider that it installs itself.
        let reuse = self.reuses(folder) && wanted.lock_digest.is_some();
        let known = self.pool.binary(wanted.lock_digest.as_ref()).filter(|_| reuse);
        let mut arguments = vec!["init".to_owned(), "-input=false".to_owned(), "-no-color".to_owned()];
        if before.as_ref().is_some_and(|marker| marker.scope != self.options.scope) {
            // Another environment's folder: its state stays where it is, and this one's is elsewhere.
            arguments.push("-reconfigure".to_owned());
        }
        arguments.extend(self.options.init_arguments.iter().cloned());
        let call = Call { stack: &folder.name, folder: &folder.path, arguments, provider: Use::none(known.as_ref()) };
        let ended = call::run(&self.options, call, self.interrupt.subscribe()).await?;
        report.commands.push(ended.command.clone());
        if ended.code != Some(0) {
            report.log = Some(ended.log.display().to_string());
            report.diagnostics = ended.diagnostics;
            return Ok(false);
        }
        if let Some(binary) = &known {
            link(&terraform, binary)?;
        }
        // Taken again: `init` may have completed the lock file, and what counts is what it verified against.
        let marker = self.marker(folder, &terraform)?;
        if let Some(binary) = Binary::find(&terraform, marker.lock_digest.as_ref()).filter(|_| self.reuses(folder)) {
            self.pool.verified(binary)?;
        }
        write_json(&terraform.join(MARKER), &marker)?;
        Ok(true)
    }

    /// For what a folder would be initialised now, with the provider that lies in it.
    fn marker(&self, folder: &Folder, terraform: &Path) -> Result<Marker, RunnerError> {
        let lock_digest = folder.lock_digest()?;
        let provider = Binary::find(terraform, lock_digest.as_ref()).as_ref().and_then(Binary::stamp);
        Ok(Marker { scope: self.options.scope.clone(), settings: settings_digest(folder)?, lock_digest, provider })
    }

    /// Whether a stack's commands talk to a provider of the pool.
    pub(crate) fn reuses(&self, folder: &Folder) -> bool {
        self.options.reuse_provider && folder.shares_provider && pool::allowed_here()
    }
}

fn read(path: &Path) -> Option<Marker> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Make the folder usable by hand too: Terraform finds the provider where `init` would have put it.
fn link(terraform: &Path, binary: &Binary) -> Result<(), RunnerError> {
    let place = terraform.join("providers").join(&binary.relative);
    if place.exists() {
        return Ok(());
    }
    let parent = place.parent().unwrap_or(terraform);
    std::fs::create_dir_all(parent).map_err(RunnerError::file("make", parent))?;
    symlink(&binary.folder, &place).map_err(RunnerError::file("link", &place))
}

/// A link to a folder.
pub(crate) fn symlink(target: &Path, place: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, place);
    #[cfg(not(unix))]
    return Err(std::io::Error::other(format!("no links here: {} to {}", place.display(), target.display())));
}

/// What `init` depends on.
fn settings_digest(folder: &Folder) -> Result<String, RunnerError> {
    let json: serde_json::Value = serde_json::from_str(&folder.text)
        .map_err(|error| RunnerError::Format { path: folder.path.display().to_string(), why: error.to_string() })?;
    let parts = [&json["terraform"], &json["module"]];
    Ok(hex(&Sha256::digest(parts.map(ToString::to_string).concat())))
}
