//! States of stacks that are not in the program any more, although their resources still exist.
//!
//! A stack leaves the program when it is removed or renamed. Its state stays where it was, beside those of the other stacks, and
//! is found by its name there. A state counts only if this runner wrote a file beside it, so that foreign states in the same
//! place are left alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{Result, RunnerError, with_causes};
use crate::last_apply::LastApply;
use crate::location::Location;
use crate::recover::UNSAVED_SUFFIX;
use crate::session::Session;
use crate::state::State;

/// The ending of a state's name.
const STATE: &str = ".tfstate";

/// What a stack left when it left the program.
#[derive(Clone, Debug)]
pub struct Orphan {
    /// The stack's name.
    pub stack: String,
    /// The addresses of its resources.
    pub resources: Vec<String>,
    pub(crate) location: Location,
    /// The whole state.
    pub(crate) state: Json,
}

impl Orphan {
    /// The place of its state: a path or an S3 URI.
    pub fn place(&self) -> String {
        self.location.to_string()
    }
}

/// The orphans beside the states of a session's stacks.
pub(crate) async fn find(session: &Session) -> Result<Vec<Orphan>> {
    let known: BTreeSet<String> = session.folders().map(|folder| folder.location.to_string()).collect();
    // One stack's location and the beginning of all names, for each place that has states.
    let mut places: BTreeMap<String, (&Location, String)> = BTreeMap::new();
    for folder in session.folders() {
        if let Some(name) = folder.location.name()
            && let Some(start) = name.strip_suffix(&format!("{}{STATE}", folder.name))
        {
            let place = folder.location.sibling(start).to_string();
            places.entry(place).or_insert((&folder.location, start.to_owned()));
        }
    }
    let mut found = Vec::new();
    for (beside, start) in places.into_values() {
        let names = session.store.names_beside(beside).await?;
        for name in &names {
            let stack = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(STATE)).filter(|stack| !stack.is_empty());
            let location = beside.sibling(name);
            if let Some(stack) = stack
                && !known.contains(&location.to_string())
                && is_ours(session, &location, &names).await?
            {
                found.extend(read(session, stack, location).await?);
            }
        }
    }
    Ok(found)
}

/// Whether this runner applied the stack, for the owner of this run.
async fn is_ours(session: &Session, location: &Location, names: &[String]) -> Result<bool> {
    if let Some(last) = LastApply::read(&session.store, location).await? {
        return Ok(last.scope.is_none_or(|scope| scope == session.options.scope));
    }
    let unsaved = location.beside(UNSAVED_SUFFIX).name();
    Ok(unsaved.is_some_and(|unsaved| names.contains(&unsaved)))
}

/// The orphan of a state; none if the state has no resources.
async fn read(session: &Session, stack: &str, location: Location) -> Result<Option<Orphan>> {
    let Some(state) = session.store.state_as::<Json>(&location).await? else { return Ok(None) };
    let failed = |error: serde_json::Error| RunnerError::State { place: location.to_string(), why: error.to_string() };
    let resources = State::deserialize(&state).map_err(failed)?.addresses();
    Ok((!resources.is_empty()).then(|| Orphan { stack: stack.to_owned(), resources, location, state }))
}

/// Tells about orphans, and keeps their names for the report. That they could not be looked for stops no run.
pub(crate) async fn tell(session: &Session) {
    let note = |text: &str| session.options.observer.note(text);
    match find(session).await {
        Ok(found) => {
            for orphan in &found {
                let count = orphan.resources.len();
                note(&format!(
                    "warning: `{}` is no stack of this program any more, and {count} of its resources still exist (state {}): {}",
                    orphan.stack,
                    orphan.place(),
                    session.options.orphans_help
                ));
            }
            session.keep_orphans(found.into_iter().map(|orphan| orphan.stack).collect());
        }
        Err(error) => {
            note(&format!("warning: states of stacks that left the program could not be looked for: {}", with_causes(&error)));
        }
    }
}
