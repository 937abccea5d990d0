//! Parts of attributes: elements of lists and maps, and attributes of all elements.

use std::borrow::Cow;

use crate::escape::push_key;
use crate::expr::Reference;
use crate::value::{Any, List, Map, Ref};

impl<T> Ref<T> {
    /// The same reference with more steps at its end.
    fn further<U>(&self, step: impl FnOnce(&mut String)) -> Ref<U> {
        let reference = self.reference();
        let mut path = reference.path.clone().into_owned();
        step(&mut path);
        Ref::of(Reference { path: Cow::Owned(path), ..reference.clone() })
    }

    fn index<U>(&self, index: usize) -> Ref<U> {
        self.further(|path| path.extend(["[", &index.to_string(), "]"]))
    }
}

impl<T> Ref<List<T>> {
    /// An element of a list, from 0. A set has none: use `func::tolist` or `func::one`.
    pub fn at(&self, index: usize) -> Ref<T> {
        self.index(index)
    }

    /// An attribute of all elements, in their order: `list[*].attribute`.
    pub fn all<U>(&self, attribute: impl FnOnce(&Ref<T>) -> Ref<U>) -> Ref<List<U>> {
        attribute(&self.further(|path| path.push_str("[*]"))).unchecked()
    }
}

impl<T> Ref<Map<T>> {
    /// The value of a key.
    pub fn key(&self, key: &str) -> Ref<T> {
        self.further(|path| push_key(path, key))
    }
}

impl Ref<Any> {
    /// An element of a list, from 0.
    pub fn at(&self, index: usize) -> Self {
        self.index(index)
    }

    /// The value of a key of a map, or an attribute of an object. Give it its type with [`Ref::unchecked`].
    pub fn key(&self, key: &str) -> Self {
        self.further(|path| push_key(path, key))
    }

    /// A part of all elements of a list, in their order.
    pub fn all<U>(&self, part: impl FnOnce(&Self) -> Ref<U>) -> Ref<List<U>> {
        part(&self.further(|path| path.push_str("[*]"))).unchecked()
    }
}
