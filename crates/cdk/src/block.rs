//! The traits that generated bindings implement, and the writer of their arguments.

use std::collections::BTreeMap;

use crate::blocks::{Blocks, Dynamic};
use crate::diagnostics::{Diagnostic, Path};
use crate::expr::{Expr, Key, Target};
use crate::names;
use crate::value::Val;
use crate::view::StackView;

/// Something that writes its arguments and nested blocks.
pub trait Block {
    /// Move every argument that is set to the writer. It is called once and leaves the block empty.
    fn write(&mut self, writer: &mut BlockWriter<'_>);
}

/// A managed resource type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "this is not a resource",
    note = "finish its builder with `.build()`, and give the ID first: `add(\"ID\", RESOURCE)`"
)]
pub trait Resource: Block {
    /// The Terraform type, such as `aws_s3_bucket`.
    const TYPE: &'static str;
    /// Whether it takes an argument `tags`.
    const TAGGABLE: bool = false;
    /// The local name of its provider, if that is not the first word of the type: `google-beta` for `google_project`.
    const PROVIDER: Option<&'static str> = None;
    /// The readable attributes.
    type Refs: From<Target> + AsRef<Target>;
}

/// A data source type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a data source",
    label = "this is not a data source",
    note = "finish its builder with `.build()`, and give the ID first: `data(\"ID\", SOURCE)`"
)]
pub trait DataSource: Block {
    /// The Terraform type, such as `aws_region`.
    const TYPE: &'static str;
    /// The local name of its provider, if that is not the first word of the type.
    const PROVIDER: Option<&'static str> = None;
    /// The readable attributes.
    type Refs: From<Target> + AsRef<Target>;
}

/// An ephemeral resource type: what Terraform reads for one command, and stores nowhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an ephemeral resource",
    label = "this is not an ephemeral resource",
    note = "finish its builder with `.build()`, and give the ID first: `ephemeral(\"ID\", RESOURCE)`"
)]
pub trait EphemeralResource: Block {
    /// The Terraform type, such as `aws_secretsmanager_secret_version`.
    const TYPE: &'static str;
    /// The local name of its provider, if that is not the first word of the type.
    const PROVIDER: Option<&'static str> = None;
    /// The readable attributes.
    type Refs: From<Target> + AsRef<Target>;
}

/// A provider configuration.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider",
    label = "this is not a provider",
    note = "finish its builder with `.build()`"
)]
pub trait Provider: Block {
    /// The local name, such as `aws`.
    const NAME: &'static str;
    /// The source address, such as `hashicorp/aws`.
    const SOURCE: &'static str;
    /// The version that the bindings were generated from.
    const VERSION: &'static str;

    /// What is wrong with resources together, such as a sum that the provider's service limits. Synth asks once for each stack
    /// that configures the provider, after aspects and overrides.
    fn check(_stack: &StackView<'_>) -> Vec<Diagnostic> {
        Vec::new()
    }
}

/// The label of Terraform's dynamic blocks.
const DYNAMIC: &str = "dynamic";

/// What is found while a block and those within it are written.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The paths of the arguments that are set and that Terraform stores nowhere, as `.password_wo`.
    pub(crate) write_only: Vec<String>,
    /// The iterators of the dynamic blocks around what is written.
    iterators: Vec<&'static str>,
}

/// Collects a block's arguments and checks what the provider's schema can't say.
pub struct BlockWriter<'a> {
    found: &'a mut Found,
    path: Path<'a>,
    pairs: Vec<(Key, Expr)>,
}

impl<'a> BlockWriter<'a> {
    /// The arguments of a block, in the order in which it wrote them.
    pub(crate) fn collect(block: &mut impl Block, path: Path<'a>, found: &'a mut Found) -> Vec<(Key, Expr)> {
        let mut writer = BlockWriter { found, path, pairs: Vec::with_capacity(8) };
        block.write(&mut writer);
        writer.pairs
    }

    /// Write a required argument.
    pub fn attr<T>(&mut self, name: &'static str, value: &mut Val<T>) {
        self.push(name, value.expr_mut());
    }

    /// Not generic and not inlined: hundreds of calls in the bindings share it.
    #[inline(never)]
    fn push(&mut self, name: &'static str, value: &mut Expr) {
        self.pairs.push((Key::Borrowed(name), std::mem::replace(value, Expr::Null)));
    }

    /// Write an optional argument, if it is set.
    pub fn opt<T>(&mut self, name: &'static str, value: &mut Option<Val<T>>) {
        if let Some(value) = value {
            self.attr(name, value);
        }
    }

    /// Write an argument that Terraform passes on and stores nowhere, if it is set.
    pub fn write_only<T>(&mut self, name: &'static str, value: Option<&mut Val<T>>) {
        if let Some(value) = value {
            self.found.write_only.push(self.path.name(name).to_string());
            self.attr(name, value);
        }
    }

    /// Write a required block.
    pub fn block(&mut self, name: &'static str, block: &mut impl Block) {
        let pairs = BlockWriter::collect(block, self.path.name(name), self.found);
        self.pairs.push((Key::Borrowed(name), Expr::Object(pairs)));
    }

    /// Write an optional block, if it is set.
    pub fn opt_block<B: Block>(&mut self, name: &'static str, block: &mut Option<B>) {
        if let Some(block) = block {
            self.block(name, block);
        }
    }

    /// Write a repeated block; a `max` of 0 is no limit.
    pub fn blocks<B: Block>(&mut self, name: &'static str, blocks: &mut Blocks<B>, min: usize, max: usize) {
        let given = blocks.given.len();
        if (given < min && blocks.dynamic.is_empty()) || (max > 0 && given > max) {
            let (bound, count) = if given < min { ("at least", min) } else { ("at most", max) };
            let blocks = if count == 1 { "block" } else { "blocks" };
            let message = format!("expected {bound} {count} `{name}` {blocks}, found {given}");
            self.refuse(Some(name), message, "add or remove blocks");
        }
        blocks.dynamic.iter_mut().for_each(|dynamic| self.dynamic(name, dynamic));
        if given == 0 {
            return;
        }
        let parent = self.path.name(name);
        let items = blocks
            .given
            .iter_mut()
            .enumerate()
            .map(|(index, block)| Expr::Object(BlockWriter::collect(block, parent.index(index), self.found)))
            .collect();
        self.pairs.push((Key::Borrowed(name), Expr::Array(items)));
    }

    /// Write a block for each entry of a collection.
    fn dynamic<B: Block>(&mut self, name: &'static str, dynamic: &mut Dynamic<B>) {
        let iterator = dynamic.iterator;
        if !names::is_identifier(iterator) {
            let help = "begin with a letter or `_`, and use letters, digits, `_` and `-`";
            self.refuse(Some(name), format!("`{iterator}` can't be the name of an iterator"), help);
        }
        if self.found.iterators.contains(&iterator) {
            let message = format!("the dynamic block around this one has the iterator `{iterator}`, too");
            self.refuse(Some(name), message, "name them differently: this one hides the entry of the other");
        }
        self.found.iterators.push(iterator);
        let content = BlockWriter::collect(&mut dynamic.content, self.path.name(name), self.found);
        self.found.iterators.pop();
        let entries = std::mem::replace(&mut dynamic.entries, Expr::Null);
        let block = Expr::of_pairs([
            ("content", Expr::Object(content)),
            ("for_each", entries),
            // A name, where Terraform wants no value.
            ("iterator", Expr::address(iterator)),
        ]);
        let position = self.pairs.iter().position(|(key, _)| key == DYNAMIC).unwrap_or_else(|| {
            self.pairs.push((Key::Borrowed(DYNAMIC), Expr::Object(Vec::new())));
            self.pairs.len() - 1
        });
        if let (_, Expr::Object(labels)) = &mut self.pairs[position] {
            match labels.iter_mut().find(|(label, _)| label == name) {
                Some((_, Expr::Array(blocks))) => blocks.push(block),
                _ => labels.push((Key::Borrowed(name), Expr::Array(vec![block]))),
            }
        }
    }

    /// Write labeled blocks.
    pub fn block_map<B: Block>(&mut self, name: &'static str, blocks: &mut BTreeMap<String, B>) {
        if blocks.is_empty() {
            return;
        }
        let parent = self.path.name(name);
        let items = blocks.iter_mut().map(|(label, block)| {
            let pairs = BlockWriter::collect(block, parent.name(label), self.found);
            (Key::Owned(label.clone()), Expr::Object(pairs))
        });
        let items = items.collect();
        self.pairs.push((Key::Borrowed(name), Expr::Object(items)));
    }

    /// At most one of these may be set.
    pub fn conflicts(&mut self, names: &[&'static str]) {
        let set: Vec<_> = names.iter().copied().filter(|name| self.is_set(name)).collect();
        if set.len() > 1 {
            self.refuse(None, format!("{} can't be set together", list(&set)), "keep one of them");
        }
    }

    /// Exactly one of these must be set.
    pub fn exactly_one_of(&mut self, names: &[&'static str]) {
        let set: Vec<_> = names.iter().copied().filter(|name| self.is_set(name)).collect();
        match set.as_slice() {
            [_] => {}
            [] => self.refuse(None, format!("exactly one of {} must be set, but none is", list(names)), "set one of them"),
            set => {
                let message = format!("exactly one of {} must be set, {} are", list(names), list(set));
                self.refuse(None, message, "keep one of them");
            }
        }
    }

    /// At least one of these must be set.
    pub fn at_least_one_of(&mut self, names: &[&'static str]) {
        if !names.iter().any(|name| self.is_set(name)) {
            self.refuse(None, format!("at least one of {} must be set", list(names)), "set one of them");
        }
    }

    /// With the first, the others must be set too.
    pub fn required_with(&mut self, name: &'static str, others: &[&'static str]) {
        let missing: Vec<_> = others.iter().copied().filter(|other| !self.is_set(other)).collect();
        if self.is_set(name) && !missing.is_empty() {
            self.refuse(None, format!("`{name}` needs {} too", list(&missing)), "set the missing arguments");
        }
    }

    /// These must be set, unless an argument is the given literal (or something that only Terraform will know).
    pub fn required_unless(&mut self, names: &[&'static str], argument: &'static str, literal: &str) {
        let value = self.pairs.iter().find(|(key, _)| key == argument).map(|(_, value)| value);
        if value.is_some_and(|value| value.literal().is_none_or(|text| text == literal)) {
            return;
        }
        let missing: Vec<_> = names.iter().copied().filter(|name| !self.is_set(name)).collect();
        if !missing.is_empty() {
            let message = format!("{} must be set unless `{argument}` is `{literal}`", list(&missing));
            self.refuse(None, message, "set the missing arguments");
        }
    }

    fn is_set(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, value)| match value {
            Expr::Object(labels) if key == DYNAMIC => labels.iter().any(|(label, _)| label == name),
            value => key == name && *value != Expr::Null,
        })
    }

    fn refuse(&mut self, name: Option<&str>, message: String, help: &str) {
        let path = name.map_or_else(|| self.path.to_string(), |name| self.path.name(name).to_string());
        self.found.diagnostics.push(Diagnostic::error(path, message, help));
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}
