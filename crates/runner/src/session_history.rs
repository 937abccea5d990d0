//! What a session knows of the last applies of its stacks.

use crate::error::{Result, RunnerError};
use crate::last_apply::{LAST_APPLY_SUFFIX, LastApply, Moving, SinceApply};
use crate::session::{Loaded, Session};

impl Session {
    /// How a stack compares with its last apply.
    pub(crate) fn since_apply(&self, name: &str) -> Result<SinceApply> {
        match self.loaded(name).last_apply {
            Some(last) => Ok(last.compare(&self.fingerprint(name)?, &self.state_id(name))),
            None => Ok(SinceApply::Never),
        }
    }

    /// The stacks that a stack read at its last apply and does not read any more.
    pub(crate) fn former_producers(&self, name: &str) -> Vec<String> {
        let read = self.loaded(name).last_apply.map(LastApply::producers).unwrap_or_default();
        read.into_iter().filter(|producer| !self.graph.producers(name).any(|now| now == producer)).collect()
    }

    /// Why the state of a stack that was applied is not there; none if all is well.
    pub(crate) fn lost_state(&self, name: &str) -> Result<Option<String>> {
        let Loaded { state, last_apply } = self.loaded(name);
        if state.is_some() || last_apply.is_none() {
            return Ok(None);
        }
        let place = &self.folder(name)?.location;
        let record = place.beside(LAST_APPLY_SUFFIX);
        Ok(Some(format!(
            "it was applied, but its state `{place}` is gone: {}, or remove `{record}` if nothing of it exists",
            place.earlier_versions()
        )))
    }

    /// Refuses work on a stack from which a resource was being moved when that was stopped: two states can have the resource.
    pub(crate) fn refuse_half_moved(&self, name: &str) -> Result<()> {
        let Some(Moving { address, to, to_address }) = self.loaded(name).last_apply.and_then(|last| last.moving) else {
            return Ok(());
        };
        let command = (self.options.move_command)(&format!("{name} {address} {to} {to_address}"));
        Err(RunnerError::Format {
            what: format!("the state of `{name}`"),
            why: format!("the move of `{address}` to `{to}` was stopped in the middle; `{command}` finishes it"),
        })
    }
}
