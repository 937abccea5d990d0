//! The list of types to bind.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `bindings.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// The provider's address in the schema.
    pub provider: String,
    /// The version that the schema was written with.
    pub version: String,
    /// Resource types.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Data source types.
    #[serde(default)]
    pub data_sources: Vec<String>,
    /// By type: attribute (dotted within blocks) to the name of a type in `crate::types`.
    #[serde(default)]
    pub types: BTreeMap<String, BTreeMap<String, String>>,
}

impl Bindings {
    /// `aws` of `registry.terraform.io/hashicorp/aws`.
    pub fn local_name(&self) -> &str {
        self.provider.rsplit('/').next().unwrap_or(&self.provider)
    }

    /// `hashicorp/aws`.
    pub fn source(&self) -> &str {
        self.provider.split_once('/').map_or(self.provider.as_str(), |(_, rest)| rest)
    }
}
