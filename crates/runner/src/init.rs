//! `init`: makes the folders of stacks ready for Terraform, if they are not.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::sha256;
use crate::ended::Ended;
use crate::error::{Result, RunnerError};
use crate::files;
use crate::folder::Folder;
use crate::pool::Lease;
use crate::provider::PREFIX;
use crate::provider_package::Package;
use crate::report::StackReport;
use crate::session::Session;
use crate::terraform::{Call, Use};

/// The file in `.terraform` that contains the marker.
const MARKER: &str = "oleoduto.json";

/// The interval between two tries to lock the plugin cache.
const CACHE_POLL: Duration = Duration::from_millis(100);

/// What a folder was initialized for. If it is still the same, `init` is not needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    scope: String,
    /// Digest of backend, providers and modules.
    settings: String,
    lock_digest: Option<String>,
    /// The installed provider, by path, size and time.
    provider: Option<String>,
}

/// An initialized stack, with the provider for its commands.
pub(crate) struct Prepared<'a> {
    pub(crate) session: &'a Session,
    pub(crate) folder: &'a Folder,
    provider: Option<Lease>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(session: &'a Session, folder: &'a Folder, provider: Option<Lease>) -> Self {
        Self { session, folder, provider }
    }

    /// Runs Terraform in a folder: the stack's own, or one with assumed values.
    pub(crate) async fn terraform(&self, folder: &Path, arguments: &[&str]) -> Result<Ended> {
        let provider = self.provider()?;
        self.session.terraform(Call { stack: &self.folder.name, folder, arguments, provider }).await
    }

    /// The provider for the next command, which is told the types that the stack names.
    pub(crate) fn provider(&self) -> Result<Use<'_>> {
        if let Some(lease) = &self.provider {
            let mut types = self.folder.types(PREFIX)?;
            let state = self.session.state(&self.folder.name);
            types.extend(state.iter().flat_map(|state| state.kinds()).map(str::to_owned));
            lease.provider().describe_only(&types)?;
        }
        Ok(Use::of(self.provider.as_ref()))
    }
}

/// Initializes a stack and gets a provider for its commands; none if `init` failed, as the report says.
pub(crate) async fn prepare<'a>(
    session: &'a Session,
    folder: &'a Folder,
    report: &mut StackReport,
) -> Result<Option<Prepared<'a>>> {
    if !initialize(session, folder, report).await? {
        return Ok(None);
    }
    let provider = session.provider(folder).await?;
    Ok(Some(Prepared::new(session, folder, provider)))
}

/// Waits until no other process installs providers into the plugin cache, and keeps others from it until the file is dropped; none
/// after an interrupt.
async fn lock_cache(session: &Session) -> Result<Option<File>> {
    let path = session.options.plugin_cache.join(".install.lock");
    let file = File::create(&path).map_err(RunnerError::file("open", &path))?;
    while !session.is_interrupted() {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(CACHE_POLL).await,
            Err(TryLockError::Error(error)) => return Err(RunnerError::file("lock", &path)(error)),
        }
    }
    Ok(None)
}

/// Initializes the folder of a stack, if it is not. Returns whether that succeeded.
pub(crate) async fn initialize(session: &Session, folder: &Folder, report: &mut StackReport) -> Result<bool> {
    let terraform = folder.path.join(".terraform");
    let before: Option<Marker> = files::read_json(&terraform.join(MARKER));
    let wanted = marker(session, folder, &terraform)?;
    let lock = folder.lock()?;
    if before.as_ref() == Some(&wanted)
        && session.options.init_arguments.is_empty()
        && has_provider(session, folder, &terraform, lock.as_deref()).await?
    {
        return Ok(true);
    }
    let _gate = session.init_gate.lock().await;
    // Another stack may have verified the provider in the meantime; `init` then takes milliseconds. Without a lock file,
    // `init` must write one, which it does only for a provider that it installs itself.
    let reuse = session.reuses_provider(folder) && wanted.lock_digest.is_some();
    let known = if reuse { session.pool.verified(lock.as_deref()).await } else { None };
    // Terraform writes into the cache without a lock of its own: of two processes, one would run a half-written provider.
    let cache = if known.is_none() { lock_cache(session).await? } else { None };
    let mut arguments = vec!["init", "-input=false", "-no-color"];
    if before.is_some_and(|marker| marker.scope != session.options.scope) {
        // The folder was initialized for another environment, whose state stays in its place.
        arguments.push("-reconfigure");
    }
    arguments.extend(session.options.init_arguments.iter().map(String::as_str));
    let provider = Use::none(known.as_ref());
    let call = Call { stack: &folder.name, folder: &folder.path, arguments: &arguments, provider };
    let ended = session.terraform(call).await?;
    drop(cache);
    report.take(&ended);
    if !ended.succeeded() {
        report.result = session.failure();
        return Ok(false);
    }
    if let Some(package) = &known {
        // Links the provider to the place where `init` would have put it, so that the folder also works by hand.
        files::symlink(&package.folder, &terraform.join("providers").join(&package.relative))?;
    }
    // Read again, because `init` may have completed the lock file.
    let marker = marker(session, folder, &terraform)?;
    let lock = folder.lock()?;
    has_provider(session, folder, &terraform, lock.as_deref()).await?;
    files::write_json(&terraform.join(MARKER), &marker)?;
    Ok(true)
}

/// Whether the folder has a provider for its commands. A provider that other stacks can use is kept for them, if the lock file
/// names its checksum. Terraform verifies one that only this stack uses.
async fn has_provider(session: &Session, folder: &Folder, terraform: &Path, lock: Option<&str>) -> Result<bool> {
    if !session.reuses_provider(folder) {
        return Ok(true);
    }
    let (Some(package), Some(lock)) = (Package::find(terraform), lock) else { return Ok(true) };
    let genuine = session.pool.is_genuine(&package, lock).await;
    if genuine {
        session.pool.keep(package)?;
    }
    Ok(genuine)
}

fn marker(session: &Session, folder: &Folder, terraform: &Path) -> Result<Marker> {
    let lock_digest = folder.lock_digest()?;
    let provider = Package::find(terraform).as_ref().and_then(Package::stamp);
    let json: serde_json::Value = serde_json::from_str(&folder.text)
        .map_err(|error| RunnerError::Format { what: format!("`{}`", folder.path.display()), why: error.to_string() })?;
    let settings = sha256([&json["terraform"], &json["module"]].map(ToString::to_string).concat());
    Ok(Marker { scope: session.options.scope.clone(), settings, lock_digest, provider })
}
