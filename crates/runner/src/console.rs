//! `console`: expressions of a stack, evaluated by Terraform on a terminal.
//!
//! Terraform locks the state as long as its console is open, and has no option against it. The console therefore runs in a folder of
//! its own: a copy of the stack without its backend, and of the state. Nothing that happens there can reach the state, and nothing
//! that other runs do in the output folder reaches the console.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::error::{Result, RunnerError};
use crate::files::{self, TemporaryFolder};
use crate::folder::Folder;
use crate::held_folder;
use crate::init::{self, Prepared};
use crate::load;
use crate::report::{Outcome, StackReport};
use crate::session::Session;
use crate::terraform;

const CONFIGURATION: &str = "cdk.tf.json";
/// The name of a state if no backend is configured.
const STATE: &str = "terraform.tfstate";

/// Runs the console of a stack on the terminal of this process, against the state, or against what a plan makes of it. Returns its
/// exit code; none if the stack could not be initialized, as the report says, or after an interrupt.
pub(crate) async fn console(session: &Arc<Session>, name: &str, plan: bool) -> Result<(StackReport, Option<i32>)> {
    let folder = session.folder(name)?;
    session.pool.expect();
    load::load(session, BTreeSet::from([name.to_owned()])).await?;
    let mut report = StackReport::new(name, Outcome::Unchanged);
    if !init::initialize(session, folder, &mut report).await? {
        return Ok((report, None));
    }
    let (place, _held) = create(&session.options.out, folder)?;
    if let Some(state) = session.stored_content(name).await? {
        files::write(&place.path().join(STATE), &state)?;
    }
    let prepared = Prepared::new(session, folder, session.provider_in(place.path(), folder).await?);
    let arguments: &[&str] = if plan { &["console", "-plan"] } else { &["console"] };
    let mut command = terraform::command(&session.options, place.path(), arguments, prepared.provider()?);
    let mut child = command.spawn().map_err(|source| terraform::not_started(&session.options, source))?;
    session.free_folder()?;
    let mut interrupts = session.interrupts();
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.map_err(RunnerError::file("wait for", &session.options.terraform))?,
            // It has only a copy, so that it may end at any moment.
            Ok(()) = interrupts.changed() => child.start_kill().map_err(RunnerError::file("end", &session.options.terraform))?,
        }
    };
    Ok((report, status.code()))
}

/// A copy of a stack's folder, which is held as long as the file is open.
fn create(out: &Path, stack: &Folder) -> Result<(TemporaryFolder, File)> {
    let consoles = out.join("console");
    files::create_private_folder(&consoles)?;
    let (place, held) =
        held_folder::create(&consoles, &format!("{}-", stack.name)).map_err(RunnerError::file("create", &consoles))?;
    let place = TemporaryFolder::of(place);
    for path in files::sorted_entries(&stack.path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if ![".terraform", CONFIGURATION, STATE].contains(&name.as_str()) {
            files::copy(&path, &place.path().join(&name))?;
        }
    }
    // What `init` installed, without the backend that it noted.
    for name in [".terraform/providers", ".terraform/modules"] {
        let installed = stack.path.join(name);
        if installed.exists() {
            files::symlink(&installed, &place.path().join(name))?;
        }
    }
    let mut configuration = stack.json()?;
    if let Some(Json::Object(terraform)) = configuration.get_mut("terraform") {
        terraform.remove("backend");
    }
    files::write_json(&place.path().join(CONFIGURATION), &configuration)?;
    Ok((place, held))
}
