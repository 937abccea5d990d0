//! `state mv`: a renamed stack takes its state along.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::backup;
use crate::error::{Result, RunnerError};
use crate::init;
use crate::last_apply::LastApply;
use crate::load;
use crate::orphans::{self, Orphan};
use crate::recover::UNSAVED_SUFFIX;
use crate::report::{Outcome, StackReport};
use crate::session::Session;
use crate::state_lock;

/// Moves the state of the orphan `old` to the stack `new`. A copy of it is kept in the output folder.
pub(crate) async fn move_state(session: &Arc<Session>, old: &str, new: &str) -> Result<StackReport> {
    let refused =
        |why: String| RunnerError::Format { what: format!("the state of `{old}`"), why: format!("{why}; nothing was moved") };
    session.folder(new)?;
    let orphans = orphans::find(session).await?;
    let Some(orphan) = orphans.iter().find(|orphan| orphan.stack == old) else {
        let known = orphans.iter().map(|orphan| orphan.stack.as_str()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "there is none".to_owned() } else { format!("there are: {known}") };
        return Err(refused(format!("only the state of a stack that left the program is moved whole ({known})")));
    };
    load::load(session, BTreeSet::from([new.to_owned()])).await?;
    if !session.is_empty(new) {
        return Err(refused(format!("the stack `{new}` has resources of its own")));
    }
    for location in [&orphan.location, &session.folder(new)?.location] {
        if let Some(held) = state_lock::read(&session.store, location).await? {
            return Err(refused(format!("the state `{location}` is locked by {}", held.info.who)));
        }
    }
    let lock = state_lock::take(&session.store, &orphan.location, "OperationTypeMove").await?;
    let moved = push(session, orphan, new).await;
    state_lock::free(&session.store, lock).await?;
    moved
}

async fn push(session: &Session, orphan: &Orphan, new: &str) -> Result<StackReport> {
    let mut report = session.begin(new, "state mv", Outcome::Applied);
    let folder = session.folder(new)?;
    let Some(prepared) = init::prepare(session, folder, &mut report).await? else { return Ok(report) };
    let content = session.store.read(&orphan.location).await?.unwrap_or_default();
    let backup = backup::keep(&session.options.out, &orphan.stack, &content)?;
    let file = backup.display().to_string();
    let mut arguments = vec!["state", "push"];
    let timeout = session.lock_timeout();
    arguments.push(&timeout);
    if session.state(new).is_some() {
        // The empty state of a destroyed stack has another lineage.
        arguments.push("-force");
    }
    arguments.push(&file);
    let ended = prepared.terraform(&folder.path, &arguments).await?;
    report.take(&ended);
    if !ended.succeeded() {
        session.explain(&mut report, &ended);
        return Ok(report);
    }
    let moved = session.reload(new).await?.map(|state| state.addresses()).unwrap_or_default();
    if moved != orphan.resources {
        report.result = session.failure();
        report.reason = Some(format!("the new state has other resources than the old one, which stays; a copy is in {file}"));
        return Ok(report);
    }
    let unsaved = orphan.location.beside(UNSAVED_SUFFIX);
    if let Some(content) = session.store.read(&unsaved).await? {
        session.store.write(&folder.location.beside(UNSAVED_SUFFIX), content).await?;
        session.store.remove(&unsaved).await?;
    }
    LastApply::remove(&session.store, &orphan.location).await?;
    session.store.remove(&orphan.location).await?;
    report.reason = Some(format!("{} resources of `{}`; a copy of its state is in {file}", moved.len(), orphan.stack));
    Ok(report)
}
