//! The fingerprint of everything that goes into an apply.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::digest::sha256;
use crate::error::Result;
use crate::folder::{CROSS_STACK, Folder};

/// Digests of everything that goes into an apply. If they and the state are equal, the stack need not be applied again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// Digest of what `synth` wrote.
    configuration: String,
    /// Digest of the provider lock.
    provider_lock: Option<String>,
    /// Digests of the outputs that the stack reads, by producer. The values may be secret and are not kept.
    producers: BTreeMap<String, BTreeMap<String, String>>,
}

impl Fingerprint {
    /// The fingerprint of a stack, from its folder and the outputs of its producers.
    pub(crate) fn new<'a>(
        folder: &Folder,
        producers: impl Iterator<Item = (&'a str, BTreeMap<&'a str, &'a Json>)>,
    ) -> Result<Self> {
        let read = producers.map(|(name, outputs)| {
            let read = outputs.into_iter().filter(|(output, _)| folder.reads(output));
            (name.to_owned(), read.map(|(output, value)| (output.to_owned(), sha256(value.to_string()))).collect())
        });
        Ok(Self { configuration: folder.digest.clone(), provider_lock: folder.lock_digest()?, producers: read.collect() })
    }

    /// The stacks that were read.
    pub(crate) fn into_producers(self) -> Vec<String> {
        self.producers.into_keys().collect()
    }

    /// The difference of what belongs to the stack itself, in words; none if only what it reads differs.
    pub(crate) fn own_difference(&self, earlier: &Self) -> Option<&'static str> {
        if self.configuration != earlier.configuration {
            return Some("its configuration changed");
        }
        (self.provider_lock != earlier.provider_lock).then_some("the provider lock changed")
    }

    /// The first difference from an earlier fingerprint in words; none if they are equal.
    pub(crate) fn difference(&self, earlier: &Self) -> Option<String> {
        if let Some(own) = self.own_difference(earlier) {
            return Some(own.to_owned());
        }
        for (producer, outputs) in &self.producers {
            let before = earlier.producers.get(producer);
            let changed = outputs.iter().find(|(name, digest)| before.and_then(|before| before.get(*name)) != Some(digest));
            let gone = before.into_iter().flat_map(|before| before.keys()).find(|name| !outputs.contains_key(*name));
            if let Some(name) = changed.map(|(name, _)| name).or(gone) {
                return Some(format!("output `{}` of `{producer}` changed", name.trim_start_matches(CROSS_STACK)));
            }
        }
        (self != earlier).then(|| "the stacks that it reads changed".to_owned())
    }
}
