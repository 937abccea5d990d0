//! `init`: makes the folders of stacks ready for Terraform.

use std::sync::Arc;

use crate::error::Result;
use crate::init;
use crate::report::{Outcome, RunReport};
use crate::run;
use crate::select::Selection;
use crate::session::Session;

pub(crate) async fn init(session: &Arc<Session>, selection: &Selection) -> Result<RunReport> {
    let graph = run::selected(session, selection, None).await?.apart();
    run::each_stack(session, "init", &graph, |session, name| async move {
        let mut report = session.begin(&name, "init", Outcome::Initialized);
        init::initialize(&session, session.folder(&name)?, &mut report).await?;
        Ok(report)
    })
    .await
}
