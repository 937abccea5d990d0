//! What decides whether a stack must be applied again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fault::RunnerError;
use crate::folder::{Folder, hex};
use crate::store::State;

/// Everything that goes into an apply. Equal inputs and an untouched state: nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// Digest of what `synth` wrote.
    pub(crate) configuration: String,
    /// Digest of the provider lock.
    pub(crate) provider_lock: Option<String>,
    /// Digest of what the stack reads of each producer: values are not kept, they may be secret.
    pub(crate) producers: BTreeMap<String, BTreeMap<String, String>>,
}

/// Which state an apply or a plan began or ended with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StateId {
    pub(crate) lineage: String,
    pub(crate) serial: u64,
}

impl StateId {
    pub(crate) fn of(state: Option<&State>) -> Self {
        state.map(|state| Self { lineage: state.lineage.clone(), serial: state.serial }).unwrap_or_default()
    }
}

impl Inputs {
    /// The inputs of a stack, from its folder and the states of its producers.
    pub(crate) fn new<'a>(
        folder: &Folder,
        producers: impl Iterator<Item = (&'a str, Option<&'a State>)>,
    ) -> Result<Self, RunnerError> {
        let read = producers.map(|(name, state)| {
            let outputs = state.into_iter().flat_map(|state| &state.outputs).filter(|(output, _)| folder.reads(output));
            let digests = outputs.map(|(output, value)| (output.clone(), digest(&value.value)));
            (name.to_owned(), digests.collect())
        });
        Ok(Self { configuration: folder.digest.clone(), provider_lock: folder.lock_digest()?, producers: read.collect() })
    }

    /// What differs from earlier inputs, in words; none if nothing does.
    pub(crate) fn difference(&self, earlier: &Self) -> Option<String> {
        if self.configuration != earlier.configuration {
            return Some("its configuration changed".to_owned());
        }
        if self.provider_lock != earlier.provider_lock {
            return Some("the provider lock changed".to_owned());
        }
        for (producer, outputs) in &self.producers {
            let before = earlier.producers.get(producer);
            let changed = outputs.iter().find(|(name, digest)| before.and_then(|before| before.get(*name)) != Some(digest));
            let gone = before.into_iter().flat_map(|before| before.keys()).find(|name| !outputs.contains_key(*name));
            if let Some(name) = changed.map(|(name, _)| name).or(gone) {
                return Some(format!("output `{}` of `{producer}` changed", name.trim_start_matches(crate::folder::CROSS_STACK)));
            }
        }
        (self != earlier).then(|| "the stacks that it reads changed".to_owned())
    }
}

fn digest(value: &serde_json::Value) -> String {
    hex(&Sha256::digest(value.to_string()))
}
