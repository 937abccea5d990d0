//! What a stack holds until it is rendered.

use std::collections::BTreeMap;

use crate::element::Element;
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
    pub(crate) fn moved(&mut self, from: &str, to: &str) {
        self.add_unnamed("moved", vec![("from", Expr::address(from)), ("to", Expr::address(to))]);
    }

    /// Add a block to `import`, `moved` or `removed`.
    pub(crate) fn add_unnamed(&mut self, section: &'static str, arguments: Vec<(&'static str, Expr)>) {
        self.moves_and_imports.entry(section).or_default().push(Expr::of_pairs(arguments));
    }
}
