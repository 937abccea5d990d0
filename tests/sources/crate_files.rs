//! The files of a crate, by their modules.

use std::collections::BTreeMap;
use std::path::Path;

use walkdir::WalkDir;

/// A module's path below the crate's root: `["asl", "retry"]`.
pub(crate) type Module = Vec<String>;

/// Every Rust file of a crate's folder `src`.
pub(crate) fn read_files(src: &Path) -> BTreeMap<Module, syn::File> {
    let mut files = BTreeMap::new();
    for entry in WalkDir::new(src).into_iter().filter_map(Result::ok) {
        // A program beside a library uses it as others do.
        if entry.path() == src.join("main.rs") && src.join("lib.rs").is_file() {
            continue;
        }
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
            files.insert(module_of(entry.path().strip_prefix(src).unwrap()), file);
        }
    }
    files
}

/// The files of a crate's folder `src` that no `mod` reaches: the compiler does not see them.
pub(crate) fn orphans(src: &Path, files: &BTreeMap<Module, syn::File>) -> Vec<String> {
    let declared = |parent: &[String], name: &str| {
        files
            .get(parent)
            .is_some_and(|file| file.items.iter().any(|item| matches!(item, syn::Item::Mod(module) if module.ident == name)))
    };
    let unseen = files.keys().filter_map(|module| {
        let (name, parent) = module.split_last()?;
        // A program of its own.
        let is_program = parent.first().map_or(name, |first| first) == "bin";
        let path = module.join("/");
        (!is_program && !declared(parent, name))
            .then(|| format!("{}/{path}.rs is no module of its crate: declare it (`mod {name};`), or remove it", src.display()))
    });
    unseen.collect()
}

fn module_of(path: &Path) -> Module {
    let mut parts: Module = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") || (parts.len() == 1 && ["lib", "main"].contains(&parts[0].as_str())) {
        parts.pop();
    }
    parts
}
