//! From `terraform providers schema -json` to Rust source: a pure function.
//!
//! Every type becomes a module: a builder whose required arguments and blocks the compiler asks for by name, and the
//! readable attributes as typed references.

mod bindings;
mod code;
mod emit;
mod error;
mod example;
pub mod folder;
mod functions;
mod module_binding;
mod module_interface;
mod names;
mod place;
mod plausible;
mod readable;
mod schema;
mod structs;
mod unbound;
mod views;
mod words;

pub use bindings::{Bindings, Rules, Unless};
pub use error::Error;
pub use module_binding::{ModuleSource, generate_module, index_of_modules};
pub use module_interface::ModuleInterface;
pub use place::module_of_provider;
pub use schema::{Attribute, Block, Function, NestedBlock, NestedType, Parameter, ProviderSchema, Schema, Type};
pub use unbound::{Unbound, unbound};
pub use words::is_keyword;

use std::collections::{BTreeMap, BTreeSet};

use folder::MARK;
use place::Kind;

/// Generate one file per type, and `mod.rs`: file name to text. With `all`, here or in the bindings, the lists are ignored.
///
/// # Errors
/// See [`Error`].
pub fn generate(schema: &Schema, bindings: &Bindings, all: bool) -> Result<BTreeMap<String, String>, Error> {
    let all = all || bindings.all;
    let provider = schema.provider(&bindings.provider)?;
    let places = place::places(provider, bindings.local_name());
    let mut files = BTreeMap::new();
    let mut add = |kind: Kind, name: &str, block: &Block| -> Result<(), Error> {
        if let Some(place) = places.get(&(kind, name.to_owned())) {
            files.insert(format!("{}.rs", place.module), emit::file(kind, name, place, block, bindings)?);
        }
        Ok(())
    };
    if !bindings.is_builtin() {
        add(Kind::Provider, bindings.local_name(), &provider.provider.block)?;
    }
    for (kind, list, known) in [
        (Kind::DataSource, &bindings.data_sources, &provider.data_source_schemas),
        (Kind::Resource, &bindings.resources, &provider.resource_schemas),
        (Kind::Ephemeral, &bindings.ephemeral_resources, &provider.ephemeral_resource_schemas),
    ] {
        let selection = Selection { kind, list: (!all).then_some(list), provider: &bindings.provider };
        for (name, found) in selection.of(known)? {
            add(kind, name, &found.block)?;
        }
    }
    let list = (!all).then_some(&bindings.functions);
    let functions = Selection { kind: Kind::Functions, list, provider: &bindings.provider }.of(&provider.functions)?;
    if let Some(place) = places.get(&(Kind::Functions, String::new())).filter(|_| !functions.is_empty()) {
        files.insert(format!("{}.rs", place.module), functions::file(&functions, bindings)?);
    }
    files.insert("mod.rs".to_owned(), index(&files, bindings));
    Ok(files)
}

/// The text of the module that holds the bindings of several providers, each in a folder of its own.
pub fn index_of_providers<'a>(local_names: impl IntoIterator<Item = &'a str>) -> String {
    let mut modules: Vec<_> = local_names.into_iter().map(module_of_provider).collect();
    modules.sort();
    let modules: String = modules.iter().map(|module| format!("pub mod {module};\n")).collect();
    format!("//! Bindings of providers, {MARK}. Do not edit.\n\n{modules}")
}

/// The path of the provider's own struct below its folder, unless Terraform itself is the provider.
pub fn struct_of_provider(bindings: &Bindings) -> Option<String> {
    let root = place::root(Kind::Provider, bindings.local_name(), bindings.local_name());
    (!bindings.is_builtin()).then(|| format!("provider::{root}"))
}

/// The text of `mod.rs`.
fn index(files: &BTreeMap<String, String>, bindings: &Bindings) -> String {
    let mut index = format!(
        "//! Bindings {MARK} from {} {}. Do not edit.\n\n\
         // A program uses some of it, and other lints are for people's code.\n\
         #![allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery, rustdoc::all)]\n\n",
        bindings.provider, bindings.version
    );
    for name in files.keys() {
        index.push_str(&format!("pub mod {};\n", name.trim_end_matches(".rs")));
    }
    index
}

/// The listed types of a kind, or all.
struct Selection<'a> {
    kind: Kind,
    list: Option<&'a Vec<String>>,
    provider: &'a str,
}

impl Selection<'_> {
    fn of<'b, T>(&self, known: &'b BTreeMap<String, T>) -> Result<Vec<(&'b String, &'b T)>, Error> {
        let Some(list) = self.list else {
            return Ok(known.iter().collect());
        };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for name in list {
            let (kind, name) = (self.kind.words(), name.clone());
            let Some(entry) = known.get_key_value(&name) else {
                return Err(Error::Unknown { provider: self.provider.to_owned(), kind, name });
            };
            if !seen.insert(name.clone()) {
                return Err(Error::Repeated { kind, name });
            }
            found.push(entry);
        }
        Ok(found)
    }
}
