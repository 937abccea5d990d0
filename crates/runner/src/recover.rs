//! Recovers what a Terraform left behind that was killed or could not reach its backend.
//!
//! Terraform writes a remote state at the end of an apply and from time to time before. If it is killed, resources can exist
//! that are in no state. Its log names them with their ids; they are kept beside the state, and the next apply imports them.
//! If the backend refuses the state at the end, Terraform writes it to `errored.tfstate`, and the next apply pushes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::assumed_folder::AssumedFolder;
use crate::ended::{Created, Ended};
use crate::error::{Result, RunnerError};
use crate::files;
use crate::folder::Folder;
use crate::import_all::{self, Import};
use crate::import_ids;
use crate::init::Prepared;
use crate::location::Location;
use crate::message::Severity;
use crate::plan;
use crate::planned::planned_resources;
use crate::report::StackReport;
use crate::saved_plan;
use crate::session::Session;
use crate::state::State;
use crate::terraform::{Call, Use};

/// The suffix of a state's name that names the list of existing resources that are not in the state.
pub const UNSAVED_SUFFIX: &str = ".unsaved.json";
/// The name that Terraform gives to a state it could not save.
const ERRORED: &str = "errored.tfstate";

/// The addresses of what stopped runs created and no state contains: those of a state that the backend refused, and those of
/// the list beside the state.
pub(crate) async fn left_behind(session: &Session, folder: &Folder) -> Result<BTreeSet<String>> {
    let mut left = BTreeSet::new();
    let errored = folder.path.join(ERRORED);
    if let Some(content) = files::read_if_exists(&errored)? {
        let state: State = serde_json::from_slice(&content).map_err(|error| RunnerError::Format {
            what: format!("`{}`", errored.display()),
            why: format!("{error}; it is the state of a stopped run: correct it, or remove it if nothing of it exists"),
        })?;
        left.extend(state.addresses());
    }
    let unsaved = read_unsaved(session, &folder.location.beside(UNSAVED_SUFFIX)).await?.unwrap_or_default();
    let known = session.state(&folder.name).as_deref().map(State::addresses).unwrap_or_default();
    left.extend(unsaved.into_iter().map(|created| created.address).filter(|address| !known.contains(address)));
    Ok(left)
}

/// Moves a state that the backend refused from the folder of the call into the stack's folder, where `recover` finds it.
pub(crate) fn keep_errored(place: &AssumedFolder, folder: &Folder) -> Result<()> {
    let errored = place.path.join(ERRORED);
    if place.path == folder.path || !errored.is_file() {
        return Ok(());
    }
    std::fs::rename(&errored, folder.path.join(ERRORED)).map_err(RunnerError::file("move", &errored))
}

/// After a failed call: keeps the created resources that are not in the state.
pub(crate) async fn keep_unsaved(session: &Session, folder: &Folder, ended: &Ended) -> Result<()> {
    let known = session.state(&folder.name).as_deref().map(State::addresses).unwrap_or_default();
    let lost = ended.created.iter().filter(|created| !known.contains(&created.address));
    let mut lost: Vec<Created> = lost.cloned().collect();
    if lost.is_empty() || folder.path.join(ERRORED).is_file() {
        return Ok(());
    }
    let place = folder.location.beside(UNSAVED_SUFFIX);
    lost.extend(read_unsaved(session, &place).await?.unwrap_or_default());
    session.store.write_json(&place, &lost).await
}

/// Before an apply: adds to the state what it should contain. Returns whether that was needed.
pub(crate) async fn recover(prepared: &Prepared<'_>, report: &mut StackReport) -> Result<bool> {
    let pushed = push_errored(prepared, report).await?;
    let imported = import_unsaved(prepared, report).await?;
    if pushed || imported {
        prepared.session.reload(&prepared.folder.name).await?;
    }
    Ok(pushed || imported)
}

async fn push_errored(prepared: &Prepared<'_>, report: &mut StackReport) -> Result<bool> {
    let Prepared { session, folder, .. } = prepared;
    let errored = folder.path.join(ERRORED);
    if !errored.is_file() {
        return Ok(false);
    }
    session.options.observer.note(&format!("{}: pushing the state that the last run could not save", folder.name));
    let arguments = ["state", "push", &session.lock_timeout(), ERRORED];
    let call = Call { stack: &folder.name, folder: &folder.path, arguments: &arguments, provider: Use::Own };
    let pushed = take_as_warnings(report, session.terraform(call).await?);
    if pushed {
        files::remove_file(&errored)?;
    }
    Ok(pushed)
}

async fn import_unsaved(prepared: &Prepared<'_>, report: &mut StackReport) -> Result<bool> {
    let Prepared { session, folder, .. } = prepared;
    let place = folder.location.beside(UNSAVED_SUFFIX);
    let Some(unsaved) = read_unsaved(session, &place).await? else { return Ok(false) };
    let known = session.reload(&folder.name).await?.map(|state| state.addresses()).unwrap_or_default();
    let lost: Vec<_> = unsaved.iter().filter(|created| !known.contains(&created.address)).collect();
    let made = lost.iter().any(|created| import_ids::is_made(import_ids::kind(&created.address)));
    let planned = if made { planned_arguments(prepared, report).await? } else { BTreeMap::new() };
    let mut imports = Vec::new();
    let mut all_imported = true;
    for Created { address, id } in lost {
        let arguments = planned.get(address).map_or(&Json::Null, |(_, arguments)| arguments);
        let found = import_ids::import_id(import_ids::kind(address), id, arguments);
        let resource = format!("{address} ({id}), which a killed run created");
        let note = if found.is_some() { format!("importing {resource}") } else { format!("{resource}, can't be imported") };
        session.options.observer.note(&format!("{}: {note}", folder.name));
        all_imported &= found.is_some();
        imports.extend(found.map(|id| Import { address: address.clone(), id }));
    }
    all_imported &= import(prepared, &imports, report).await?;
    if all_imported {
        session.store.remove(&place).await?;
    }
    Ok(true)
}

/// Imports resources together or, if one of them can't be imported so, each by itself. Returns whether all of them were.
async fn import(prepared: &Prepared<'_>, imports: &[Import], report: &mut StackReport) -> Result<bool> {
    if imports.len() > 1
        && let Some(ended) = import_all::import_all(prepared, imports, report).await?
    {
        return Ok(take_as_warnings(report, ended));
    }
    let timeout = prepared.session.lock_timeout();
    let mut all = true;
    for Import { address, id } in imports {
        let arguments = ["import", "-input=false", "-no-color", &timeout, address, id];
        all &= take_as_warnings(report, prepared.terraform(&prepared.folder.path, &arguments).await?);
    }
    Ok(all)
}

/// The arguments of the resources that would be created, by address; none if the stack can't be planned now.
async fn planned_arguments(prepared: &Prepared<'_>, report: &mut StackReport) -> Result<BTreeMap<String, (String, Json)>> {
    let Prepared { session, folder, .. } = prepared;
    // Not the saved plan, which the apply after this may still apply.
    let plan = saved_plan::scratch(&session.options, &folder.name)?;
    let (timeout, out) = (session.lock_timeout(), format!("-out={}", plan.display()));
    let arguments = ["plan", "-input=false", "-json", "-refresh=false", &timeout, &out];
    let planned = take_as_warnings(report, prepared.terraform(&folder.path, &arguments).await?);
    let found = if planned {
        let shown = plan::shown(prepared, &folder.path, &plan).await?;
        planned_resources(&shown["planned_values"]["root_module"])
    } else {
        BTreeMap::new()
    };
    files::remove_file(&plan)?;
    Ok(found)
}

/// After an apply that recovered: forgets what the state has now.
pub(crate) async fn forget_saved(session: &Session, folder: &Folder) -> Result<()> {
    let place = folder.location.beside(UNSAVED_SUFFIX);
    let Some(unsaved) = read_unsaved(session, &place).await? else { return Ok(()) };
    let known = session.state(&folder.name).as_deref().map(State::addresses).unwrap_or_default();
    let left: Vec<Created> = unsaved.into_iter().filter(|created| !known.contains(&created.address)).collect();
    if left.is_empty() { session.store.remove(&place).await } else { session.store.write_json(&place, &left).await }
}

async fn read_unsaved(session: &Session, place: &Location) -> Result<Option<Vec<Created>>> {
    let Some(content) = session.store.read(place).await? else { return Ok(None) };
    let rows = serde_json::from_slice(&content);
    rows.map(Some)
        .map_err(|error| RunnerError::Format { what: format!("`{place}`"), why: format!("{error}; correct or remove it") })
}

/// Puts a call into the report and returns whether it succeeded. Its errors become warnings, because the apply that follows
/// reports what is still wrong.
fn take_as_warnings(report: &mut StackReport, mut ended: Ended) -> bool {
    ended.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Warning);
    report.take(&ended);
    ended.succeeded()
}
