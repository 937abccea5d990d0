//! `show`: the states of stacks, or their saved plans, in Terraform's words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::error::Result;
use crate::files;
use crate::init;
use crate::load;
use crate::report::{Outcome, StackReport};
use crate::saved_plan::{self, SavedPlan};
use crate::select::{self, Selection};
use crate::session::Session;

/// What `terraform show` prints about stacks.
#[derive(Debug, Default)]
pub struct Shown {
    /// The text of each stack, or its JSON.
    pub stacks: BTreeMap<String, Json>,
    /// The stacks that could not be shown.
    pub failed: Vec<StackReport>,
}

/// Which of a stack's two things is shown, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShowOptions {
    /// The saved plan, and not the state.
    pub plan: bool,
    /// As JSON, in which sensitive values are not masked.
    pub json: bool,
}

pub(crate) async fn show(session: &Arc<Session>, selection: &Selection, showing: ShowOptions) -> Result<Shown> {
    let mut shown = Shown::default();
    for name in select::select(&session.graph, selection)? {
        let mut report = StackReport::new(&name, Outcome::Unchanged);
        match show_stack(session, &name, showing, &mut report).await? {
            Some(value) => drop(shown.stacks.insert(name, value)),
            None => shown.failed.push(report),
        }
    }
    Ok(shown)
}

/// What Terraform prints; none if that failed, as the report says.
async fn show_stack(session: &Arc<Session>, name: &str, showing: ShowOptions, report: &mut StackReport) -> Result<Option<Json>> {
    let folder = session.folder(name)?;
    let mut arguments = vec!["show".to_owned(), if showing.json { "-json" } else { "-no-color" }.to_owned()];
    if showing.plan {
        if SavedPlan::read(&session.options, name).is_none() {
            report.result = Outcome::Failed;
            report.reason = Some("it has no saved plan: run `plan`, which keeps one if there is something to change".to_owned());
            return Ok(None);
        }
        arguments.push(files::absolute(&saved_plan::plan_file(&session.options, name))?.display().to_string());
    }
    session.pool.expect();
    load::load(session, BTreeSet::from([name.to_owned()])).await?;
    let Some(prepared) = init::prepare(session, folder, report).await? else { return Ok(None) };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = prepared.terraform(&folder.path, &arguments).await?;
    if !ended.succeeded() {
        report.take(&ended);
        session.explain(report, &ended);
        return Ok(None);
    }
    Ok(Some(if showing.json { ended.into_json()? } else { ended.into_text()?.into() }))
}
