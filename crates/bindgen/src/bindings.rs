//! The list of types to bind, and facts about them that the schema does not have.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::place::module_of_provider;

/// `bindings.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// The provider's address in the schema.
    pub provider: String,
    /// The version that the schema was written with.
    pub version: String,
    /// The path of the module, as a program outside of its crate writes it: `my_crate::bindings::random`. Examples in the documentation
    /// begin with it, and `cargo test --doc` compiles them. Without it, they are not compiled: the module may be private.
    #[serde(default)]
    pub path: Option<String>,
    /// The path of a function of the crate that checks the resources of a stack together.
    #[serde(default)]
    pub check: Option<String>,
    /// Everything that the provider has, whatever the lists say.
    #[serde(default)]
    pub all: bool,
    /// Resource types.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Data source types.
    #[serde(default)]
    pub data_sources: Vec<String>,
    /// Types of ephemeral resources.
    #[serde(default)]
    pub ephemeral_resources: Vec<String>,
    /// Functions of the provider.
    #[serde(default)]
    pub functions: Vec<String>,
    /// By type (`data.TYPE` for a data source, `ephemeral.TYPE` for an ephemeral resource): attribute (dotted within blocks) to the path of a type, or to the name of one in `crate::types`.
    #[serde(default)]
    pub types: BTreeMap<String, BTreeMap<String, String>>,
    /// By type: rules between its arguments that the provider checks and its schema does not have.
    #[serde(default)]
    pub rules: BTreeMap<String, Rules>,
}

/// Rules between the arguments of a type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Sets of which at most one may be given.
    #[serde(default)]
    pub conflicts: Vec<Vec<String>>,
    /// Sets of which exactly one must be given.
    #[serde(default)]
    pub exactly_one_of: Vec<Vec<String>>,
    /// Sets of which at least one must be given.
    #[serde(default)]
    pub at_least_one_of: Vec<Vec<String>>,
    /// If the key is given, these must be given too.
    #[serde(default)]
    pub required_with: BTreeMap<String, Vec<String>>,
    /// Arguments that must be given unless another is a certain word.
    #[serde(default)]
    pub required_unless: Vec<Unless>,
}

/// Arguments that must be given unless `argument` is `is`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unless {
    /// What must be given.
    pub names: Vec<String>,
    /// The argument that decides.
    pub argument: String,
    /// Its literal value.
    pub is: String,
}

impl Rules {
    /// Every argument that a rule names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        let sets = self.conflicts.iter().chain(&self.exactly_one_of).chain(&self.at_least_one_of).flatten();
        let with = self.required_with.iter().flat_map(|(name, others)| std::iter::once(name).chain(others));
        let unless = self.required_unless.iter().flat_map(|rule| rule.names.iter().chain([&rule.argument]));
        sets.chain(with).chain(unless)
    }
}

impl Bindings {
    /// `aws` of `registry.terraform.io/hashicorp/aws`.
    pub fn local_name(&self) -> &str {
        self.provider.rsplit('/').next().unwrap_or(&self.provider)
    }

    /// The address as a configuration writes it: `hashicorp/aws`, and the whole one for another registry.
    pub fn source(&self) -> &str {
        self.provider.strip_prefix("registry.terraform.io/").unwrap_or(&self.provider)
    }

    /// The path of the module for examples: where `oleoduto add` writes it, if no other is given.
    pub(crate) fn path(&self) -> String {
        self.path.clone().unwrap_or_else(|| format!("crate::bindings::{}", module_of_provider(self.local_name())))
    }

    /// Whether Terraform itself is the provider, which nobody configures.
    pub(crate) fn is_builtin(&self) -> bool {
        self.provider.starts_with("terraform.io/builtin/")
    }
}
