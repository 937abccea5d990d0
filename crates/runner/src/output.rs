//! `output`: the outputs of applied stacks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::error::Result;
use crate::init;
use crate::report::{Outcome, StackReport};
use crate::run;
use crate::select::Selection;
use crate::session::Session;
use crate::terraform::{Call, Use};

/// The outputs of stacks.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The outputs by stack and name, as `terraform output -json` prints them.
    pub stacks: BTreeMap<String, BTreeMap<String, Json>>,
    /// The stacks whose outputs could not be read.
    pub failed: Vec<StackReport>,
}

/// The outputs of stacks, without those that exist only for other stacks.
pub(crate) async fn outputs(session: &Arc<Session>, selection: &Selection) -> Result<Outputs> {
    let graph = run::selected(session, selection, None).await?;
    let mut outputs = Outputs::default();
    for name in graph.names() {
        let mut report = StackReport::new(name, Outcome::Unchanged);
        let values = stack_outputs(session, name, &mut report).await?;
        if report.result.is_good() {
            outputs.stacks.insert(name.to_owned(), values);
        } else {
            outputs.failed.push(report);
        }
    }
    Ok(outputs)
}

async fn stack_outputs(session: &Session, name: &str, report: &mut StackReport) -> Result<BTreeMap<String, Json>> {
    let folder = session.folder(name)?;
    let has_outputs = session.state(name).is_some_and(|state| !state.outputs.is_empty());
    if !has_outputs || !init::initialize(session, folder, report).await? {
        return Ok(BTreeMap::new());
    }
    let package = session.pool.installed();
    let provider = Use::none(package.as_ref());
    let call = Call { stack: name, folder: &folder.path, arguments: &["output", "-json"], provider };
    let ended = session.terraform(call).await?;
    if !ended.succeeded() {
        report.take(&ended);
        session.explain(report, &ended);
        return Ok(BTreeMap::new());
    }
    let Json::Object(all) = ended.into_json()? else { return Ok(BTreeMap::new()) };
    Ok(all.into_iter().filter(|(output, _)| folder.own_outputs.contains(output)).collect())
}
