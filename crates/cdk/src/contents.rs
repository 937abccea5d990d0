//! What a stack holds until it is rendered.

use std::collections::BTreeMap;

use crate::element::{Element, Section};
use crate::expr::{Expr, Key};
use crate::names;

/// Everything that was declared in a stack.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) elements: Vec<Element>,
    /// The sections `module`, `output` and `variable`.
    pub(crate) named: BTreeMap<&'static str, Vec<NamedBlock>>,
    /// The sections `import`, `moved` and `removed`.
    pub(crate) moves_and_imports: BTreeMap<&'static str, Vec<Expr>>,
    pub(crate) locals: Vec<(Key, Expr)>,
    /// Configurations by the provider's name.
    pub(crate) providers: BTreeMap<Key, Vec<Expr>>,
    /// Source and version by the provider's name.
    pub(crate) required_providers: BTreeMap<Key, Expr>,
    pub(crate) overrides: Vec<(String, Expr)>,
}

/// A block with a name of its own.
#[derive(Debug)]
pub(crate) struct NamedBlock {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) body: Vec<(Key, Expr)>,
}

impl NamedBlock {
    /// An output or a variable: they are the stack's interface, so their names are what the user wrote, in any scope.
    pub(crate) fn unscoped(name: &str, body: Vec<(Key, Expr)>) -> Self {
        Self { id: names::strip(name), path: name.to_owned(), body }
    }
}

impl Contents {
    /// The version of Terraform that knows everything in the stack, if not all versions do.
    pub(crate) fn terraform_version(&self) -> Option<&'static str> {
        let variables = self.named.get("variable").into_iter().flatten();
        let is_ephemeral = |block: &NamedBlock| block.body.iter().any(|(key, _)| key == "ephemeral");
        if self.elements.iter().any(|element| element.write_only.as_ref().is_some_and(|paths| !paths.is_empty())) {
            // Source: <https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only>.
            Some(">= 1.11")
        } else if self.elements.iter().any(|element| element.section == Section::Ephemeral)
            || variables.into_iter().any(is_ephemeral)
        {
            // Source: <https://developer.hashicorp.com/terraform/language/block/ephemeral>.
            Some(">= 1.10")
        } else {
            None
        }
    }

    pub(crate) fn moved(&mut self, from: &str, to: &str) {
        self.add_unnamed("moved", vec![("from", Expr::address(from)), ("to", Expr::address(to))]);
    }

    /// Add a block to `import`, `moved` or `removed`.
    pub(crate) fn add_unnamed(&mut self, section: &'static str, arguments: Vec<(&'static str, Expr)>) {
        self.moves_and_imports.entry(section).or_default().push(Expr::of_pairs(arguments));
    }
}
