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
    resources: Vec<Row>,
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

/// A resource or data source of a state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Row {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Json>,
    #[serde(default)]
    attributes: Json,
}

impl Row {
    /// The address of an instance: that of its resource, with the key that `count` or `for_each` gave it.
    fn address(&self, instance: &Instance) -> String {
        let module = self.module.as_ref().map(|module| format!("{module}.")).unwrap_or_default();
        let key = instance.index_key.as_ref().map(|key| format!("[{key}]")).unwrap_or_default();
        format!("{module}{}.{}{key}", self.kind, self.name)
    }
}

/// A managed resource in a state.
pub(crate) struct Managed<'a> {
    pub(crate) address: String,
    pub(crate) kind: &'a str,
    pub(crate) attributes: &'a Json,
}

impl State {
    /// Its resources, without data sources.
    pub(crate) fn managed(&self) -> impl Iterator<Item = Managed<'_>> {
        let rows = self.resources.iter().filter(|row| row.mode == "managed");
        rows.flat_map(|row| {
            let of = |instance| Managed { address: row.address(instance), kind: &row.kind, attributes: &instance.attributes };
            row.instances.iter().map(of)
        })
    }

    /// The addresses of its resources, without data sources.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.managed().map(|resource| resource.address).collect()
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
