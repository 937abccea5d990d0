//! The record of the last successful apply, beside the state.

use serde::{Deserialize, Serialize};

use crate::fault::RunnerError;
use crate::inputs::{Inputs, StateId};
use crate::store::{Location, State, Store};

/// What stands behind a state's name in that of the record of its last apply.
pub const RECORD_SUFFIX: &str = ".applied.json";

/// What the last successful apply had and left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    pub(crate) applied: String,
    pub(crate) inputs: Inputs,
    pub(crate) state: StateId,
}

impl Record {
    /// The record of an apply that just ended.
    pub(crate) fn new(inputs: Inputs, state: Option<&State>) -> Self {
        Self { version: 1, applied: crate::report::now(), inputs, state: StateId::of(state) }
    }

    /// The record beside a state. One that can't be understood is none: Terraform then runs, and writes a new one.
    pub(crate) async fn read(store: &Store, location: &Location) -> Result<Option<Self>, RunnerError> {
        let Some(content) = store.read(&location.beside(RECORD_SUFFIX)).await? else { return Ok(None) };
        Ok(serde_json::from_slice(&content).ok().filter(|record: &Self| record.version == 1))
    }

    pub(crate) async fn write(&self, store: &Store, location: &Location) -> Result<(), RunnerError> {
        let place = location.beside(RECORD_SUFFIX);
        let text = serde_json::to_vec_pretty(self);
        let text = text.map_err(|error| RunnerError::State { place: place.to_string(), why: error.to_string() })?;
        store.write(&place, text).await
    }

    /// Forget the last apply: there is nothing left of it.
    pub(crate) async fn remove(store: &Store, location: &Location) -> Result<(), RunnerError> {
        store.remove(&location.beside(RECORD_SUFFIX)).await
    }

    /// Why the stack must be applied again; none if it need not.
    pub(crate) fn stale(&self, inputs: &Inputs, state: Option<&State>) -> Option<String> {
        if let Some(difference) = inputs.difference(&self.inputs) {
            return Some(format!("{difference} since the last apply"));
        }
        (StateId::of(state) != self.state).then(|| "its state changed since the last apply".to_owned())
    }
}
