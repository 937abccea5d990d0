//! `unlock`: shows the locks on states and frees them.

use crate::error::Result;
use crate::init;
use crate::report::{Outcome, StackReport};
use crate::select::{self, Selection};
use crate::session::Session;
use crate::state_lock::{self, Held, LockInfo};
use crate::terraform::{Call, Use};

pub(crate) async fn locks(session: &Session, selection: &Selection) -> Result<Vec<(String, LockInfo)>> {
    let mut held = Vec::new();
    for name in select::select(&session.graph, selection)? {
        if let Some(Held { info, .. }) = state_lock::read(&session.store, &session.folder(&name)?.location).await? {
            held.push((name, info));
        }
    }
    Ok(held)
}

pub(crate) async fn unlock(session: &Session, name: &str, info: &LockInfo) -> Result<StackReport> {
    let folder = session.folder(name)?;
    let mut report = StackReport::new(name, Outcome::Applied);
    if *info == LockInfo::unreadable() {
        // Terraform frees a lock by its id, which this one has not.
        if let Some(held) = state_lock::read(&session.store, &folder.location).await?
            && held.info == *info
        {
            session.store.remove(&held.place).await?;
        }
        return Ok(report);
    }
    if init::initialize(session, folder, &mut report).await? {
        let arguments = ["force-unlock", "-force", &info.id];
        let call = Call { stack: name, folder: &folder.path, arguments: &arguments, provider: Use::Own };
        let ended = session.terraform(call).await?;
        report.take(&ended);
        if !ended.succeeded() {
            session.explain(&mut report, &ended);
        }
    }
    Ok(report)
}
