//! The imports of every crate form no circle: not between files, and not between the folders of a module.
//!
//! Imports are read from the sources: `use` and every path that begins with `crate`, `super`, `self` or the name of a child
//! module, in macros as well. Tests (`#[cfg(test)]`) and doc comments don't count. `use crate::Name` through a re-export
//! counts as an import of `lib.rs`, which imports the file that has the name: write the file's path instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use walkdir::WalkDir;

use crate::crate_files::{Module, orphans, read_files};

/// What the file of a module takes from others: `(module, name)`.
type Imports = BTreeMap<Module, BTreeSet<(Module, String)>>;

#[test]
fn imports_form_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let circles: String = crates(root).iter().map(|src| circles_of(root, src)).collect();
    assert!(circles.is_empty(), "\n{circles}");
}

#[test]
fn every_file_is_a_module_of_its_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let unseen: Vec<String> = crates(root).iter().flat_map(|src| orphans(src, &read_files(src))).collect();
    assert!(unseen.is_empty(), "\n{}", unseen.join("\n"));
}

/// The folders `src` of all crates.
fn crates(root: &Path) -> Vec<PathBuf> {
    let manifests = WalkDir::new(root).into_iter().filter_entry(|entry| {
        !["target", ".venv", ".oleoduto", "node_modules", "bench", "tests"].iter().any(|name| entry.file_name() == *name)
            || entry.path().ends_with("crates/bench")
    });
    let crates: Vec<PathBuf> = manifests
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "Cargo.toml" && entry.path().with_file_name("src").is_dir())
        .map(|entry| entry.path().with_file_name("src"))
        .collect();
    assert!(crates.len() >= 8, "the crates are found: {crates:?}");
    crates
}

#[test]
fn a_circle_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("lib.rs", "mod a;\nmod b;\npub use a::A;");
    write("a.rs", "pub struct A(crate::b::B);");
    write("b.rs", "pub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}");
    assert_eq!(circles_of(folder.path(), folder.path()), "");
    write("b.rs", "pub struct B;\nfn f() {\n    println!(\"{}\", super::a::A::X);\n}");
    let found = circles_of(folder.path(), folder.path());
    assert!(found.contains("a -> b: B") && found.contains("b -> a: A"), "{found}");
    write("b.rs", "use crate::A;\npub struct B;");
    assert!(circles_of(folder.path(), folder.path()).contains("b -> (root): A"));
}

/// The circles of one crate as text, a line per import that ties one.
fn circles_of(root: &Path, src: &Path) -> String {
    let imports = read(src);
    let mut text = String::new();
    for (level, arrows) in levels(&imports) {
        let graph: DiGraphMap<&str, ()> = arrows.keys().map(|(from, to)| (from.as_str(), to.as_str(), ())).collect();
        for circle in tarjan_scc(&graph).into_iter().filter(|members| members.len() > 1) {
            let place = src.strip_prefix(root).unwrap_or(src).join(level.join("/"));
            writeln!(text, "{}: a circle of {}", place.display(), circle.join(", ")).unwrap();
            let inside = |name: &String| circle.contains(&name.as_str());
            for ((from, to), names) in arrows.iter().filter(|((from, to), _)| inside(from) && inside(to)) {
                writeln!(text, "  {from} -> {to}: {}", names.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap();
            }
        }
    }
    text
}

/// Names that one part of a module takes from another.
type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

/// For every module that has children: the imports between its children, and its own file.
fn levels(imports: &Imports) -> BTreeMap<Module, Arrows> {
    let mut levels: BTreeMap<Module, Arrows> = BTreeMap::new();
    for (from, taken) in imports {
        for (to, name) in taken.iter().filter(|(to, _)| to != from) {
            let common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
            let part = |module: &Module| module.get(common).cloned().unwrap_or_else(|| "(root)".to_owned());
            let arrows = levels.entry(from[..common].to_vec()).or_default();
            arrows.entry((part(from), part(to))).or_default().insert(name.clone());
        }
    }
    levels
}

/// The imports of all files of a crate.
fn read(src: &Path) -> Imports {
    let files = read_files(src);
    let modules: BTreeSet<Module> = files.keys().cloned().collect();
    let macros = files.iter().flat_map(|(module, file)| exported_macros(file).map(|name| (name, module.clone()))).collect();
    let imports = files.iter().map(|(module, file)| {
        let mut reader = Reader { module, modules: &modules, macros: &macros, taken: BTreeSet::new() };
        reader.visit_file(file);
        (module.clone(), reader.taken)
    });
    imports.collect()
}

fn exported_macros(file: &syn::File) -> impl Iterator<Item = String> {
    file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) => {
            item.ident.as_ref().map(ToString::to_string)
        }
        _ => None,
    })
}

struct Reader<'a> {
    module: &'a Module,
    modules: &'a BTreeSet<Module>,
    /// Exported macros are at the crate's root, whichever file defines them.
    macros: &'a BTreeMap<String, Module>,
    taken: BTreeSet<(Module, String)>,
}

impl Reader<'_> {
    fn take(&mut self, words: &[String]) {
        let mut place = self.module.clone();
        let mut rest = words;
        let mut own = false;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => place.clear(),
                "self" => {}
                "super" => drop(place.pop()),
                _ => break,
            }
            own = true;
            rest = others;
        }
        if own
            && place.is_empty()
            && let Some(home) = rest.first().and_then(|name| self.macros.get(name))
        {
            self.taken.insert((home.clone(), rest[0].clone()));
            return;
        }
        while let Some((first, others)) = rest.split_first() {
            place.push(first.clone());
            if !self.modules.contains(&place) {
                place.pop();
                break;
            }
            own = true;
            rest = others;
        }
        if own {
            self.taken.insert((place, rest.first().cloned().unwrap_or_else(|| "self".to_owned())));
        }
    }

    fn take_tree(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take_tree(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.take_tree(before, tree)),
            syn::UseTree::Name(syn::UseName { ident }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.take(before);
                before.pop();
            }
            syn::UseTree::Glob(_) => self.take(before),
        }
    }

    /// Paths in the tokens of a macro: words with `::` between them.
    fn take_tokens(&mut self, tokens: TokenStream) {
        let mut words: Vec<String> = Vec::new();
        let (mut colons, mut after_dollar) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if std::mem::take(&mut after_dollar) && ident == "crate" {
                        // `$crate` is for who uses the macro.
                        words.clear();
                        continue;
                    }
                    if colons != 2 {
                        self.take_words(&mut words);
                    }
                    words.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Punct(punct) if punct.as_char() == '$' => {
                    self.take_words(&mut words);
                    after_dollar = true;
                }
                TokenTree::Group(group) => {
                    self.take_words(&mut words);
                    self.take_tokens(group.stream());
                }
                _ => self.take_words(&mut words),
            }
        }
        self.take_words(&mut words);
    }

    fn take_words(&mut self, words: &mut Vec<String>) {
        if words.len() > 1 {
            self.take(words);
        }
        words.clear();
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.take_tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if words.len() > 1 {
            self.take(&words);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.take_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    // Links of doc comments are no imports.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

fn is_test(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| match &attribute.meta {
        // `test`, or a condition that contains it.
        syn::Meta::List(list) if list.path.is_ident("cfg") => has_word(list.tokens.clone(), "test"),
        _ => false,
    })
}

fn has_word(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => has_word(group.stream(), word),
        _ => false,
    })
}
