//! The app: all stacks of a program, and their synthesis.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use indexmap::{IndexMap, IndexSet};

use crate::assemble;
use crate::asset::Asset;
use crate::backend::{self, Backend};
use crate::diagnostics::{Diagnostic, Level, SynthError};
use crate::element::{ElementView, Section, add_tags};
use crate::exports::Exports;
use crate::expr::{Expr, Reference};
use crate::graph;
use crate::guard::{self, AppView, Guard};
use crate::manifest::{FORMAT_VERSION, Manifest, ManifestStack};
use crate::names;
use crate::overrides;
use crate::resolve::{self, LiteralNames};
use crate::stack::Stack;

/// References of a stack to other stacks, in the order of first use.
type Imports = IndexSet<Reference>;
type Aspect = Box<dyn Fn(&mut ElementView<'_>)>;
type StackAspect = Box<dyn Fn(&mut Stack)>;

/// All stacks of a program.
#[derive(Default)]
pub struct App {
    stacks: Vec<Stack>,
    names: HashSet<String>,
    stack_aspects: Vec<StackAspect>,
    aspects: Vec<Aspect>,
    guards: Vec<Box<dyn Guard>>,
    lock_file: Option<String>,
    diagnostics: Vec<Diagnostic>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("stacks", &self.stacks).field("aspects", &self.aspects.len()).finish_non_exhaustive()
    }
}

/// One stack, rendered.
#[derive(Clone, Debug)]
pub struct SynthesizedStack {
    /// The stack's name.
    pub name: String,
    /// The text of `cdk.tf.json`.
    pub json: String,
    /// The files shipped with it.
    pub assets: Vec<Asset>,
}

/// The whole output, not yet written.
#[derive(Clone, Debug)]
pub struct Synthesized {
    /// `manifest.json`.
    pub manifest: Manifest,
    /// The stacks in an order in which they can be applied.
    pub stacks: Vec<SynthesizedStack>,
    /// Warnings and notes.
    pub warnings: Vec<Diagnostic>,
    /// The text of `.terraform.lock.hcl`, for every stack's folder.
    pub(crate) lock_file: Option<String>,
}

impl App {
    /// An app without stacks.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new stack. A name used twice is reported at synth.
    pub fn stack(&mut self, name: &str, backend: impl Into<Backend>) -> &mut Stack {
        if !names::is_plain(name) || name.is_empty() {
            self.diagnostics.push(Diagnostic::error(
                name,
                format!("`{name}` can't be the name of a stack"),
                "use letters, digits, `_` and `-`: it becomes a folder",
            ));
        }
        if !self.names.insert(name.to_owned()) {
            self.diagnostics.push(Diagnostic::error(name, format!("stack `{name}` is declared twice"), "rename one of them"));
        }
        self.stacks.push(Stack::new(name, backend.into()));
        let last = self.stacks.len() - 1;
        &mut self.stacks[last]
    }

    /// Declare more in a stack that was declared before. A stack that was not is reported at synth.
    pub fn extend(&mut self, name: &str, declare: impl FnOnce(&mut Stack)) {
        match self.stacks.iter_mut().find(|stack| stack.name() == name) {
            Some(stack) => declare(stack),
            None => self.diagnostics.push(Diagnostic::error(
                name,
                format!("stack `{name}` is extended, but not declared"),
                "declare it first, with `App::stack`",
            )),
        }
    }

    /// The types of the resources in the stacks declared so far.
    pub fn resource_types(&self) -> BTreeSet<String> {
        let elements = self.stacks.iter().flat_map(|stack| &stack.contents.elements);
        elements.filter(|element| element.section == Section::Resource).map(|element| element.type_name.to_string()).collect()
    }

    /// Visit every stack at synth, before all else: what is added here is visited by [`App::aspect`], too. [`Stack::view`] says
    /// what the stack has.
    pub fn each_stack(&mut self, visit: impl Fn(&mut Stack) + 'static) {
        self.stack_aspects.push(Box::new(visit));
    }

    /// Visit every resource and data source of all stacks at synth, in the order of declaration.
    pub fn aspect(&mut self, visit: impl Fn(&mut ElementView<'_>) + 'static) {
        self.aspects.push(Box::new(visit));
    }

    /// Enforce a rule over all stacks.
    pub fn guard(&mut self, guard: impl Guard + 'static) {
        self.guards.push(Box::new(guard));
    }

    /// Tag everything that takes tags; a tag that a resource already has stays.
    pub fn tags<K: Into<String>, V: Into<Expr>>(&mut self, tags: impl IntoIterator<Item = (K, V)>) {
        let tags: Vec<(String, Expr)> = tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self.aspect(move |view| add_tags(view, &tags));
    }

    /// Write this text as `.terraform.lock.hcl` into the folder of every stack that does not lock the same versions yet:
    /// `terraform init` then installs exactly these providers and asks no registry for their checksums.
    pub fn lock_file(&mut self, text: impl Into<String>) {
        self.lock_file = Some(text.into());
    }

    /// Render every stack, or report every mistake.
    ///
    /// # Errors
    /// All diagnostics of all stacks, and cycles between stacks.
    pub fn synth(mut self) -> Result<Synthesized, SynthError> {
        let mut diagnostics = self.transform();
        let imports = self.resolve(&mut diagnostics);
        let dependencies = self.dependencies(&imports);
        let order = self.order(&dependencies, &mut diagnostics);
        let exports = self.exports(&imports, &mut diagnostics);
        diagnostics.extend(guard::check(&self.guards, &AppView::new(&self.stacks, &dependencies)));
        if diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error) {
            diagnostics.sort_by_key(|diagnostic| diagnostic.level);
            return Err(SynthError(diagnostics));
        }
        let manifest = manifest(&dependencies, &diagnostics);
        let stacks = render(self.stacks, &order, &imports, exports);
        Ok(Synthesized { manifest, stacks, warnings: diagnostics, lock_file: self.lock_file })
    }

    /// Apply aspects and overrides, and ask the providers. Returns everything that is wrong so far.
    fn transform(&mut self) -> Vec<Diagnostic> {
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        for stack in &mut self.stacks {
            self.stack_aspects.iter().for_each(|visit| visit(stack));
            diagnostics.append(&mut stack.take_diagnostics());
            transform(stack, &self.aspects, &mut diagnostics);
            diagnostics.extend(assemble::override_mistakes(stack));
            diagnostics.extend(stack.check());
        }
        diagnostics
    }

    /// Walk all stacks. Returns the imports of each.
    fn resolve(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Imports> {
        let mut names = LiteralNames::default();
        let walk = |stack| {
            let mut resolved = resolve::walk(stack, &mut names);
            diagnostics.append(&mut resolved.diagnostics);
            resolved.imports
        };
        let imports = self.stacks.iter().map(walk).collect();
        diagnostics.extend(names.mistakes());
        diagnostics.extend(backend::shared_states(self.stacks.iter().map(|stack| (stack.name(), stack.backend()))));
        imports
    }

    /// Names of the stacks that each stack needs, in the order of first use.
    fn dependencies(&self, imports: &[Imports]) -> IndexMap<String, Vec<String>> {
        let needs = |stack: &Stack, imports| {
            let mut names = producers(imports);
            names.extend(stack.dependencies().iter().map(String::as_str));
            names.into_iter().map(str::to_owned).collect()
        };
        self.stacks.iter().zip(imports).map(|(stack, imports)| (stack.name().to_owned(), needs(stack, imports))).collect()
    }

    /// Positions of the stacks in an order in which they can be applied; empty if there is a cycle, which is reported.
    fn order(&self, dependencies: &IndexMap<String, Vec<String>>, diagnostics: &mut Vec<Diagnostic>) -> Vec<usize> {
        let order = graph::order(dependencies).unwrap_or_else(|cycle| {
            diagnostics.push(Diagnostic::error(
                cycle.first().cloned().unwrap_or_default(),
                format!("stacks depend on each other in a cycle: {}", cycle.join(" -> ")),
                "move what they share into a third stack",
            ));
            Vec::new()
        });
        for stack in &self.stacks {
            for missing in stack.dependencies().iter().filter(|name| !self.names.contains(*name)) {
                diagnostics.push(Diagnostic::error(
                    stack.name(),
                    format!("stack `{}` depends on `{missing}`, which is not part of this app", stack.name()),
                    "add that stack to the app",
                ));
            }
        }
        order
    }

    /// What other stacks read of each stack.
    fn exports(&self, imports: &[Imports], diagnostics: &mut Vec<Diagnostic>) -> Exports {
        let mut exports = Exports::default();
        for (stack, imports) in self.stacks.iter().zip(imports) {
            for reference in imports {
                let producer = reference.target.stack();
                if reference.target.is_ephemeral() {
                    diagnostics.push(Diagnostic::error(
                        stack.name(),
                        format!("`{}` of stack `{producer}` is ephemeral: no other stack can read it", reference.local()),
                        "declare the ephemeral resource in this stack",
                    ));
                }
                if self.names.contains(producer) {
                    exports.add(producer, reference.local());
                    continue;
                }
                diagnostics.push(Diagnostic::error(
                    stack.name(),
                    format!("`{}` belongs to stack `{producer}`, which is not part of this app", reference.local()),
                    "add that stack to the app",
                ));
            }
        }
        for stack in &self.stacks {
            let own = stack.contents.named.get("output").into_iter().flatten();
            diagnostics.extend(own.filter_map(|output| exports.taken(stack.name(), &output.id)));
        }
        exports
    }
}

/// Aspects first, then overrides, which win.
fn transform(stack: &mut Stack, aspects: &[Aspect], diagnostics: &mut Vec<Diagnostic>) {
    for element in &mut stack.contents.elements {
        for aspect in aspects {
            aspect(&mut ElementView::new(element, diagnostics));
        }
        for (path, value) in &element.overrides {
            if let Err(reason) = overrides::set(&mut element.body, path, value.clone()) {
                diagnostics.push(overrides::refused(format!("{}.{path}", element.place()), &reason));
            }
        }
    }
}

/// Names of the stacks that are read, in the order of first use.
fn producers(imports: &Imports) -> IndexSet<&str> {
    imports.iter().map(|reference| reference.target.stack()).collect()
}

/// The stacks in `order`, each with the outputs that others read of it.
fn render(stacks: Vec<Stack>, order: &[usize], imports: &[Imports], mut exports: Exports) -> Vec<SynthesizedStack> {
    let backends: HashMap<String, Backend> =
        stacks.iter().map(|stack| (stack.name().to_owned(), stack.backend().clone())).collect();
    let mut stacks: Vec<Option<Stack>> = stacks.into_iter().map(Some).collect();
    // Each tree is dropped as soon as its text exists: the peak is one copy of the app and the texts.
    let rendered = order.iter().filter_map(|&position| {
        let stack = stacks[position].take()?;
        let exported = exports.outputs.remove(stack.name()).unwrap_or_default();
        let remote = producers(&imports[position]).into_iter().filter_map(|name| Some((name, backends.get(name)?)));
        let json = assemble::stack(&stack, remote, &exported, &exports.ids);
        Some(SynthesizedStack { name: stack.name().to_owned(), json, assets: stack.into_assets() })
    });
    rendered.collect()
}

fn manifest(dependencies: &IndexMap<String, Vec<String>>, warnings: &[Diagnostic]) -> Manifest {
    let stacks: BTreeMap<String, ManifestStack> = dependencies
        .iter()
        .map(|(name, needs)| {
            let own = warnings.iter().filter(|warning| warning.path.split(['/', '.']).next() == Some(name));
            (name.clone(), ManifestStack::new(name, needs.clone(), own))
        })
        .collect();
    Manifest { stacks, version: FORMAT_VERSION.to_owned() }
}
