//! Repeated blocks within a block: those that are given, and one for each entry of a collection that Terraform knows.

use crate::each::Each;
use crate::expr::Expr;
use crate::value::{List, Map, Val};

/// Repeated blocks: what an argument such as `ordered_cache_behavior` takes. An array or a `Vec` of blocks is one.
///
/// ```
/// # use oleoduto_cdk::{Block, BlockWriter, Blocks, Map, Number, Val};
/// # struct Rule(Val<Number>);
/// # impl Block for Rule {
/// #     fn write(&mut self, writer: &mut BlockWriter<'_>) {
/// #         writer.attr("port", &mut self.0);
/// #     }
/// # }
/// # fn ports() -> Val<Map<Number>> { Val::from([("web", 80), ("tls", 443)]) }
/// // One `rule` block for each entry of a map that only Terraform knows, after one that is always there.
/// let rules = Blocks::from([Rule(22.into())]).and(Blocks::for_each("port", ports(), |port| Rule(port.value())));
/// ```
#[derive(Clone, Debug)]
pub struct Blocks<B> {
    pub(crate) given: Vec<B>,
    pub(crate) dynamic: Vec<Dynamic<B>>,
}

/// A dynamic block of Terraform.
#[derive(Clone, Debug)]
pub(crate) struct Dynamic<B> {
    pub(crate) iterator: &'static str,
    pub(crate) entries: Expr,
    pub(crate) content: B,
}

impl<B> Blocks<B> {
    /// One block for each entry of a map. `iterator` is what `build` sees the entry as; a dynamic block within another one needs a
    /// name of its own.
    pub fn for_each<T>(iterator: &'static str, entries: impl Into<Val<Map<T>>>, build: impl FnOnce(Each<T>) -> B) -> Self {
        Self::dynamic(iterator, entries.into().into_expr(), build)
    }

    /// One block for each item of a list or set: the key is the position, or the item.
    pub fn for_each_of<T>(iterator: &'static str, items: impl Into<Val<List<T>>>, build: impl FnOnce(Each<T>) -> B) -> Self {
        Self::dynamic(iterator, items.into().into_expr(), build)
    }

    /// These, and others after them. Terraform writes those that are given before those of collections.
    #[must_use]
    pub fn and(mut self, others: impl Into<Self>) -> Self {
        let others = others.into();
        self.given.extend(others.given);
        self.dynamic.extend(others.dynamic);
        self
    }

    fn dynamic<T>(iterator: &'static str, entries: Expr, build: impl FnOnce(Each<T>) -> B) -> Self {
        let content = build(Each::of(iterator));
        Self { given: Vec::new(), dynamic: vec![Dynamic { iterator, entries, content }] }
    }
}

impl<B> Default for Blocks<B> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<B> From<Vec<B>> for Blocks<B> {
    fn from(given: Vec<B>) -> Self {
        Self { given, dynamic: Vec::new() }
    }
}

impl<B, const N: usize> From<[B; N]> for Blocks<B> {
    fn from(given: [B; N]) -> Self {
        Vec::from(given).into()
    }
}

impl<B> FromIterator<B> for Blocks<B> {
    fn from_iter<I: IntoIterator<Item = B>>(blocks: I) -> Self {
        Vec::from_iter(blocks).into()
    }
}
