//! `state mv` of single resources, within a stack and from one stack to another.
//!
//! Between stacks both states are locked. The state that gets the resource is written first, so that no moment exists at which
//! no state has it. A note in the record of the other stack says so until that state is written too: whoever finds the note after
//! a kill is told to repeat the move, and the repetition does what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::backup;
use crate::call;
use crate::error::{Result, RunnerError};
use crate::files::{self, TemporaryFolder};
use crate::init;
use crate::last_apply::{LastApply, Moving};
use crate::load;
use crate::report::{Outcome, StackReport};
use crate::session::Session;
use crate::state::{State, StateId};
use crate::state_lock::{self, Taken};
use crate::terraform::{Call, Use};

const OPERATION: &str = "OperationTypeMove";
const FROM: &str = "from.tfstate";
const TO: &str = "to.tfstate";

/// A resource in the state of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePlace {
    /// The stack.
    pub stack: String,
    /// Its address, with or without the key of an instance.
    pub address: String,
}

/// Moves a resource. The report is that of the stack that gets it; its reason says where the copies of the states are.
pub(crate) async fn move_resource(session: &Arc<Session>, from: &ResourcePlace, to: &ResourcePlace) -> Result<StackReport> {
    for place in [from, to] {
        session.folder(&place.stack)?;
    }
    load::load(session, BTreeSet::from([from.stack.clone(), to.stack.clone()])).await?;
    session.refuse_half_moved(&to.stack)?;
    if from.stack == to.stack {
        return within(session, from, &to.address).await;
    }
    let here = Moving { address: from.address.clone(), to: to.stack.clone(), to_address: to.address.clone() };
    let noted = session.loaded(&from.stack).last_apply.and_then(|last| last.moving);
    if noted.as_ref().is_some_and(|moving| moving != &here) {
        session.refuse_half_moved(&from.stack)?;
    }
    let mut report = session.begin(&to.stack, "state mv", Outcome::Applied);
    for place in [from, to] {
        if !init::initialize(session, session.folder(&place.stack)?, &mut report).await? {
            return Ok(report);
        }
    }
    let locks = lock_both(session, from, to).await?;
    let moved = Move { session, from, to, note: here, begun: noted.is_some() }.between(report).await;
    for lock in locks {
        state_lock::free(&session.store, lock).await?;
    }
    moved
}

async fn within(session: &Arc<Session>, from: &ResourcePlace, to: &str) -> Result<StackReport> {
    let content = session.stored_content(&from.stack).await?;
    let copy = content.map(|content| backup::keep(&session.options.out, &from.stack, &content)).transpose()?;
    let timeout = session.lock_timeout();
    let (mut report, _) = call::call(session, &from.stack, &["state", "mv", &timeout, &from.address, to]).await?;
    if report.result.is_good() {
        report.reason = copy.map(|copy| format!("a copy of the state before it is {}", copy.display()));
    }
    Ok(report)
}

async fn lock_both(session: &Session, from: &ResourcePlace, to: &ResourcePlace) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    for ResourcePlace { stack, .. } in [from, to] {
        let location = &session.folder(stack)?.location;
        let lock = match state_lock::read(&session.store, location).await? {
            Some(held) => Err(RunnerError::Format {
                what: format!("the state of `{stack}`"),
                why: format!("it is locked by {}: see `{}`", held.info.who, (session.options.unlock_command)(stack)),
            }),
            None => state_lock::take(&session.store, location, OPERATION).await,
        };
        match lock {
            Ok(lock) => taken.push(lock),
            Err(error) => {
                for lock in taken {
                    state_lock::free(&session.store, lock).await?;
                }
                return Err(error);
            }
        }
    }
    Ok(taken)
}

/// A move between two locked states.
struct Move<'a> {
    session: &'a Session,
    from: &'a ResourcePlace,
    to: &'a ResourcePlace,
    note: Moving,
    /// Whether an earlier run was stopped in the middle of the same move.
    begun: bool,
}

impl Move<'_> {
    async fn between(&self, mut report: StackReport) -> Result<StackReport> {
        let Some(source) = self.read(self.from).await? else {
            return Err(self.refused(&self.from.stack, "it does not exist, or only Terraform can read it"));
        };
        let target = self.read(self.to).await?;
        let left = instances(&source, self.from)?;
        let there = target.as_deref().map_or_else(|| Ok(BTreeMap::new()), |content| instances(content, self.to))?;
        // What an earlier run has written is not written again.
        let arrived = self.begun && !there.is_empty();
        if arrived && left.is_empty() {
            return self.done(report, "an earlier run had moved it").await;
        }
        if arrived && !same(&left, &there) {
            self.note(None).await?;
            return Err(self.refused(&self.to.stack, &format!("it has another resource at `{}` by now", self.to.address)));
        }
        let out = &self.session.options.out;
        let copies = [Some((self.from, &source)), target.as_ref().map(|content| (self.to, content))];
        let copies: Vec<_> = copies
            .into_iter()
            .flatten()
            .map(|(place, content)| backup::keep(out, &place.stack, content).map(|path| path.display().to_string()))
            .collect::<Result<_>>()?;
        let scratch = Scratch::create(out, &source, target.as_deref().filter(|_| !arrived))?;
        if !self.split(&scratch, &mut report).await? {
            return Ok(report);
        }
        if !arrived {
            self.note(Some(self.note.clone())).await?;
            if !self.push(&self.to.stack, &scratch.file(TO)?, &mut report).await? {
                self.note(None).await?;
                return Ok(report);
            }
        }
        if !self.push(&self.from.stack, &scratch.file(FROM)?, &mut report).await? {
            let again = "both states have it now, and the same command again removes it from the first one";
            report.reason = Some(again.to_owned());
            return Ok(report);
        }
        self.done(report, &format!("copies of the states before it are {}", copies.join(" and "))).await
    }

    async fn done(&self, mut report: StackReport, reason: &str) -> Result<StackReport> {
        self.note(None).await?;
        self.session.reload(&self.to.stack).await?;
        report.reason = Some(reason.to_owned());
        self.session.options.observer.ended(&report);
        Ok(report)
    }

    fn refused(&self, stack: &str, why: &str) -> RunnerError {
        RunnerError::Format { what: format!("the state of `{stack}`"), why: format!("{why}; nothing was moved") }
    }

    /// The content of a state; none if it is missing or empty.
    async fn read(&self, place: &ResourcePlace) -> Result<Option<Vec<u8>>> {
        self.session.stored_content(&place.stack).await
    }

    /// Writes the note into the record of the stack that loses the resource, or removes it.
    async fn note(&self, moving: Option<Moving>) -> Result<()> {
        let stack = &self.from.stack;
        let last = match self.session.loaded(stack).last_apply {
            Some(last) => last,
            None => LastApply::new(&self.session.options.scope, self.session.fingerprint(stack)?, StateId::default()),
        };
        last.with_moving(moving).write(&self.session.store, &self.session.folder(stack)?.location).await
    }

    /// Lets Terraform move the resource between the copies. Returns whether it did.
    async fn split(&self, scratch: &Scratch, report: &mut StackReport) -> Result<bool> {
        let (state, out) = (format!("-state={FROM}"), format!("-state-out={TO}"));
        let arguments = ["state", "mv", &state, &out, &self.from.address, &self.to.address];
        self.call(&self.to.stack, scratch.path(), &arguments, report).await
    }

    /// Writes a state whose lock is held. Terraform refuses if it is not the successor of the present one.
    async fn push(&self, stack: &str, file: &str, report: &mut StackReport) -> Result<bool> {
        self.call(stack, &self.session.folder(stack)?.path, &["state", "push", "-lock=false", file], report).await
    }

    async fn call(&self, stack: &str, folder: &Path, arguments: &[&str], report: &mut StackReport) -> Result<bool> {
        let ended = self.session.terraform(Call { stack, folder, arguments, provider: Use::Own }).await?;
        report.take(&ended);
        if !ended.succeeded() {
            self.session.explain(report, &ended);
        }
        Ok(ended.succeeded())
    }
}

/// A folder with copies of both states.
struct Scratch(TemporaryFolder);

impl Scratch {
    fn create(out: &Path, from: &[u8], to: Option<&[u8]>) -> Result<Self> {
        let scratch = Self(TemporaryFolder::create(out.join("moving"))?);
        files::write(&scratch.path().join(FROM), from)?;
        if let Some(to) = to {
            files::write(&scratch.path().join(TO), to)?;
        }
        Ok(scratch)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> Result<String> {
        Ok(files::absolute(&self.path().join(name))?.display().to_string())
    }
}

/// The instances at an address of a state, by the rest of their own addresses.
fn instances(content: &[u8], place: &ResourcePlace) -> Result<BTreeMap<String, Json>> {
    let state: State = serde_json::from_slice(content).map_err(|error| RunnerError::Format {
        what: format!("the state of `{}`", place.stack),
        why: format!("it is not a state: {error}"),
    })?;
    let found = state.managed().filter_map(|resource| {
        let rest = resource.address.strip_prefix(&place.address)?;
        (rest.is_empty() || rest.starts_with(['[', '.'])).then(|| (rest.to_owned(), resource.attributes.clone()))
    });
    Ok(found.collect())
}

/// Whether the instances are the same real resources.
fn same(left: &BTreeMap<String, Json>, right: &BTreeMap<String, Json>) -> bool {
    left.len() == right.len()
        && left.iter().all(|(key, attributes)| right.get(key).is_some_and(|other| other["id"] == attributes["id"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_means_a_resource_with_all_its_instances() {
        let row = |name: &str, keys: &[Json]| {
            let instances: Vec<_> = keys.iter().map(|key| json!({"index_key": key, "attributes": {"id": key}})).collect();
            json!({"mode": "managed", "type": "t", "name": name, "instances": instances})
        };
        let state = json!({"resources": [row("a", &[json!(0), json!(1)]), row("ab", &[Json::Null])]}).to_string();
        let of = |address: &str| {
            let place = ResourcePlace { stack: "s".to_owned(), address: address.to_owned() };
            instances(state.as_bytes(), &place).unwrap()
        };
        assert_eq!(of("t.a").into_keys().collect::<Vec<_>>(), ["[0]", "[1]"]);
        assert_eq!(of("t.a[1]").into_keys().collect::<Vec<_>>(), [""]);
        assert_eq!(of("t.ab").len(), 1);
        assert!(of("t.b").is_empty());
        assert!(same(&of("t.a"), &of("t.a")) && !same(&of("t.a[0]"), &of("t.a[1]")) && !same(&of("t.a"), &of("t.b")));
    }
}
