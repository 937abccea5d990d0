//! What each published library offers, a line per item, compared with `api.txt` in its folder.
//!
//! A line that goes or changes breaks somebody's program: the version then gets a new second number, as long as the first one is 0
//! (docs/ci.md). `UPDATE_API=1` writes the files anew. Generated bindings are not listed: their shape is `oleoduto-bindgen`'s, and
//! their content the provider's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quote::ToTokens;
use syn::{Item, Visibility};

use crate::crate_files::{Module, read_files};

/// The folders of the libraries whose programs are other people's.
const LIBRARIES: [&str; 4] = ["crates/aws", "crates/bindgen", "crates/cdk", "crates/cli"];

#[test]
fn what_the_libraries_offer_is_what_is_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut stale = Vec::new();
    for library in LIBRARIES {
        let (file, offered) = (root.join(library).join("api.txt"), api_of(&root.join(library).join("src")));
        if std::env::var_os("UPDATE_API").is_some() {
            std::fs::write(&file, offered).unwrap();
            continue;
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (written.lines().collect(), offered.lines().collect());
        let gone = old.difference(&new).map(|line| format!("\n- {line}"));
        stale.extend(gone.chain(new.difference(&old).map(|line| format!("\n+ {line}"))).map(|line| format!("{library} {line}")));
    }
    assert!(stale.is_empty(), "run UPDATE_API=1 cargo test --test sources public_api, if that is meant:{}", stale.concat());
}

#[test]
fn what_others_can_reach_is_listed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("lib.rs", "mod a;\npub mod b;\npub use a::{A, Hidden as Shown};\n#[cfg(test)]\npub fn only_in_tests() {}");
    write(
        "a.rs",
        "pub struct A { pub x: u8, y: u8 }\nimpl A { pub fn f(&self) -> u8 { 1 } fn g() {} }\npub struct Hidden(u8);\n\
         impl Clone for A { fn clone(&self) -> Self { loop {} } }\npub struct Other;\npub(crate) fn inner() {}",
    );
    write(
        "b.rs",
        "pub fn h(x: u8) {}\npub enum E { One(u8), Two }\nlist! { 1, 2 }\n#[macro_export]\nmacro_rules! say { () => {} }",
    );
    let lines = [
        "A: impl Clone for A",
        "A: pub fn f (& self) -> u8",
        "A: pub struct A { pub x : u8, .. }",
        "Shown: pub struct Hidden (..)",
        "b: list ! { 1 , 2 }",
        "b::E: pub enum E { One (u8) , Two }",
        "b::h: pub fn h (x : u8)",
        "say: macro",
    ];
    assert_eq!(api_of(folder.path()).lines().collect::<Vec<_>>(), lines);
}

/// The items that a program can reach, a line each.
fn api_of(src: &Path) -> String {
    let files = read_files(src);
    let mut modules: BTreeMap<Module, Vec<Item>> = BTreeMap::new();
    for (module, file) in files {
        split(module, file.items, &mut modules);
    }
    let mut walk = Walk { modules: &modules, seen: BTreeSet::new(), lines: BTreeSet::new() };
    walk.module(&Vec::new(), &Vec::new());
    for item in modules.values().flatten() {
        if let Item::Macro(item) = item
            && item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
        {
            walk.lines.extend(item.ident.as_ref().map(|name| format!("{name}: macro")));
        }
    }
    walk.lines.into_iter().map(|line| line + "\n").collect()
}

/// The items of a file and of the modules that are written in it.
fn split(module: Module, items: Vec<Item>, modules: &mut BTreeMap<Module, Vec<Item>>) {
    for item in items {
        match item {
            Item::Mod(inner) if inner.content.is_some() => {
                let path = [&module[..], &[inner.ident.to_string()]].concat();
                let declared = Item::Mod(syn::ItemMod { content: None, ..inner.clone() });
                modules.entry(module.clone()).or_default().push(declared);
                if !is_test(&inner.attrs) {
                    split(path, inner.content.map(|(_, items)| items).unwrap_or_default(), modules);
                }
            }
            item => modules.entry(module.clone()).or_default().push(item),
        }
    }
}

struct Walk<'a> {
    modules: &'a BTreeMap<Module, Vec<Item>>,
    seen: BTreeSet<(Module, Module)>,
    lines: BTreeSet<String>,
}

impl Walk<'_> {
    /// Everything public in a module, under a public path.
    fn module(&mut self, module: &Module, public: &Module) {
        if module.first().is_some_and(|first| first == "generated") || !self.seen.insert((module.clone(), public.clone())) {
            return;
        }
        for item in self.modules.get(module).into_iter().flatten() {
            match item {
                Item::Mod(inner) if is_public(&inner.vis) && !is_test(&inner.attrs) => {
                    let name = [inner.ident.to_string()];
                    self.module(&[&module[..], &name].concat(), &[&public[..], &name].concat());
                }
                Item::Use(import) if is_public(&import.vis) => self.import(module, public, &mut Vec::new(), &import.tree),
                Item::Macro(call) if call.ident.is_none() => {
                    // What a macro declares, a line for each entry of its list.
                    let (text, public) = (words(call), public.join("::"));
                    self.lines.extend(text.split(" ; ").map(|entry| format!("{public}: {entry}")));
                }
                item => {
                    if let Some(name) = name_of(item) {
                        self.item(module, &name, &[&public[..], std::slice::from_ref(&name)].concat());
                    }
                }
            }
        }
    }

    fn import(&mut self, module: &Module, public: &Module, before: &mut Module, tree: &syn::UseTree) {
        let under = |name: &syn::Ident| [&public[..], &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(module, public, before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(module, public, before, tree)),
            syn::UseTree::Name(name) => self.reached(module, before, &name.ident, &under(&name.ident)),
            syn::UseTree::Rename(name) => self.reached(module, before, &name.ident, &under(&name.rename)),
            syn::UseTree::Glob(_) => {
                let target = self.resolve(module, before);
                self.module(&target, public);
            }
        }
    }

    /// An item or a module that an import makes public.
    fn reached(&mut self, module: &Module, before: &[String], name: &syn::Ident, public: &Module) {
        let home = self.resolve(module, before);
        let inner = [&home[..], &[name.to_string()]].concat();
        if self.modules.contains_key(&inner) {
            self.module(&inner, public);
        } else if self.modules.contains_key(&home) {
            self.item(&home, &name.to_string(), public);
        } else {
            self.lines.insert(format!("{}: use {}::{name}", public.join("::"), before.join("::")));
        }
    }

    /// The module that the path of an import leads to.
    fn resolve(&self, module: &Module, path: &[String]) -> Module {
        let mut place = module.clone();
        for word in path {
            match word.as_str() {
                "crate" => place.clear(),
                "self" => {}
                "super" => drop(place.pop()),
                other => place.push(other.to_owned()),
            }
        }
        place
    }

    /// A public item with its implementations.
    fn item(&mut self, module: &Module, name: &str, public: &Module) {
        let public = public.join("::");
        for item in self.modules.get(module).into_iter().flatten() {
            match item {
                Item::Use(import) if is_public(&import.vis) => {}
                Item::Impl(implementation) if words(&implementation.self_ty).split([' ', '<']).next() == Some(name) => {
                    self.lines.extend(implemented(implementation).into_iter().map(|line| format!("{public}: {line}")));
                }
                item if name_of(item).as_deref() == Some(name) => {
                    self.lines.extend(declared(item).map(|line| format!("{public}: {line}")));
                }
                _ => {}
            }
        }
        // An item that its module has by an import of its own.
        for item in self.modules.get(module).into_iter().flatten() {
            if let Item::Use(import) = item
                && is_public(&import.vis)
                && !module.is_empty()
            {
                self.again(module, name, &public, &mut Vec::new(), &import.tree);
            }
        }
    }

    fn again(&mut self, module: &Module, name: &str, public: &str, before: &mut Module, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.again(module, name, public, before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.again(module, name, public, before, tree)),
            syn::UseTree::Name(found) if found.ident == name => {
                let home = self.resolve(module, before);
                self.item(&home, name, &public.split("::").map(str::to_owned).collect());
            }
            _ => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && words(&attribute.meta) == "cfg (test)")
}

fn words(part: &impl ToTokens) -> String {
    part.to_token_stream().to_string()
}

/// The name of a public item.
fn name_of(item: &Item) -> Option<String> {
    let (visibility, attributes, name) = match item {
        Item::Const(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Enum(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Fn(item) => (&item.vis, &item.attrs, &item.sig.ident),
        Item::Static(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Struct(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Trait(item) => (&item.vis, &item.attrs, &item.ident),
        Item::Type(item) => (&item.vis, &item.attrs, &item.ident),
        _ => return None,
    };
    (is_public(visibility) && !is_test(attributes)).then(|| name.to_string())
}

/// The declaration of an item, without bodies, documentation and what is private.
fn declared(item: &Item) -> Option<String> {
    let mut item = item.clone();
    Some(match &mut item {
        Item::Fn(item) => format!("pub {}", words(&item.sig)),
        Item::Const(item) => format!("pub const {} : {}", item.ident, words(&item.ty)),
        Item::Static(item) => format!("pub static {} : {}", item.ident, words(&item.ty)),
        Item::Type(item) => format!("pub type {} {} = {}", item.ident, words(&item.generics), words(&item.ty)),
        Item::Enum(item) => {
            item.attrs.retain(|attribute| attribute.path().is_ident("non_exhaustive"));
            for variant in &mut item.variants {
                variant.attrs.clear();
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
            words(item)
        }
        Item::Struct(item) => structure(item),
        Item::Trait(item) => {
            item.attrs.clear();
            for member in &mut item.items {
                if let syn::TraitItem::Fn(member) = member {
                    member.attrs.clear();
                    member.default = member.default.is_some().then(|| syn::parse_quote!({}));
                } else if let syn::TraitItem::Const(member) = member {
                    member.attrs.clear();
                } else if let syn::TraitItem::Type(member) = member {
                    member.attrs.clear();
                }
            }
            words(item)
        }
        _ => return None,
    })
}

/// A struct with its public fields.
fn structure(item: &syn::ItemStruct) -> String {
    let public: Vec<_> = item.fields.iter().filter(|field| is_public(&field.vis)).collect();
    let hidden = if public.len() < item.fields.len() { vec!["..".to_owned()] } else { Vec::new() };
    let fields = public.into_iter().map(|field| {
        let name = field.ident.as_ref().map_or_else(String::new, |name| format!("{name} : "));
        format!("pub {name}{}", words(&field.ty))
    });
    let fields = fields.chain(hidden).collect::<Vec<_>>().join(", ");
    let generics = words(&item.generics);
    let head = format!("pub struct {}{}{generics}", item.ident, if generics.is_empty() { "" } else { " " });
    match &item.fields {
        syn::Fields::Named(_) => format!("{head} {{ {fields} }}"),
        syn::Fields::Unnamed(_) => format!("{head} ({fields})"),
        syn::Fields::Unit => head,
    }
}

/// The public methods of an implementation, or the trait that it is of.
fn implemented(item: &syn::ItemImpl) -> Vec<String> {
    if let Some((_, path, _)) = &item.trait_ {
        let generics = words(&item.generics);
        let space = if generics.is_empty() { "" } else { " " };
        return vec![format!("impl{space}{generics} {} for {}", words(path), words(&item.self_ty))];
    }
    let public = item.items.iter().filter_map(|member| match member {
        syn::ImplItem::Fn(method) if is_public(&method.vis) => Some(format!("pub {}", words(&method.sig))),
        syn::ImplItem::Const(constant) if is_public(&constant.vis) => {
            Some(format!("pub const {} : {}", constant.ident, words(&constant.ty)))
        }
        _ => None,
    });
    public.collect()
}
