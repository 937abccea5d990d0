//! `destroy`: destroys the resources of stacks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::assumed_folder::{self, AssumedFolder};
use crate::ended::Ended;
use crate::error::{Result, RunnerError};
use crate::folder::Folder;
use crate::hooks;
use crate::init::{self, Prepared};
use crate::last_apply::{LastApply, SinceApply};
use crate::message::Action;
use crate::options::Approval;
use crate::orphan_folder;
use crate::orphans;
use crate::planned::Planned;
use crate::recover;
use crate::report::{self, Outcome, ResourceReport, RunReport, StackReport};
use crate::retry::{self, Rest};
use crate::run;
use crate::saved_plan;
use crate::select::{Needs, Selection};
use crate::session::Session;

pub(crate) async fn destroy(session: &Arc<Session>, selection: &Selection, approval: Approval) -> Result<RunReport> {
    let graph = run::selected(session, selection, Some(Needs::Consumers)).await?.reversed();
    let mut preview = Vec::new();
    for name in graph.names() {
        preview.push(preview_stack(session, name).await?);
    }
    if preview.iter().any(|stack| !stack.changes.is_empty()) {
        match &approval {
            Approval::Ask(ask) if !ask(&preview) => {
                let stacks = preview.into_iter().map(|stack| stack.because("not approved")).collect();
                let report = run::run_report(session, "destroy", report::now(), stacks);
                return Ok(RunReport { succeeded: false, ..report });
            }
            Approval::Nobody | Approval::Plans(_) => {
                return Err(RunnerError::NeedsApproval { what: "nobody has approved the destruction of resources".to_owned() });
            }
            Approval::Given | Approval::Ask(_) => {}
        }
    }
    let often = |session, name| retry::attempts(session, name, Rest::Planned, destroy_stack);
    run::each_stack(session, "destroy", &graph, often).await
}

/// Destroys stacks that left the program, from their states alone.
pub(crate) async fn destroy_orphans(session: &Arc<Session>, selection: &Selection, approval: Approval) -> Result<RunReport> {
    let found = orphans::find(session).await?;
    if found.is_empty() && selection.patterns.is_empty() {
        session.options.observer.note("no stack has left the program and still has resources");
        return Ok(run::run_report(session, "destroy", report::now(), Vec::new()));
    }
    destroy(&Arc::new(orphan_folder::session(session, &found)?), selection, approval).await
}

/// What a destroy would remove, according to the state and to what stopped runs left outside of it.
async fn preview_stack(session: &Session, name: &str) -> Result<StackReport> {
    let mut report = StackReport::new(name, Outcome::Planned);
    let mut addresses: BTreeSet<_> = session.state(name).map(|state| state.addresses()).into_iter().flatten().collect();
    addresses.extend(recover::left_behind(session, session.folder(name)?).await?);
    report.changes.destroy = addresses.len();
    let rows = addresses.into_iter().map(|address| ResourceReport { address, action: Action::Delete, done: false });
    report.resources = rows.collect();
    Ok(report)
}

/// Destroys the resources in a stack's state. An empty stack is done without starting Terraform.
async fn destroy_stack(session: Arc<Session>, name: String) -> Result<StackReport> {
    if let Some(why) = session.lost_state(&name)? {
        return Ok(StackReport::new(&name, Outcome::Failed).because(why));
    }
    let folder = session.folder(&name)?;
    let mut left = recover::left_behind(&session, folder).await?;
    if session.is_empty(&name) && left.is_empty() {
        return Ok(StackReport::new(&name, Outcome::Destroyed).because("nothing to destroy"));
    }
    let as_applied = session.since_apply(&name)? == SinceApply::Unchanged && left.is_empty();
    let mut report = session.begin(&name, "destroy", Outcome::Destroyed);
    if !hooks::before(&session, "destroy", &mut report).await? {
        return Ok(report);
    }
    let Some(prepared) = init::prepare(&session, folder, &mut report).await? else { return Ok(report) };
    recover::recover(&prepared, &mut report).await?;
    if !left.is_empty() {
        left = recover::left_behind(&session, folder).await?;
    }
    if !left.is_empty() {
        report.result = session.failure();
        let left = left.into_iter().collect::<Vec<_>>().join(", ");
        report.reason = Some(format!("a stopped run created {left}, which could not be taken into the state; see the warnings"));
        return Ok(report);
    }
    let place = without_producers(&session, folder)?;
    report.assumed.clone_from(&place.assumed);
    let ended = terraform_destroy(&prepared, &place, as_applied, &mut report).await?;
    recover::keep_errored(&place, folder)?;
    saved_plan::remove(&session.options, &name)?;
    report.warn_of(session.reload(&name).await.map(drop), "its state can't be read after the destroy");
    if !ended.succeeded() {
        report.changes = ended.done();
        session.explain(&mut report, &ended);
        return Ok(report);
    }
    report.resources.retain(|resource| resource.done);
    report.warn_of(LastApply::remove(&session.store, &folder.location).await, "the record of its last apply stays");
    Ok(report)
}

/// Destroys what the state has. What is as the last apply left it is not looked at first, which is half of the work. If something
/// can't be destroyed so, it may have changed outside: Terraform then looks at what is left, and goes on.
async fn terraform_destroy(
    prepared: &Prepared<'_>,
    place: &AssumedFolder,
    as_applied: bool,
    report: &mut StackReport,
) -> Result<Ended> {
    let session = prepared.session;
    let timeout = session.lock_timeout();
    let refreshed = ["destroy", "-input=false", "-json", &timeout, "-auto-approve"];
    let mut earlier = Ended::default();
    if as_applied {
        let ended = prepared.terraform(&place.path, &[&refreshed[..], &["-refresh=false"]].concat()).await?;
        report.take(&ended);
        // After a signal, or while somebody else has the lock, another attempt would do no better.
        if ended.succeeded() || ended.code.is_none() || ended.is_locked() || session.is_interrupted() {
            return Ok(ended);
        }
        session.options.observer.note(&format!("{}: refreshing what could not be destroyed", report.name));
        earlier = ended;
        report.diagnostics.retain(|diagnostic| !earlier.diagnostics.contains(diagnostic));
    }
    let ended = prepared.terraform(&place.path, &refreshed).await?.after(earlier);
    report.take(&ended);
    Ok(ended)
}

/// The folder to destroy from. Terraform evaluates the configuration even to destroy, and fails if outputs of a producer are
/// missing. Stand-ins replace them; no resource is created from them.
fn without_producers(session: &Session, folder: &Folder) -> Result<AssumedFolder> {
    let mut pending = Vec::new();
    for producer in session.graph.producers(&folder.name) {
        let state = session.state(producer);
        let read = folder.outputs_read(producer);
        if read.iter().any(|output| state.as_ref().is_none_or(|state| !state.outputs.contains_key(output))) {
            let planned = Planned::stand_ins(producer, &read, session.place());
            pending.push(session.pending_of(producer, planned));
        }
    }
    assumed_folder::create(&session.options.out, folder, &pending)
}
