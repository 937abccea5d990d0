//! The walk over a stack before it is rendered: it collects references to other stacks, and mistakes.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexSet;

use crate::backend::Backend;
use crate::constant::is_constant;
use crate::diagnostics::{Diagnostic, Path};
use crate::element::{Element, Section};
use crate::expr::{Expr, Key, MAX_DEPTH, Reference};
use crate::stack::Stack;

/// The result of the walk over one stack.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// References to other stacks in the order of first use, each once.
    pub(crate) imports: IndexSet<Reference>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Literal names of resources: which resource has one, and where else one is written.
#[derive(Default)]
pub(crate) struct LiteralNames<'a> {
    declared: Vec<((&'static str, &'a str), &'a Element)>,
    used: Vec<((&'static str, &'a str), String)>,
}

impl<'a> LiteralNames<'a> {
    /// A literal that names a resource of the app: the order is lost, and a change of the name breaks it at run time.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        // The table is only worth its time when a name is used somewhere as a literal, which is rare.
        let declared: HashMap<_, _> = if self.used.is_empty() { HashMap::new() } else { self.declared.iter().copied().collect() };
        self.used.iter().filter_map(move |(name, place)| {
            let owner = declared.get(name)?;
            let (address, stack) = (owner.target.address(), owner.target.stack());
            Some(Diagnostic::error(
                place,
                format!("`{}` is the name of `{address}` of stack `{stack}`, written as a literal", name.1),
                "use a reference to it: Terraform then knows the order, and the name is written once",
            ))
        })
    }
}

struct Walk<'a, 'r> {
    stack: &'a str,
    resolved: &'r mut Resolved,
    names: &'r mut LiteralNames<'a>,
    element: Option<&'a Element>,
    /// Whether the value is in an output.
    is_output: bool,
    /// How deep the value is in its argument.
    depth: usize,
    is_too_deep: bool,
}

/// Walk everything in a stack.
pub(crate) fn walk<'a>(stack: &'a Stack, names: &mut LiteralNames<'a>) -> Resolved {
    let mut resolved = Resolved::default();
    let mut walk = Walk {
        stack: stack.name(),
        resolved: &mut resolved,
        names,
        element: None,
        is_output: false,
        depth: 0,
        is_too_deep: false,
    };
    let contents = &stack.contents;
    if let Backend::Other { config, .. } = stack.backend() {
        let root = format!("{}/backend", stack.name());
        config.iter().for_each(|(name, value)| walk.constant(value, Path::root(&root).name(name)));
    }
    for (name, configured) in &contents.providers {
        let root = format!("{}/provider.{name}", stack.name());
        configured.iter().for_each(|body| walk.value(body, Path::root(&root)));
    }
    for element in &contents.elements {
        walk.element = Some(element);
        walk.pairs(&element.body, Path::root(""));
    }
    walk.element = None;
    for (section, blocks) in &contents.named {
        walk.is_output = *section == "output";
        for block in blocks {
            let root = format!("{}/{section}.{}", stack.name(), block.path);
            walk.named(section, &block.body, Path::root(&root));
        }
    }
    walk.is_output = false;
    let root = format!("{}/locals", stack.name());
    contents.locals.iter().for_each(|(name, value)| walk.value(value, Path::root(&root).name(name)));
    for (section, blocks) in &contents.moves_and_imports {
        let root = format!("{}/{section}", stack.name());
        blocks.iter().enumerate().for_each(|(index, block)| walk.value(block, Path::root(&root).index(index)));
    }
    for (path, value) in &contents.overrides {
        let root = format!("{}/{path}", stack.name());
        walk.overriding(path, value, Path::root(&root));
    }
    check_addresses(stack, &mut resolved.diagnostics);
    check_providers(stack, &mut resolved.diagnostics);
    resolved
}

impl<'a> Walk<'a, '_> {
    fn report(&mut self, path: Path<'_>, message: String, help: &str) {
        let place = self.place(path);
        self.resolved.diagnostics.push(Diagnostic::error(place, message, help));
    }

    fn place(&self, path: Path<'_>) -> String {
        self.element.map(Element::place).unwrap_or_default() + &path.to_string()
    }

    fn pairs(&mut self, pairs: &'a [(Key, Expr)], path: Path<'_>) {
        self.once(pairs, path);
        for (key, value) in pairs {
            self.value(value, path.name(key));
        }
    }

    fn once(&mut self, pairs: &[(Key, Expr)], path: Path<'_>) {
        if let Some(key) = repeated(pairs) {
            self.report(path.name(key), format!("`{key}` is set twice"), "keep one of them");
        }
    }

    /// The arguments of a module, an output or a variable.
    fn named(&mut self, section: &str, pairs: &'a [(Key, Expr)], path: Path<'_>) {
        self.once(pairs, path);
        for (key, value) in pairs {
            if is_constant(section, key) { self.constant(value, path.name(key)) } else { self.value(value, path.name(key)) }
        }
    }

    fn overriding(&mut self, overridden: &str, value: &'a Expr, path: Path<'_>) {
        let mut words = overridden.split('.');
        let (section, argument) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        if section == "terraform" || is_constant(section, argument) {
            self.constant(value, path);
        } else {
            self.value(value, path);
        }
    }

    /// A value that Terraform reads letter by letter.
    fn constant(&mut self, value: &'a Expr, path: Path<'_>) {
        if value.is_dynamic() {
            let message = "Terraform takes only a literal here: it can have neither references nor functions".to_owned();
            return self.report(path, message, "write the value as text, or pass it to the app");
        }
        self.value(value, path);
    }

    fn value(&mut self, expr: &'a Expr, path: Path<'_>) {
        match expr {
            Expr::Null | Expr::Bool(_) | Expr::Int(_) | Expr::Str(_) | Expr::Secret(_) => {}
            Expr::Ref(reference) => {
                if reference.target.is_ephemeral() {
                    self.ephemeral(reference, path);
                }
                if reference.target.stack() != self.stack && !self.resolved.imports.contains(reference) {
                    self.resolved.imports.insert(reference.clone());
                }
            }
            Expr::Name(kind, text) => self.name(kind, text, path),
            Expr::Float(value) if !value.is_finite() => {
                self.report(path, format!("{value} is not a number that JSON can hold"), "correct the value");
            }
            Expr::Invalid(reasons) => {
                for reason in reasons {
                    self.report(path, reason.clone(), "correct the value");
                }
            }
            nested => self.nested(nested, path),
        }
    }

    fn nested(&mut self, expr: &'a Expr, path: Path<'_>) {
        self.depth += 1;
        match expr {
            _ if self.depth > MAX_DEPTH => self.is_too_deep = true,
            Expr::Array(items) => items.iter().enumerate().for_each(|(index, item)| self.value(item, path.index(index))),
            Expr::Object(pairs) => self.pairs(pairs, path),
            other => other.children(|child| self.value(child, path)),
        }
        self.depth -= 1;
        if self.depth == 0 && std::mem::take(&mut self.is_too_deep) {
            let message = format!("expressions are nested more than {MAX_DEPTH} deep");
            self.report(path, message, "name a part of it with Stack::local, and use that");
        }
    }

    fn ephemeral(&mut self, reference: &Reference, path: Path<'_>) {
        let element = self.element.filter(|element| !element.takes_ephemeral(&path.to_string()));
        if element.is_none() && !self.is_output {
            return;
        }
        let message = format!("`{}` is ephemeral, and this value is stored", reference.local());
        let help = "pass it to a write-only argument, to a provider, or to another ephemeral resource";
        self.report(path, message, help);
    }

    fn name(&mut self, kind: &'static str, text: &'a str, path: Path<'_>) {
        match self.element.filter(|element| element.section == Section::Resource && element.type_name == kind) {
            Some(element) => {
                self.names.declared.push(((kind, text), element));
            }
            None => {
                let place = self.place(path);
                self.names.used.push(((kind, text), place));
            }
        }
    }
}

fn repeated(pairs: &[(Key, Expr)]) -> Option<&str> {
    if pairs.is_sorted_by(|a, b| a.0 < b.0) {
        return None;
    }
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs.iter().find(|(key, _)| !seen.insert(&**key)).map(|(key, _)| &**key)
}

fn check_addresses(stack: &Stack, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::with_capacity(stack.contents.elements.len());
    for element in &stack.contents.elements {
        if !seen.insert(element.target.address()) {
            diagnostics.push(Diagnostic::error(
                element.place(),
                format!("`{}` with id `{}` is declared twice in stack `{}`", element.type_name, element.id, stack.name()),
                "give one of them another id",
            ));
        }
    }
}

/// Without a requirement Terraform would take the newest provider of that name, whatever the bindings were made for.
fn check_providers(stack: &Stack, diagnostics: &mut Vec<Diagnostic>) {
    let mut missing: BTreeMap<&str, &Element> = BTreeMap::new();
    for element in &stack.contents.elements {
        let own = element.body.iter().find(|(key, _)| key == "provider").and_then(|(_, value)| value.literal());
        let name = own.map_or(element.provider(), |address| address.split('.').next().unwrap_or_default());
        if name != "terraform" && !stack.contents.required_providers.contains_key(name) {
            missing.entry(name).or_insert(element);
        }
    }
    diagnostics.extend(missing.into_iter().map(|(name, element)| {
        Diagnostic::error(
            element.place(),
            format!("stack `{}` has no provider `{name}`", stack.name()),
            "configure it with Stack::provider, or name its source and version with Stack::require_provider",
        )
    }));
}
