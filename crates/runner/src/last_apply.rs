//! The file beside a state that describes the last successful apply.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::fingerprint::Fingerprint;
use crate::location::Location;
use crate::report;
use crate::state::StateId;
use crate::store::Store;

/// The suffix of a state's name that names the file of its last apply.
pub const LAST_APPLY_SUFFIX: &str = ".applied.json";

/// What the last successful apply used and left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastApply {
    version: u32,
    applied: String,
    /// The owner of the stack; files of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(rename = "inputs")]
    fingerprint: Fingerprint,
    state: StateId,
    /// A resource that is being moved to another stack, from before the first of the two states is written until after the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moving: Option<Moving>,
}

/// A resource on its way to another stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moving {
    /// Its address in this stack.
    pub(crate) address: String,
    /// The other stack.
    pub(crate) to: String,
    /// Its address there.
    pub(crate) to_address: String,
}

/// How a stack compares with its last apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SinceApply {
    /// There is no last apply.
    Never,
    /// Nothing changed.
    Unchanged,
    /// This changed.
    Changed(String),
}

impl LastApply {
    /// An apply that just ended.
    pub(crate) fn new(scope: &str, fingerprint: Fingerprint, state: StateId) -> Self {
        Self { version: 1, applied: report::now(), scope: Some(scope.to_owned()), fingerprint, state, moving: None }
    }

    /// The same with a note that a resource is being moved, or without one.
    pub(crate) fn with_moving(self, moving: Option<Moving>) -> Self {
        Self { moving, ..self }
    }

    /// The last apply of a state. An unknown format counts as none: Terraform then runs, and a new file is written.
    pub(crate) async fn read(store: &Store, location: &Location) -> Result<Option<Self>> {
        let Some(content) = store.read(&location.beside(LAST_APPLY_SUFFIX)).await? else { return Ok(None) };
        Ok(serde_json::from_slice(&content).ok().filter(|last: &Self| last.version == 1))
    }

    pub(crate) async fn write(&self, store: &Store, location: &Location) -> Result<()> {
        store.write_json(&location.beside(LAST_APPLY_SUFFIX), self).await
    }

    /// Removes the file: nothing is left of the last apply.
    pub(crate) async fn remove(store: &Store, location: &Location) -> Result<()> {
        store.remove(&location.beside(LAST_APPLY_SUFFIX)).await
    }

    /// The stacks that were read.
    pub(crate) fn producers(self) -> Vec<String> {
        self.fingerprint.into_producers()
    }

    /// Compares the present with the last apply.
    pub(crate) fn compare(&self, fingerprint: &Fingerprint, state: &StateId) -> SinceApply {
        let difference = fingerprint.difference(&self.fingerprint);
        match difference.or_else(|| (state != &self.state).then(|| "its state changed".to_owned())) {
            Some(difference) => SinceApply::Changed(format!("{difference} since the last apply")),
            None => SinceApply::Unchanged,
        }
    }
}
