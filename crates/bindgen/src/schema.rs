//! The output of `terraform providers schema -json`, as far as the generator reads it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
pub struct Schema {
    /// The format's version.
    pub format_version: String,
    /// Providers by address.
    #[serde(default)]
    pub provider_schemas: BTreeMap<String, ProviderSchema>,
}

/// One provider.
#[derive(Clone, Debug, Deserialize)]
pub struct ProviderSchema {
    /// The provider's own configuration.
    pub provider: Type,
    /// Resources by type.
    #[serde(default)]
    pub resource_schemas: BTreeMap<String, Type>,
    /// Data sources by type.
    #[serde(default)]
    pub data_source_schemas: BTreeMap<String, Type>,
}

/// A type.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Type {
    /// Its block.
    pub block: Block,
}

/// A block: attributes and nested blocks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Block {
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    #[serde(default)]
    pub block_types: BTreeMap<String, NestedBlock>,
    /// The provider calls it deprecated.
    #[serde(default)]
    pub deprecated: bool,
}

/// An attribute.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Attribute {
    /// The type: a word, or a list such as `["map","string"]`. Absent with `nested_type`.
    #[serde(default)]
    pub r#type: serde_json::Value,
    /// The structure of an attribute of protocol 6.
    #[serde(default)]
    pub nested_type: Option<NestedType>,
    /// The argument is required.
    #[serde(default)]
    pub required: bool,
    /// The argument is optional.
    #[serde(default)]
    pub optional: bool,
    /// The provider calls it deprecated.
    #[serde(default)]
    pub deprecated: bool,
    /// The value is a secret.
    #[serde(default)]
    pub sensitive: bool,
}

/// The structure of an attribute (protocol 6): like a block, written as a value.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NestedType {
    /// Its attributes.
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    /// `single`, `list`, `set` or `map`.
    pub nesting_mode: String,
}

/// A nested block.
#[derive(Clone, Debug, Deserialize)]
pub struct NestedBlock {
    /// `single`, `group`, `list`, `set` or `map`.
    pub nesting_mode: String,
    /// Its content.
    pub block: Block,
    /// The least number of blocks.
    #[serde(default)]
    pub min_items: usize,
    /// The greatest number of blocks; 0 is no limit.
    #[serde(default)]
    pub max_items: usize,
}
