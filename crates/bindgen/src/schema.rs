//! The output of `terraform providers schema -json`, as far as the generator reads it.
//!
//! Everything but `format_version` and nesting modes may be missing or null: Terraform leaves out what is empty, and people
//! trim schemas.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::error::Error;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
pub struct Schema {
    /// The format's version.
    pub format_version: String,
    /// Providers by address.
    #[serde(default, deserialize_with = "or_default")]
    pub provider_schemas: BTreeMap<String, ProviderSchema>,
}

impl Schema {
    /// What the file says of a provider.
    ///
    /// # Errors
    /// [`Error::Format`] if the file has another format, [`Error::Provider`] if it does not describe the provider.
    pub fn provider(&self, address: &str) -> Result<&ProviderSchema, Error> {
        // 0.1 and 0.2 (Terraform 0.12 to 1.0) have the same structure.
        if !["0.1", "0.2"].contains(&self.format_version.as_str()) && !self.format_version.starts_with("1.") {
            return Err(Error::Format(self.format_version.clone()));
        }
        self.provider_schemas.get(address).ok_or_else(|| {
            let known: Vec<_> = self.provider_schemas.keys().cloned().collect();
            Error::Provider(address.to_owned(), known.join(", "))
        })
    }
}

/// One provider.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ProviderSchema {
    /// The provider's own configuration. The built-in provider has none.
    #[serde(default, deserialize_with = "or_default")]
    pub provider: Type,
    /// Resources by type.
    #[serde(default, deserialize_with = "or_default")]
    pub resource_schemas: BTreeMap<String, Type>,
    /// Data sources by type.
    #[serde(default, deserialize_with = "or_default")]
    pub data_source_schemas: BTreeMap<String, Type>,
    /// Functions by name.
    #[serde(default, deserialize_with = "or_default")]
    pub functions: BTreeMap<String, Function>,
    /// Ephemeral resources by type.
    #[serde(default, deserialize_with = "or_default")]
    pub ephemeral_resource_schemas: BTreeMap<String, Type>,
    /// Resource types that can be listed. Of these and of what follows the names alone are read: see [`crate::unbound`].
    #[serde(default, deserialize_with = "or_default")]
    pub list_resource_schemas: BTreeMap<String, serde::de::IgnoredAny>,
    /// Actions by type.
    #[serde(default, deserialize_with = "or_default")]
    pub action_schemas: BTreeMap<String, serde::de::IgnoredAny>,
    /// Stores of states by type.
    #[serde(default, deserialize_with = "or_default")]
    pub state_store_schemas: BTreeMap<String, serde::de::IgnoredAny>,
    /// Resource types that have an identity.
    #[serde(default, deserialize_with = "or_default")]
    pub resource_identity_schemas: BTreeMap<String, serde::de::IgnoredAny>,
}

/// A type.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Type {
    /// Its block.
    #[serde(default, deserialize_with = "or_default")]
    pub block: Block,
}

/// A block: attributes and nested blocks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Block {
    /// Attributes by name.
    #[serde(default, deserialize_with = "or_default")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    #[serde(default, deserialize_with = "or_default")]
    pub block_types: BTreeMap<String, NestedBlock>,
    /// The provider calls it deprecated.
    #[serde(default, deserialize_with = "or_default")]
    pub deprecated: bool,
}

/// An attribute.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Attribute {
    /// The type: a word, or a list such as `["map","string"]`. Absent with `nested_type`.
    #[serde(default, deserialize_with = "or_default")]
    pub r#type: serde_json::Value,
    /// The structure of an attribute of protocol 6.
    #[serde(default, deserialize_with = "or_default")]
    pub nested_type: Option<NestedType>,
    /// The argument is required.
    #[serde(default, deserialize_with = "or_default")]
    pub required: bool,
    /// The argument is optional.
    #[serde(default, deserialize_with = "or_default")]
    pub optional: bool,
    /// The provider decides on the value, or may.
    #[serde(default, deserialize_with = "or_default")]
    pub computed: bool,
    /// The provider calls it deprecated.
    #[serde(default, deserialize_with = "or_default")]
    pub deprecated: bool,
    /// The value is a secret.
    #[serde(default, deserialize_with = "or_default")]
    pub sensitive: bool,
    /// The value goes to the provider and is never stored, so that nothing can read it.
    #[serde(default, deserialize_with = "or_default")]
    pub write_only: bool,
}

impl Attribute {
    /// Whether a user may set it. The provider fills a root's `id` and `tags_all`, if it may.
    pub(crate) fn is_settable(&self, name: &str, is_root: bool) -> bool {
        self.required || (self.optional && !(is_root && self.computed && matches!(name, "id" | "tags_all")))
    }
}

/// The structure of an attribute (protocol 6): like a block, written as a value.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NestedType {
    /// Its attributes.
    #[serde(default, deserialize_with = "or_default")]
    pub attributes: BTreeMap<String, Attribute>,
    /// `single`, `list`, `set` or `map`.
    pub nesting_mode: String,
}

/// A nested block.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NestedBlock {
    /// `single`, `group`, `list`, `set` or `map`.
    pub nesting_mode: String,
    /// Its content.
    #[serde(default, deserialize_with = "or_default")]
    pub block: Block,
    /// The least number of blocks.
    #[serde(default, deserialize_with = "or_default")]
    pub min_items: usize,
    /// The greatest number of blocks; 0 is no limit.
    #[serde(default, deserialize_with = "or_default")]
    pub max_items: usize,
}

/// A function of a provider.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Function {
    /// What it does, in a sentence.
    #[serde(default, deserialize_with = "or_default")]
    pub summary: Option<String>,
    /// The type of its result.
    #[serde(default, deserialize_with = "or_default")]
    pub return_type: serde_json::Value,
    /// Its parameters, in order.
    #[serde(default, deserialize_with = "or_default")]
    pub parameters: Vec<Parameter>,
    /// The parameter that takes all further arguments.
    #[serde(default, deserialize_with = "or_default")]
    pub variadic_parameter: Option<Parameter>,
    /// What to use instead, if the function is deprecated.
    #[serde(default, deserialize_with = "or_default")]
    pub deprecation_message: Option<String>,
}

/// A parameter of a function.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Parameter {
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its type.
    #[serde(default, deserialize_with = "or_default")]
    pub r#type: serde_json::Value,
}

/// Null is the default, too.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
