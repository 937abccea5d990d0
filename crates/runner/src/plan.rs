//! `plan`: plans stacks and keeps the plans for `apply`.

use std::path::Path;
use std::sync::Arc;

use crate::assumed_folder;
use crate::error::Result;
use crate::init::{self, Prepared};
use crate::last_apply::SinceApply;
use crate::planned::{Pending, Planned};
use crate::report::{Outcome, RunReport, StackReport};
use crate::run;
use crate::saved_plan::{self, SavedPlan};
use crate::select::Needs;
use crate::session::Session;

pub(crate) async fn plan(session: &Arc<Session>, patterns: &[String]) -> Result<RunReport> {
    let graph = run::selected(session, patterns, Some(Needs::Producers)).await?;
    run::each_stack(session, "plan", &graph, plan_stack).await
}

/// Plans one stack, with the planned outputs of producers that will change.
async fn plan_stack(session: Arc<Session>, name: String) -> Result<StackReport> {
    let pending = session.pending(&name);
    if pending.is_empty() && !session.options.refresh && session.since_apply(&name)? == SinceApply::Unchanged {
        saved_plan::remove(&session.options, &name)?;
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
    let (timeout, out) = (session.lock_timeout(), format!("-out={}", plan.display()));
    let arguments = ["plan", "-input=false", "-json", &timeout, "-detailed-exitcode", &out];
    let ended = prepared.terraform(&place.path, &arguments).await?;
    report.take(&ended);
    report.outputs_change = ended.outputs_change;
    report.assumed = place.assumed;
    if !ended.planned() {
        session.explain(report, &ended);
        return Ok(false);
    }
    if ended.outputs_change && session.graph.consumers(name).next().is_some() {
        keep_outputs(prepared, &place.path, &plan).await?;
    }
    let (actions, assumed) = (report.actions(), report.assumed.clone());
    let saved = SavedPlan { scope: session.options.scope.clone(), fingerprint, state, actions, assumed };
    saved.write(&session.options, name)?;
    Ok(true)
}

/// Keeps the outputs in a plan file for the plans of the stack's consumers.
async fn keep_outputs(prepared: &Prepared<'_>, folder: &Path, plan: &Path) -> Result<()> {
    let shown = prepared.terraform(folder, &["show", "-json", &plan.display().to_string()]).await?.into_json()?;
    let (session, name) = (prepared.session, &prepared.folder.name);
    session.keep_planned(name, Planned::of(name, &shown, session.place()));
    Ok(())
}
