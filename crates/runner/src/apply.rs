//! `apply`: applies saved plans as they are, and plans the other stacks again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::approved::{ApprovedPlans, VARIABLE};
use crate::ended::Ended;
use crate::error::{Result, RunnerError};
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::graph::Graph;
use crate::init::{self, Prepared};
use crate::last_apply::{LastApply, SinceApply};
use crate::message::Action;
use crate::options::Approval;
use crate::plan;
use crate::planned_changes::PlannedChanges;
use crate::recover;
use crate::report::{Assumed, Outcome, RunReport, StackReport};
use crate::run;
use crate::saved_plan::{self, SavedPlan};
use crate::select::Needs;
use crate::session::Session;

/// The actions that a person has seen and approved, by stack.
type Approved = BTreeMap<String, Vec<(String, Action)>>;

/// The answer to the question before an apply.
enum Asked {
    Approved(Approved),
    /// The plan failed or was not approved.
    Declined(RunReport),
}

pub(crate) async fn apply(session: &Arc<Session>, patterns: &[String], approval: Approval) -> Result<RunReport> {
    let graph = run::selected(session, patterns, Some(Needs::Producers)).await?;
    let approved = match ask(session, &graph, patterns, &approval).await? {
        Asked::Approved(approved) => Arc::new(approved),
        Asked::Declined(report) => return Ok(report),
    };
    run::each_stack(session, "apply", &graph, |session, name| apply_stack(session, name, approval.clone(), approved.clone()))
        .await
}

/// Gets the approval of all changes: it was given before, or the saved plans contain it, or stacks are planned and a person
/// is asked.
async fn ask(session: &Arc<Session>, graph: &Graph, patterns: &[String], approval: &Approval) -> Result<Asked> {
    match approval {
        Approval::Given => return Ok(Asked::Approved(Approved::new())),
        Approval::Plans(plans) => {
            plans.cover(&session.options.scope, graph.names())?;
            return Ok(Asked::Approved(Approved::new()));
        }
        Approval::Ask(_) | Approval::Nobody => {}
    }
    if let Some(approved) = approved_by_plans(session, graph)? {
        return Ok(Asked::Approved(approved));
    }
    let Approval::Ask(ask) = approval else {
        return Err(RunnerError::NeedsApproval { what: "nobody has approved the changes yet".to_owned() });
    };
    let mut report = plan::plan(session, patterns).await?;
    if !report.succeeded || session.is_interrupted() {
        return Ok(Asked::Declined(report));
    }
    let changing = report.stacks.iter().any(|stack| stack.outputs_change || !stack.changes.is_empty());
    if changing && !ask(&report.stacks) {
        report.succeeded = false;
        for stack in &mut report.stacks {
            stack.reason = Some("not approved".to_owned());
        }
        return Ok(Asked::Declined(report));
    }
    Ok(Asked::Approved(report.stacks.iter().map(|stack| (stack.name.clone(), stack.actions())).collect()))
}

/// The actions of the saved plans, if every stack that needs an apply has one.
fn approved_by_plans(session: &Session, graph: &Graph) -> Result<Option<Approved>> {
    let mut approved = Approved::new();
    for name in graph.names() {
        if let Some(saved) = SavedPlan::read(&session.options, name) {
            approved.insert(name.to_owned(), saved.actions);
        } else if session.options.refresh || session.since_apply(name)? != SinceApply::Unchanged {
            return Ok(None);
        }
    }
    Ok(Some(approved))
}

async fn apply_stack(session: Arc<Session>, name: String, approval: Approval, approved: Arc<Approved>) -> Result<StackReport> {
    let saved = SavedPlan::read(&session.options, &name).filter(|_| !matches!(approval, Approval::Plans(_)));
    let reason = match session.since_apply(&name)? {
        SinceApply::Unchanged if !session.options.refresh && saved.is_none() => {
            return Ok(StackReport::new(&name, Outcome::Unchanged));
        }
        SinceApply::Changed(why) => Some(why),
        SinceApply::Unchanged | SinceApply::Never => None,
    };
    let mut report = session.begin(&name, "apply", Outcome::Applied);
    report.reason = reason;
    let prepared = init::prepare(&session, session.folder(&name)?, &mut report).await?;
    let Some(prepared) = prepared else { return Ok(report) };
    if recover::recover(&prepared, &mut report).await? {
        report.reason = Some("a previous run was stopped; its state now contains what that run created".to_owned());
    }
    // Taken after `init`, which may have written the provider lock.
    let fingerprint = session.fingerprint(&name)?;
    let ended = match apply_saved(&prepared, saved, &fingerprint, &mut report).await? {
        Some(ended) => ended,
        None if matches!(approval, Approval::Given) => terraform_apply(&prepared, "-auto-approve", &mut report).await?,
        None => match apply_new_plan(&prepared, &approval, approved.get(&name), &mut report).await? {
            Some(ended) => ended,
            None => return Ok(report),
        },
    };
    finish(&prepared, fingerprint, &ended, report).await
}

/// Applies the saved plan; none if it is missing or stale.
async fn apply_saved(
    prepared: &Prepared<'_>,
    saved: Option<SavedPlan>,
    fingerprint: &Fingerprint,
    report: &mut StackReport,
) -> Result<Option<Ended>> {
    let Some(saved) = saved else { return Ok(None) };
    if let Some(why) = saved.stale(fingerprint, &prepared.session.state_id(&report.name)) {
        report.reason = Some(format!("planned again: {why}"));
        return Ok(None);
    }
    let ended = apply_plan(prepared, report).await?;
    if ended.plan_is_stale() {
        report.reason = Some("planned again: its state changed after the plan".to_owned());
        report.diagnostics.retain(|diagnostic| diagnostic.summary != "Saved plan is stale");
        report.resources.clear();
        return Ok(None);
    }
    Ok(Some(ended))
}

/// Plans and applies; none if the plan failed or was not approved.
async fn apply_new_plan(
    prepared: &Prepared<'_>,
    approval: &Approval,
    approved: Option<&Vec<(String, Action)>>,
    report: &mut StackReport,
) -> Result<Option<Ended>> {
    let session = prepared.session;
    if !plan::plan_prepared(prepared, &[], report).await? {
        return Ok(None);
    }
    if let Approval::Plans(plans) = approval {
        let differences = differences(prepared, plans, &report.name).await?;
        if !differences.is_empty() {
            saved_plan::remove(&session.options, &report.name)?;
            report.refuse(session.failure(), &differences);
            return Ok(None);
        }
    } else if !is_approved(approval, approved, report) {
        saved_plan::remove(&session.options, &report.name)?;
        report.result = session.failure();
        report.reason = Some("the plan with real values differs from the approved one; nothing was applied".to_owned());
        return Ok(None);
    }
    let warnings = std::mem::take(&mut report.diagnostics);
    let ended = apply_plan(prepared, report).await?;
    report.diagnostics.extend(warnings);
    Ok(Some(ended))
}

/// The differences between the saved plan and the approved one.
async fn differences(prepared: &Prepared<'_>, plans: &ApprovedPlans, name: &str) -> Result<Vec<String>> {
    let file = files::absolute(&saved_plan::plan_file(&prepared.session.options, name))?;
    let shown = plan::shown(prepared, &prepared.folder.path, &file).await?;
    let real = |assumed: &Assumed| match assumed.stack.as_str() {
        VARIABLE => shown["variables"][&assumed.output].get("value").cloned(),
        producer => prepared.session.state(producer)?.output(&assumed.output).cloned(),
    };
    let missing = || vec!["the stack has no approved plan".to_owned()];
    Ok(plans.of(name).map_or_else(missing, |approved| approved.differences(&PlannedChanges::of(&shown), real)))
}

async fn finish(
    prepared: &Prepared<'_>,
    fingerprint: Fingerprint,
    ended: &Ended,
    mut report: StackReport,
) -> Result<StackReport> {
    let Prepared { session, folder, .. } = prepared;
    saved_plan::remove(&session.options, &folder.name)?;
    // Consumers need the present state, whether the apply succeeded or not.
    session.reload(&folder.name).await?;
    if !ended.succeeded() {
        report.changes = ended.done();
        recover::keep_unsaved(session, folder, ended).await?;
        session.explain(&mut report, ended);
        return Ok(report);
    }
    report.resources.retain(|resource| resource.done);
    LastApply::new(fingerprint, session.state_id(&folder.name)).write(&session.store, &folder.location).await?;
    Ok(report)
}

async fn apply_plan(prepared: &Prepared<'_>, report: &mut StackReport) -> Result<Ended> {
    let plan = files::absolute(&saved_plan::plan_file(&prepared.session.options, &report.name))?;
    terraform_apply(prepared, &plan.display().to_string(), report).await
}

async fn terraform_apply(prepared: &Prepared<'_>, last: &str, report: &mut StackReport) -> Result<Ended> {
    let arguments = ["apply", "-input=false", "-json", &prepared.session.lock_timeout(), last];
    let ended = prepared.terraform(&prepared.folder.path, &arguments).await?;
    report.take(&ended);
    Ok(ended)
}

/// Whether every action of a new plan was approved before, or is approved now.
fn is_approved(approval: &Approval, approved: Option<&Vec<(String, Action)>>, report: &StackReport) -> bool {
    let known = approved.is_some_and(|approved| report.actions().iter().all(|action| approved.contains(action)));
    known
        || match approval {
            Approval::Given => true,
            Approval::Ask(ask) => ask(std::slice::from_ref(report)),
            Approval::Nobody | Approval::Plans(_) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ResourceReport;

    #[test]
    fn only_what_was_seen_is_approved() {
        let mut report = StackReport::new("a", Outcome::Planned);
        report.resources = vec![ResourceReport { address: "a.b".to_owned(), action: Action::Update, done: false }];
        let seen = vec![("a.b".to_owned(), Action::Update), ("a.c".to_owned(), Action::Create)];
        assert!(is_approved(&Approval::Nobody, Some(&seen), &report));
        report.resources[0].action = Action::Replace;
        assert!(!is_approved(&Approval::Nobody, Some(&seen), &report), "a replacement was not what was seen");
        assert!(!is_approved(&Approval::Nobody, None, &report));
        assert!(is_approved(&Approval::Ask(Arc::new(|_| true)), Some(&seen), &report));
    }
}
