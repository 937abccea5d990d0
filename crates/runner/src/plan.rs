//! `plan`: plans stacks and keeps the plans for `apply`.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::approved::ApprovedPlan;
use crate::assumed_folder;
use crate::error::Result;
use crate::files;
use crate::init::{self, Prepared};
use crate::last_apply::SinceApply;
use crate::planned::{Pending, Planned};
use crate::planned_changes::PlannedChanges;
use crate::report::{Outcome, RunReport, StackReport};
use crate::run;
use crate::saved_plan::{self, SavedPlan};
use crate::select::{Needs, Selection};
use crate::session::Session;

pub(crate) async fn plan(session: &Arc<Session>, selection: &Selection) -> Result<RunReport> {
    let graph = run::selected(session, selection, Some(Needs::Producers)).await?;
    let Some(record) = &session.options.record else {
        return run::each_stack(session, "plan", &graph, plan_stack).await;
    };
    files::remove_file(record)?;
    let report = run::each_stack(session, "plan", &graph, plan_stack).await?;
    if report.succeeded {
        session.recorded().write(record)?;
    }
    Ok(report)
}

/// Plans one stack, with the planned outputs of producers that will change.
async fn plan_stack(session: Arc<Session>, name: String) -> Result<StackReport> {
    let pending = session.pending(&name);
    if pending.is_empty() && !session.options.refresh && session.since_apply(&name)? == SinceApply::Unchanged {
        saved_plan::remove(&session.options, &name)?;
        session.record(&name, ApprovedPlan::new(PlannedChanges::default(), Vec::new()));
        return Ok(StackReport::new(&name, Outcome::Unchanged));
    }
    let mut report = session.begin(&name, "plan", Outcome::Planned);
    if let Some(prepared) = init::prepare(&session, session.folder(&name)?, &mut report).await? {
        plan_prepared(&prepared, &pending, &mut report).await?;
    }
    Ok(report)
}

/// Plans a prepared stack to its plan file. Returns whether that succeeded.
pub(crate) async fn plan_prepared(prepared: &Prepared<'_>, pending: &[Pending], report: &mut StackReport) -> Result<bool> {
    let Prepared { session, folder, .. } = prepared;
    let name = folder.name.as_str();
    let plan = saved_plan::prepare(&session.options, name)?;
    let place = assumed_folder::create(&session.options.out, folder, pending)?;
    // Taken before the plan: a change during the plan makes it stale.
    let (fingerprint, state) = (session.fingerprint(name)?, session.state_id(name));
    let (timeout, out) = (session.reader_lock(), format!("-out={}", plan.display()));
    let planning = session.options.planning.arguments();
    let mut arguments = vec!["plan", "-input=false", "-json", &timeout, "-detailed-exitcode", &out];
    arguments.extend(planning.iter().map(String::as_str));
    let ended = prepared.terraform(&place.path, &arguments).await?;
    report.take(&ended);
    report.outputs_change = ended.outputs_change;
    report.assumed.clone_from(&place.assumed);
    report.assumed.extend(session.assumed_variables(folder));
    if !ended.planned() {
        session.explain(report, &ended);
        return Ok(false);
    }
    let consumed = ended.outputs_change && session.graph.consumers(name).next().is_some();
    let mut changes = None;
    if consumed || session.options.record.is_some() || !report.assumed.is_empty() {
        let shown = shown(prepared, &place.path, &plan).await?;
        if consumed {
            session.keep_planned(name, Planned::of(name, &shown, session.place()));
        }
        let plan = ApprovedPlan::new(PlannedChanges::of(&shown), report.assumed.clone());
        if session.options.record.is_some() {
            report.digest = Some(plan.digest.clone());
            session.record(name, plan.clone());
        }
        changes = Some(plan);
    }
    if session.options.diff && (ended.outputs_change || !ended.changes.is_empty()) {
        let text = prepared.terraform(&place.path, &["show", "-no-color", &plan.display().to_string()]).await?.into_text()?;
        report.diff = Some(text);
    }
    let (scope, planning) = (session.options.scope.clone(), session.options.planning.clone());
    let saved = SavedPlan { scope, fingerprint, state, assumed: report.assumed.clone(), planning, changes };
    saved.write(&session.options, name)?;
    Ok(true)
}

/// A plan file as JSON. The values may be secret.
pub(crate) async fn shown(prepared: &Prepared<'_>, folder: &Path, plan: &Path) -> Result<Json> {
    prepared.terraform(folder, &["show", "-json", &plan.display().to_string()]).await?.into_json()
}
