//! `plan`: plans stacks and keeps the plans for `apply`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::approved::ApprovedPlan;
use crate::assumed_folder::{self, AssumedFolder};
use crate::error::Result;
use crate::files;
use crate::hooks;
use crate::init::{self, Prepared};
use crate::last_apply::SinceApply;
use crate::planned::{Pending, Planned};
use crate::planned_changes::PlannedChanges;
use crate::report::{Outcome, RunReport, StackReport};
use crate::retry::{self, Rest};
use crate::run;
use crate::saved_plan::{self, SavedPlan};
use crate::select::{Needs, Selection};
use crate::session::Session;

pub(crate) async fn plan(session: &Arc<Session>, selection: &Selection) -> Result<RunReport> {
    let graph = run::selected(session, selection, Some(Needs::Producers)).await?;
    let Some(record) = &session.options.record else {
        return run::each_stack(session, "plan", &graph, plan_often).await;
    };
    files::remove_file(record)?;
    let report = run::each_stack(session, "plan", &graph, plan_often).await?;
    if report.succeeded {
        session.recorded().write(record)?;
    }
    Ok(report)
}

async fn plan_often(session: Arc<Session>, name: String) -> Result<StackReport> {
    retry::attempts(session, name, Rest::Planned, plan_stack).await
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
    if hooks::before(&session, "plan", &mut report).await?
        && let Some(prepared) = init::prepare(&session, session.folder(&name)?, &mut report).await?
        && let Some(made) = plan_prepared(&prepared, &pending, &mut report).await?
    {
        keep(&prepared, made, &mut report).await?;
    }
    Ok(report)
}

/// A plan file that was made.
pub(crate) struct MadePlan {
    /// Where it was made.
    place: AssumedFolder,
    file: PathBuf,
    saved: SavedPlan,
}

/// Plans a prepared stack to its plan file; none if that failed, as the report says.
pub(crate) async fn plan_prepared(
    prepared: &Prepared<'_>,
    pending: &[Pending],
    report: &mut StackReport,
) -> Result<Option<MadePlan>> {
    let Prepared { session, folder, .. } = prepared;
    let name = folder.name.as_str();
    let file = saved_plan::prepare(&session.options, name)?;
    let place = assumed_folder::create(&session.options.out, folder, pending)?;
    // Taken before the plan: a change during the plan makes it stale.
    let (fingerprint, state) = (session.fingerprint_after(name, pending)?, session.state_id(name));
    let (timeout, out) = (session.reader_lock(), format!("-out={}", file.display()));
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
        return Ok(None);
    }
    let (scope, planning) = (session.options.scope.clone(), session.options.planning.clone());
    let saved = SavedPlan { scope, fingerprint, state, assumed: report.assumed.clone(), planning, changes: None };
    Ok(Some(MadePlan { place, file, saved }))
}

/// Keeps a plan for `apply`, and what it says for the plans of consumers and for those who approve it.
async fn keep(prepared: &Prepared<'_>, mut made: MadePlan, report: &mut StackReport) -> Result<()> {
    let Prepared { session, folder, .. } = prepared;
    let name = folder.name.as_str();
    let consumed = report.outputs_change && session.graph.consumers(name).next().is_some();
    if consumed || session.options.record.is_some() {
        let shown = shown(prepared, &made.place.path, &made.file).await?;
        if consumed {
            session.keep_planned(name, Planned::of(name, &shown, session.place()));
        }
        let plan = ApprovedPlan::new(PlannedChanges::of(&shown), report.assumed.clone());
        if session.options.record.is_some() {
            report.digest = Some(plan.digest.clone());
            session.record(name, plan.clone());
        }
        made.saved.changes = Some(plan);
    }
    add_diff(prepared, &made, report).await?;
    made.saved.write(&session.options, name)
}

/// Puts what Terraform says about a plan into the report, if it was asked for.
pub(crate) async fn add_diff(prepared: &Prepared<'_>, made: &MadePlan, report: &mut StackReport) -> Result<()> {
    if prepared.session.options.diff && (report.outputs_change || !report.changes.is_empty()) {
        let arguments = ["show", "-no-color", &made.file.display().to_string()];
        report.diff = Some(prepared.terraform(&made.place.path, &arguments).await?.into_text()?);
    }
    Ok(())
}

/// A plan file as JSON. The values may be secret.
pub(crate) async fn shown(prepared: &Prepared<'_>, folder: &Path, plan: &Path) -> Result<Json> {
    prepared.terraform(folder, &["show", "-json", &plan.display().to_string()]).await?.into_json()
}
