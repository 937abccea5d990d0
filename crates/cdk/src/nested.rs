//! What can be read within blocks and objects: lists, sets and maps of them, with typed attributes.

use std::fmt;
use std::marker::PhantomData;

use crate::escape::push_key;
use crate::expr::Target;
use crate::value::{Any, List, Ref, Val};

/// A place within a resource or data source, such as `vpc_config[0]`.
#[derive(Clone, Debug)]
pub struct Nested {
    target: Target,
    path: String,
}

impl Nested {
    /// The attribute or block of a target.
    pub fn new(target: &Target, name: &str) -> Self {
        Self { target: target.clone(), path: name.to_owned() }
    }

    /// An attribute or block within.
    pub fn inner(&self, name: &str) -> Self {
        self.with(&format!(".{name}"))
    }

    /// The value of an attribute within.
    pub fn value<T>(&self, name: &str) -> Ref<T> {
        Ref::new(&self.target, self.inner(name).path)
    }

    /// The value of a sensitive attribute within.
    pub fn sensitive<T>(&self, name: &str) -> Ref<T> {
        Ref::sensitive(&self.target, self.inner(name).path)
    }

    /// All of it, as one value.
    pub fn whole(&self) -> Ref<Any> {
        Ref::new(&self.target, self.path.clone())
    }

    fn with(&self, step: &str) -> Self {
        Self { target: self.target.clone(), path: format!("{}{step}", self.path) }
    }
}

macro_rules! collections {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name<R> {
            at: Nested,
            refs: PhantomData<fn() -> R>,
        }

        impl<R> From<Nested> for $name<R> {
            fn from(at: Nested) -> Self {
                Self { at, refs: PhantomData }
            }
        }

        impl<R> Clone for $name<R> {
            fn clone(&self) -> Self {
                self.at.clone().into()
            }
        }

        impl<R> fmt::Debug for $name<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.at.fmt(f)
            }
        }

        impl<R> $name<R> {
            /// All of it, as one value.
            pub fn whole(&self) -> Ref<Any> {
                self.at.whole()
            }
        }
    )+};
}

collections! {
    /// A list of blocks or objects; a block of which there is at most one is such a list, too.
    NestedList;
    /// A set of blocks or objects, which have no positions.
    NestedSet;
    /// A map of blocks or objects.
    NestedMap;
}

impl<R: From<Nested>> NestedList<R> {
    /// One of them, from 0.
    pub fn at(&self, index: usize) -> R {
        self.at.with(&format!("[{index}]")).into()
    }

    /// An attribute of all of them, in order.
    pub fn all<T>(&self, attribute: impl FnOnce(&R) -> Ref<T>) -> Val<List<T>> {
        splat(&self.at, attribute)
    }
}

impl<R: From<Nested>> NestedSet<R> {
    /// An attribute of all of them, in the order that Terraform gives them.
    pub fn all<T>(&self, attribute: impl FnOnce(&R) -> Ref<T>) -> Val<List<T>> {
        splat(&self.at, attribute)
    }
}

impl<R: From<Nested>> NestedMap<R> {
    /// One of them.
    pub fn key(&self, key: &str) -> R {
        let mut step = String::new();
        push_key(&mut step, key);
        self.at.with(&step).into()
    }
}

fn splat<R: From<Nested>, T>(at: &Nested, attribute: impl FnOnce(&R) -> Ref<T>) -> Val<List<T>> {
    Val::raw(attribute(&at.with("[*]").into()).into())
}
