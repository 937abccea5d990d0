//! `drift`: reports what changed outside Terraform.

use std::sync::Arc;

use crate::error::Result;
use crate::hooks;
use crate::init;
use crate::last_apply::SinceApply;
use crate::message::Changes;
use crate::report::{Outcome, ResourceReport, RunReport, StackReport};
use crate::retry::{self, Rest};
use crate::run;
use crate::select::Selection;
use crate::session::Session;

pub(crate) async fn drift(session: &Arc<Session>, selection: &Selection) -> Result<RunReport> {
    let graph = run::selected(session, selection, None).await?.apart();
    run::each_stack(session, "drift", &graph, |session, name| retry::attempts(session, name, Rest::Planned, drift_stack)).await
}

/// Refreshes a stack and reports the changes made outside Terraform that an apply would revert. Nothing is changed, not even
/// the state.
///
/// This is a plan without `-refresh-only`, which also reports what providers only learn after an apply (`tags` from null to
/// empty, the encryption of a bucket that another resource sets).
async fn drift_stack(session: Arc<Session>, name: String) -> Result<StackReport> {
    if let Some(why) = session.lost_state(&name)? {
        return Ok(StackReport::new(&name, Outcome::Failed).because(why));
    }
    if session.is_empty(&name) {
        return Ok(StackReport::new(&name, Outcome::InSync).because("not applied"));
    }
    let folder = session.folder(&name)?;
    let mut report = session.begin(&name, "refresh", Outcome::InSync);
    if !hooks::before(&session, "drift", &mut report).await? {
        return Ok(report);
    }
    let Some(prepared) = init::prepare(&session, folder, &mut report).await? else { return Ok(report) };
    let arguments = ["plan", "-input=false", "-json", &session.reader_lock(), "-detailed-exitcode"];
    let ended = prepared.terraform(&folder.path, &arguments).await?;
    report.take(&ended);
    // The planned changes are not drift.
    report.changes = Changes::default();
    report.resources.clear();
    if !ended.planned() {
        session.explain(&mut report, &ended);
        return Ok(report);
    }
    let reverted = |row: &&ResourceReport| ended.resources.iter().any(|planned| planned.address == row.address);
    report.resources = ended.drift.iter().filter(reverted).cloned().collect();
    if !report.resources.is_empty() {
        report.result = Outcome::Drifted;
    }
    if let SinceApply::Changed(why) = session.since_apply(&name)? {
        report.reason = Some(format!("{why}; only changes made outside Terraform are listed"));
    }
    Ok(report)
}
