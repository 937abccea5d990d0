//! Where the bindings of each type stand: a module and a struct, which depend on the provider's types and not on those listed.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::{camel, first_free, snake};
use crate::schema::ProviderSchema;
use crate::words::{is_keyword, is_taken};

/// What is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Provider,
    Functions,
    DataSource,
    Resource,
    Ephemeral,
}

impl Kind {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Functions => "function",
            Self::DataSource => "data source",
            Self::Resource => "resource",
            Self::Ephemeral => "ephemeral resource",
        }
    }

    /// The method of a stack that takes it, and whether the method takes an id.
    pub(crate) fn method(self) -> (&'static str, bool) {
        match self {
            Self::Provider => ("provider", false),
            Self::DataSource => ("data", true),
            Self::Resource | Self::Functions => ("add", true),
            Self::Ephemeral => ("ephemeral", true),
        }
    }
}

/// The bindings of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The module, which is no raw identifier: its file is named for it.
    pub(crate) module: String,
    /// The struct.
    pub(crate) root: String,
}

/// Names that are no files of modules: `mod.rs` is the index, and Windows keeps the others for devices.
const NO_FILES: [&str; 5] = ["mod", "aux", "con", "nul", "prn"];

/// The places of all types. A type's short name stands wherever it can; otherwise its whole name stands, and then a number.
pub(crate) fn places(provider: &ProviderSchema, local_name: &str) -> BTreeMap<(Kind, String), Place> {
    let mut all = vec![(Kind::Provider, local_name), (Kind::Functions, "")];
    all.extend(provider.data_source_schemas.keys().map(|name| (Kind::DataSource, name.as_str())));
    all.extend(provider.resource_schemas.keys().map(|name| (Kind::Resource, name.as_str())));
    // Last: the names of the others stay as they were without these.
    all.extend(provider.ephemeral_resource_schemas.keys().map(|name| (Kind::Ephemeral, name.as_str())));
    let mut modules: BTreeSet<String> = BTreeSet::new();
    let mut places = BTreeMap::new();
    let mut late = Vec::new();
    for (kind, name) in all {
        let short = module(kind, short(name, local_name));
        if is_module(&short) && modules.insert(short.clone()) {
            places.insert((kind, name.to_owned()), Place { module: short, root: root(kind, name, local_name) });
        } else {
            late.push((kind, name));
        }
    }
    for (kind, name) in late {
        let whole = first_free(&snake(&module(kind, name)), |module| is_module(module) && modules.insert(module.to_owned()));
        places.insert((kind, name.to_owned()), Place { module: whole, root: root(kind, name, local_name) });
    }
    places
}

/// `job` of `glue_job`, if the provider is `glue`; the types of `google-beta` begin with `google_`.
fn short<'a>(name: &'a str, local_name: &str) -> &'a str {
    let without = |prefix: &str| name.strip_prefix(prefix)?.strip_prefix('_').filter(|rest| !rest.is_empty());
    without(local_name).or_else(|| without(local_name.split('-').next()?)).unwrap_or(name)
}

/// `glue_job`, `data_region`, `ephemeral_secret`, `provider`, `provider_functions`.
fn module(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Provider => "provider".to_owned(),
        Kind::Functions => "provider_functions".to_owned(),
        Kind::DataSource => format!("data_{name}"),
        Kind::Ephemeral => format!("ephemeral_{name}"),
        Kind::Resource => name.to_owned(),
    }
}

/// The name of a provider's folder: `google_beta` of `google-beta`, `type_` of `type`.
pub fn module_of_provider(local_name: &str) -> String {
    let module = snake(local_name);
    if is_module(&module) { module } else { format!("{module}_") }
}

/// Whether a module may have this name as it is.
fn is_module(name: &str) -> bool {
    snake(name) == name && !is_keyword(name) && !NO_FILES.contains(&name)
}

/// The struct of a type: `GlueJob`, `RegionData`, `AwsProvider`; `RandomString`, since `String` has a meaning.
pub(crate) fn root(kind: Kind, name: &str, local_name: &str) -> String {
    let suffix = match kind {
        Kind::Provider => "Provider",
        Kind::DataSource => "Data",
        Kind::Ephemeral => "Ephemeral",
        Kind::Functions | Kind::Resource => "",
    };
    let short = short(name, local_name);
    let candidates = [(short, suffix), (name, suffix), (name, "Resource")].map(|(name, suffix)| camel(name) + suffix);
    let is_short = short.starts_with(|first: char| first.is_ascii_alphabetic()) && !is_taken(&candidates[0]);
    let [first, second, third] = candidates;
    if is_short {
        first
    } else if is_taken(&second) {
        third
    } else {
        second
    }
}
