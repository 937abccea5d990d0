//! The entry of a collection for which Terraform repeats a block.

use std::marker::PhantomData;

use crate::expr::Expr;
use crate::value::Val;

/// The key and value of an entry, as an instance of a `for_each` or a dynamic block sees it.
#[derive(Debug)]
pub struct Each<T> {
    iterator: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Each<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Each<T> {}

impl<T> Each<T> {
    pub(crate) fn of(iterator: &'static str) -> Self {
        Self { iterator, value: PhantomData }
    }

    /// `each.key`; the position, if the collection is a list.
    pub fn key(&self) -> Val<String> {
        Val::raw(Expr::hcl(format!("{}.key", self.iterator)))
    }

    /// `each.value`.
    pub fn value(&self) -> Val<T> {
        Val::raw(Expr::hcl(format!("{}.value", self.iterator)))
    }
}
