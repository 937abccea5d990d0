//! `validate`: whether Terraform and the providers accept the configurations of stacks. Nothing is locked or read but them.

use std::sync::Arc;

use serde::Deserialize;

use crate::error::Result;
use crate::init;
use crate::message::Diagnostic;
use crate::report::{Outcome, RunReport, StackReport};
use crate::run;
use crate::select::{self, Selection};
use crate::session::Session;

/// What `terraform validate -json` prints, as far as it is needed.
#[derive(Deserialize)]
struct Validated {
    diagnostics: Vec<Diagnostic>,
}

pub(crate) async fn validate(session: &Arc<Session>, selection: &Selection) -> Result<RunReport> {
    let chosen = select::select(&session.graph, selection)?;
    session.pool.expect();
    run::each_stack(session, "validate", &session.graph.restricted(&chosen).apart(), validate_stack).await
}

async fn validate_stack(session: Arc<Session>, name: String) -> Result<StackReport> {
    let mut report = session.begin(&name, "validate", Outcome::Valid);
    let folder = session.folder(&name)?;
    let Some(prepared) = init::prepare(&session, folder, &mut report).await? else { return Ok(report) };
    let mut ended = prepared.terraform(&folder.path, &["validate", "-json"]).await?;
    // They are in one document, and not in messages of their own.
    if let Ok(said) = serde_json::from_str::<Validated>(&ended.text) {
        ended.diagnostics = said.diagnostics;
    }
    report.take(&ended);
    if !ended.succeeded() {
        session.explain(&mut report, &ended);
    }
    Ok(report)
}
