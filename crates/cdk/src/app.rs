//! The app: all stacks, and their synthesis.

use std::collections::BTreeMap;

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::FORMAT_VERSION;
use crate::asset::Asset;
use crate::backend::Backend;
use crate::diagnostics::{Diagnostic, SynthError};
use crate::graph;
use crate::manifest::{Manifest, ManifestStack};
use crate::names;
use crate::stack::Stack;

/// All stacks of a program.
#[derive(Debug, Default)]
pub struct App {
    stacks: Vec<Stack>,
    diagnostics: Vec<Diagnostic>,
}

/// One stack, rendered.
#[derive(Clone, Debug)]
pub struct SynthesisedStack {
    /// The stack's name.
    pub name: String,
    /// The text of `cdk.tf.json`.
    pub json: String,
    /// Files that travel with it.
    pub assets: Vec<Asset>,
}

/// The whole output, not yet written.
#[derive(Clone, Debug)]
pub struct Synthesised {
    /// `manifest.json`.
    pub manifest: Manifest,
    /// The stacks in the order of declaration.
    pub stacks: Vec<SynthesisedStack>,
}

impl App {
    /// An app without stacks.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new stack. A name used twice is reported at synth.
    pub fn stack(&mut self, name: &str, backend: Backend) -> &mut Stack {
        if names::strip(name) != name || name.is_empty() {
            self.diagnostics.push(Diagnostic::error(
                name,
                format!("`{name}` can't be the name of a stack"),
                "use letters, digits, `_` and `-`: it becomes a folder",
            ));
        }
        if self.stacks.iter().any(|stack| *stack.name == *name) {
            self.diagnostics.push(Diagnostic::error(name, format!("stack `{name}` is declared twice"), "give one another name"));
        }
        self.stacks.push(Stack::new(name, backend));
        let last = self.stacks.len() - 1;
        &mut self.stacks[last]
    }

    /// Render every stack, or report every mistake.
    ///
    /// # Errors
    /// All diagnostics of all stacks, and cycles between stacks.
    pub fn synth(mut self) -> Result<Synthesised, SynthError> {
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        for stack in &mut self.stacks {
            diagnostics.append(&mut stack.resolver.diagnostics);
        }
        let dependencies: BTreeMap<String, Vec<String>> =
            self.stacks.iter().map(|stack| (stack.name.to_string(), producers(stack))).collect();
        if let Some(cycle) = graph::cycle(&dependencies) {
            diagnostics.push(Diagnostic::error(
                cycle[0].clone(),
                format!("stacks depend on each other in a cycle: {}", cycle.join(" -> ")),
                "move what they share into a stack of its own",
            ));
        }
        let backends: BTreeMap<String, Backend> =
            self.stacks.iter().map(|stack| (stack.name.to_string(), stack.backend.clone())).collect();
        let exports = self.exports(&backends, &mut diagnostics);
        if !diagnostics.is_empty() {
            return Err(SynthError(diagnostics));
        }
        let manifest = Manifest {
            stacks: dependencies.into_iter().map(|(name, needs)| (name.clone(), ManifestStack::new(&name, needs))).collect(),
            version: FORMAT_VERSION.to_owned(),
        };
        let stacks = self
            .stacks
            .into_iter()
            .map(|stack| {
                let exported = exports.get(&*stack.name).cloned().unwrap_or_default();
                let json = render(&stack, &backends, &exported);
                SynthesisedStack { name: stack.name.to_string(), json, assets: stack.assets }
            })
            .collect();
        Ok(Synthesised { manifest, stacks })
    }

    /// Expressions that other stacks read, by the stack that owns them.
    fn exports(&self, known: &BTreeMap<String, Backend>, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Vec<String>> {
        let mut exports: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for stack in &self.stacks {
            for reference in &stack.resolver.imports {
                let producer = reference.target.stack.to_string();
                if !known.contains_key(&producer) {
                    diagnostics.push(Diagnostic::error(
                        &*stack.name,
                        format!("`{}` belongs to stack `{producer}`, which is not part of this app", reference.local()),
                        "add that stack to the app",
                    ));
                }
                let list = exports.entry(producer).or_default();
                let local = reference.local();
                if !list.contains(&local) {
                    list.push(local);
                }
            }
        }
        exports
    }
}

/// Producers of a stack in the order of first use.
fn producers(stack: &Stack) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for reference in &stack.resolver.imports {
        if !names.iter().any(|name| **name == *reference.target.stack) {
            names.push(reference.target.stack.to_string());
        }
    }
    names
}

fn render(stack: &Stack, backends: &BTreeMap<String, Backend>, exported: &[String]) -> String {
    let mut output = stack.outputs.clone();
    let mut output_paths = JsonMap::new();
    for name in stack.outputs.keys() {
        output_paths.insert(name.clone(), json!(name));
    }
    for reference in exported {
        let path = names::cross_stack_output(reference);
        let id = names::strip(&path);
        output.insert(id.clone(), json!({ "sensitive": true, "value": format!("${{{reference}}}") }));
        output_paths.insert(path, json!(id));
    }
    let mut data = stack.data.clone();
    for producer in producers(stack) {
        if let Some(backend) = backends.get(&producer) {
            let body = json!({ "backend": backend.kind(), "config": backend.config(), "workspace": "${terraform.workspace}" });
            data.entry("terraform_remote_state".to_owned()).or_default().insert(names::cross_stack_input(&producer), body);
        }
    }
    let outputs_metadata = if output_paths.is_empty() { json!({}) } else { json!({ &*stack.name: output_paths }) };
    let mut root = JsonMap::new();
    root.insert(
        "//".to_owned(),
        json!({
            "metadata": { "backend": stack.backend.kind(), "stackName": &*stack.name, "version": FORMAT_VERSION },
            "outputs": outputs_metadata,
        }),
    );
    let sections = [
        ("data", json!(data)),
        ("output", json!(output)),
        ("provider", json!(stack.providers)),
        ("resource", json!(stack.resources)),
    ];
    for (name, section) in sections {
        if section.as_object().is_some_and(|section| !section.is_empty()) {
            root.insert(name.to_owned(), section);
        }
    }
    root.insert(
        "terraform".to_owned(),
        json!({ "backend": stack.backend.block(), "required_providers": stack.required_providers }),
    );
    // `Value`'s map is sorted by key, which is what the format asks for at every level.
    format!("{:#}", Json::Object(root))
}
