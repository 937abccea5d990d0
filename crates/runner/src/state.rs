//! Terraform's state, as far as a runner reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::folder::CROSS_STACK;

/// The state of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct State {
    #[serde(flatten)]
    pub(crate) id: StateId,
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, StateOutput>,
    #[serde(default)]
    resources: Vec<Row<Instance>>,
}

/// Tells one version of a state from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StateId {
    #[serde(default)]
    pub(crate) lineage: String,
    #[serde(default)]
    pub(crate) serial: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct StateOutput {
    pub(crate) value: Json,
}

/// A resource or data source of a state, with as much of its instances as a reader wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Row<I> {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    name: String,
    #[serde(default = "Vec::new")]
    pub(crate) instances: Vec<I>,
}

impl<I> Row<I> {
    /// Whether it is a resource, and no data source.
    pub(crate) fn is_managed(&self) -> bool {
        self.mode == "managed"
    }

    /// Its address, without the keys of its instances.
    pub(crate) fn address(&self) -> String {
        let module = self.module.as_ref().map(|module| format!("{module}.")).unwrap_or_default();
        format!("{module}{}.{}", self.kind, self.name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Json>,
}

/// The address of an instance: that of its resource, with the key that `count` or `for_each` gave it.
pub(crate) fn with_key(address: &str, key: Option<&Json>) -> String {
    key.map_or_else(|| address.to_owned(), |key| format!("{address}[{key}]"))
}

impl State {
    /// The addresses of its resources, without data sources.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let managed = self.resources.iter().filter(|resource| resource.is_managed());
        let addresses = managed.flat_map(|resource| {
            let base = resource.address();
            resource.instances.iter().map(move |instance| with_key(&base, instance.index_key.as_ref()))
        });
        addresses.collect()
    }

    /// The types of its resources and data sources.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(|resource| resource.kind.as_str())
    }

    /// The value of an output, of those for other stacks or of the stack's own.
    pub(crate) fn output(&self, name: &str) -> Option<&Json> {
        let for_stacks = self.outputs.get(&format!("{CROSS_STACK}{name}"));
        for_stacks.or_else(|| self.outputs.get(name)).map(|output| &output.value)
    }

    /// The values of all outputs.
    pub(crate) fn values(&self) -> BTreeMap<&str, &Json> {
        self.outputs.iter().map(|(name, output)| (name.as_str(), &output.value)).collect()
    }

    /// Whether it holds nothing that a destroy would remove.
    pub(crate) fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.addresses().is_empty()
    }
}
