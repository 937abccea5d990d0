//! `apply`: applies saved plans as they are, and plans the other stacks again.

use std::sync::Arc;

use crate::approved::{ApprovedPlan, VARIABLE};
use crate::ended::Ended;
use crate::error::{Result, RunnerError};
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::graph::Graph;
use crate::hooks;
use crate::init::{self, Prepared};
use crate::last_apply::{LastApply, SinceApply};
use crate::options::{Approval, ApproveFn};
use crate::plan;
use crate::planned_changes::PlannedChanges;
use crate::recover;
use crate::report::{Assumed, Outcome, RunReport, StackReport};
use crate::retry::{self, Rest};
use crate::run;
use crate::saved_plan::{self, SavedPlan};
use crate::select::{Needs, Selection};
use crate::session::Session;

/// The answer to the question before an apply.
enum Asked {
    Approved,
    /// The plan failed or was not approved.
    Declined(RunReport),
}

/// What the saved plans say about the changes of an apply.
enum Saved {
    /// Every stack that needs an apply has a plan of what is there now.
    All,
    /// A stack has no plan.
    Missing,
    /// A stack is not what was planned.
    Changed(String),
}

pub(crate) async fn apply(session: &Arc<Session>, selection: &Selection, approval: Approval) -> Result<RunReport> {
    let graph = run::selected(session, selection, Some(Needs::Producers)).await?;
    if let Asked::Declined(report) = ask(session, &graph, selection, &approval).await? {
        return Ok(report);
    }
    let graph = run::former_consumers_first(session, graph);
    let rest = if matches!(approval, Approval::Given | Approval::Ask(_)) { Rest::Planned } else { Rest::Approved };
    run::each_stack(session, "apply", &graph, |session, name| {
        let approval = approval.clone();
        retry::attempts(session, name, rest, move |session, name| apply_stack(session, name, approval.clone()))
    })
    .await
}

/// Gets the approval of all changes: it was given before, or the saved plans contain it, or stacks are planned and a person
/// is asked.
async fn ask(session: &Arc<Session>, graph: &Graph, selection: &Selection, approval: &Approval) -> Result<Asked> {
    match approval {
        Approval::Given => return Ok(Asked::Approved),
        Approval::Plans(plans) => {
            plans.cover(&session.options.scope, graph.names())?;
            return Ok(Asked::Approved);
        }
        Approval::Ask(_) | Approval::Nobody => {}
    }
    let what = match saved_plans(session, graph)? {
        Saved::All => return Ok(Asked::Approved),
        Saved::Missing => "nobody has approved the changes yet".to_owned(),
        Saved::Changed(what) => what,
    };
    let Approval::Ask(ask) = approval else { return Err(RunnerError::NeedsApproval { what }) };
    let mut report = plan::plan(session, selection).await?;
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
    Ok(Asked::Approved)
}

fn saved_plans(session: &Session, graph: &Graph) -> Result<Saved> {
    let mut all = Saved::All;
    for name in graph.names() {
        if let Some(saved) = SavedPlan::read(&session.options, name) {
            if let Some(difference) = session.fingerprint(name)?.own_difference(&saved.fingerprint) {
                return Ok(Saved::Changed(format!("`{name}` is not what was planned: {difference} after the plan")));
            }
        } else if session.options.refresh || session.since_apply(name)? != SinceApply::Unchanged {
            all = Saved::Missing;
        }
    }
    Ok(all)
}

async fn apply_stack(session: Arc<Session>, name: String, approval: Approval) -> Result<StackReport> {
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
    if !hooks::before(&session, "apply", &mut report).await? {
        return Ok(report);
    }
    let prepared = init::prepare(&session, session.folder(&name)?, &mut report).await?;
    let Some(prepared) = prepared else { return Ok(report) };
    let recovered = recover::recover(&prepared, &mut report).await?;
    if recovered {
        report.reason = Some("a previous run was stopped; its state now contains what that run created".to_owned());
    }
    // Taken after `init`, which may have written the provider lock.
    let fingerprint = session.fingerprint(&name)?;
    let planning = &session.options.planning;
    let (ended, partial) = match apply_saved(&prepared, saved.as_ref(), &fingerprint, &mut report).await? {
        Some(ended) => (ended, saved.is_some_and(|saved| saved.planning.is_partial())),
        None if matches!(approval, Approval::Given) => {
            let arguments = [planning.arguments(), vec!["-auto-approve".to_owned()]].concat();
            (terraform_apply(&prepared, &arguments, &mut report).await?, planning.is_partial())
        }
        None => match apply_new_plan(&prepared, &approval, saved.as_ref(), &mut report).await? {
            Some(ended) => (ended, planning.is_partial()),
            None => return Ok(report),
        },
    };
    let recorded = (!partial).then_some(fingerprint);
    let mut report = finish(&prepared, recorded, &ended, report).await?;
    if recovered && ended.succeeded() {
        let forgotten = recover::forget_saved(&session, prepared.folder).await;
        report.warn_of(forgotten, "the list of what a killed run created stays");
    }
    Ok(report)
}

/// Applies the saved plan; none if it is missing or stale.
async fn apply_saved(
    prepared: &Prepared<'_>,
    saved: Option<&SavedPlan>,
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
    saved: Option<&SavedPlan>,
    report: &mut StackReport,
) -> Result<Option<Ended>> {
    let session = prepared.session;
    let seen = match approval {
        Approval::Plans(plans) => plans.of(&report.name).cloned(),
        _ => seen(prepared, saved).await?,
    };
    let Some(made) = plan::plan_prepared(prepared, &[], report).await? else { return Ok(None) };
    let changes = report.outputs_change || !report.changes.is_empty();
    let bound = matches!(approval, Approval::Plans(_));
    let refused = match seen {
        // Somebody else has applied what was planned.
        _ if !changes && !bound => Vec::new(),
        Some(seen) => differences(prepared, &seen, &report.name).await?,
        None if bound => vec!["the stack has no approved plan".to_owned()],
        None => vec!["nobody has seen these changes".to_owned()],
    };
    if !refused.is_empty() && matches!(approval, Approval::Ask(_)) {
        plan::add_diff(prepared, &made, report).await?;
    }
    let asked = |ask: &ApproveFn| ask(std::slice::from_ref(report));
    if !refused.is_empty() && !matches!(approval, Approval::Ask(ask) if asked(ask)) {
        saved_plan::remove(&session.options, &report.name)?;
        report.refuse(session.failure(), &refused);
        return Ok(None);
    }
    let warnings = std::mem::take(&mut report.diagnostics);
    let ended = apply_plan(prepared, report).await?;
    report.diagnostics.extend(warnings);
    Ok(Some(ended))
}

/// The changes that a saved plan shows. They are read before the next plan takes its place.
async fn seen(prepared: &Prepared<'_>, saved: Option<&SavedPlan>) -> Result<Option<ApprovedPlan>> {
    match saved {
        Some(SavedPlan { changes: Some(changes), .. }) => Ok(Some(changes.clone())),
        Some(saved) => {
            let file = files::absolute(&saved_plan::plan_file(&prepared.session.options, &prepared.folder.name))?;
            let shown = plan::shown(prepared, &prepared.folder.path, &file).await?;
            Ok(Some(ApprovedPlan::new(PlannedChanges::of(&shown), saved.assumed.clone())))
        }
        None => Ok(None),
    }
}

/// The differences between the new plan and the one that was seen.
async fn differences(prepared: &Prepared<'_>, seen: &ApprovedPlan, name: &str) -> Result<Vec<String>> {
    let file = files::absolute(&saved_plan::plan_file(&prepared.session.options, name))?;
    let shown = plan::shown(prepared, &prepared.folder.path, &file).await?;
    let real = |assumed: &Assumed| match assumed.stack.as_str() {
        VARIABLE => shown["variables"][&assumed.output].get("value").cloned(),
        producer => prepared.session.state(producer)?.output(&assumed.output).cloned(),
    };
    Ok(seen.differences(&PlannedChanges::of(&shown), real))
}

/// Ends an apply. `recorded` is what the next run compares with; none if this one left out a part.
async fn finish(
    prepared: &Prepared<'_>,
    recorded: Option<Fingerprint>,
    ended: &Ended,
    mut report: StackReport,
) -> Result<StackReport> {
    let Prepared { session, folder, .. } = prepared;
    let before = session.state_id(&folder.name);
    // Consumers need the present state, whether the apply succeeded or not. What Terraform did and said is reported in any
    // case: what fails from here on is a warning.
    let reloaded = session.reload(&folder.name).await;
    // A plan of which nothing was done can still be applied.
    if ended.succeeded() || reloaded.is_err() || session.state_id(&folder.name) != before || !ended.created.is_empty() {
        saved_plan::remove(&session.options, &folder.name)?;
    }
    if !ended.succeeded() {
        report.changes = ended.done();
        session.explain(&mut report, ended);
        report.warn_of(recover::keep_unsaved(session, folder, ended).await, "what it created and did not save is not recorded");
        report.warn_of(reloaded.map(drop), "its state can't be read after the apply");
        return Ok(report);
    }
    report.resources.retain(|resource| resource.done);
    let recorded = match (reloaded, recorded) {
        (Ok(_), Some(fingerprint)) => {
            let last = LastApply::new(&session.options.scope, fingerprint, session.state_id(&folder.name));
            last.write(&session.store, &folder.location).await
        }
        (Ok(_), None) => {
            report.reason = Some("a part of it, so the next run looks at all of it again".to_owned());
            LastApply::remove(&session.store, &folder.location).await
        }
        (Err(error), _) => Err(error),
    };
    report.warn_of(recorded, "the apply is not recorded, so the next one runs Terraform again");
    Ok(report)
}

async fn apply_plan(prepared: &Prepared<'_>, report: &mut StackReport) -> Result<Ended> {
    let plan = files::absolute(&saved_plan::plan_file(&prepared.session.options, &report.name))?;
    terraform_apply(prepared, &[plan.display().to_string()], report).await
}

async fn terraform_apply(prepared: &Prepared<'_>, last: &[String], report: &mut StackReport) -> Result<Ended> {
    let timeout = prepared.session.lock_timeout();
    let mut arguments = vec!["apply", "-input=false", "-json", &timeout];
    arguments.extend(last.iter().map(String::as_str));
    let ended = prepared.terraform(&prepared.folder.path, &arguments).await?;
    report.take(&ended);
    Ok(ended)
}
