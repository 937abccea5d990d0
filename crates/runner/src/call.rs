//! One Terraform command on one stack, as by hand in its folder.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Result;
use crate::init;
use crate::load;
use crate::report::{Outcome, StackReport};
use crate::session::Session;

/// Runs a command of Terraform in the folder of a stack, and returns its report and what it printed.
pub(crate) async fn call(session: &Arc<Session>, name: &str, arguments: &[&str]) -> Result<(StackReport, String)> {
    let folder = session.folder(name)?;
    session.pool.expect();
    load::load(session, BTreeSet::from([name.to_owned()])).await?;
    session.refuse_half_moved(name)?;
    let mut report = session.begin(name, arguments.first().copied().unwrap_or_default(), Outcome::Applied);
    let Some(prepared) = init::prepare(session, folder, &mut report).await? else { return Ok((report, String::new())) };
    let ended = prepared.terraform(&folder.path, arguments).await?;
    report.take(&ended);
    if !ended.succeeded() {
        session.explain(&mut report, &ended);
    }
    session.options.observer.ended(&report);
    Ok((report, ended.into_text()?))
}
