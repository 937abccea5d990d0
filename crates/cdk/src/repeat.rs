//! Repeated resources: `count` and `for_each`, with typed instances.

use std::marker::PhantomData;

use crate::block::{DataSource, Resource};
use crate::each::Each;
use crate::escape::push_key;
use crate::expr::{Expr, Target};
use crate::meta::Meta;
use crate::modules::ModuleCall;
use crate::stack::Stack;
use crate::value::{List, Map, Number, Ref, Val};

/// A resource, data source or module with `count`: its instances by position.
#[derive(Clone, Debug)]
pub struct Counted<R> {
    target: Target,
    refs: PhantomData<fn() -> R>,
}

/// A resource, data source or module with `for_each`: its instances by key.
#[derive(Clone, Debug)]
pub struct Keyed<R> {
    target: Target,
    refs: PhantomData<fn() -> R>,
}

impl<R: From<Target>> Counted<R> {
    /// One instance, from 0.
    pub fn at(&self, index: usize) -> R {
        self.target.at(format!("{}[{index}]", self.target.address())).into()
    }

    /// An attribute of all instances, in order.
    pub fn all<T>(&self, attribute: impl FnOnce(&R) -> Ref<T>) -> Ref<List<T>> {
        attribute(&self.target.at(format!("{}[*]", self.target.address())).into()).unchecked()
    }
}

impl<R: From<Target>> Keyed<R> {
    /// One instance by its key.
    pub fn at(&self, key: &str) -> R {
        let mut address = self.target.address().to_owned();
        push_key(&mut address, key);
        self.target.at(address).into()
    }

    /// An attribute of all instances, in the order of their keys.
    pub fn all<T>(&self, attribute: impl FnOnce(&R) -> Ref<T>) -> Ref<List<T>> {
        attribute(&self.target.at(format!("values({})[*]", self.target.address())).into()).unchecked()
    }
}

impl<R> AsRef<Target> for Counted<R> {
    fn as_ref(&self) -> &Target {
        &self.target
    }
}

impl<R> AsRef<Target> for Keyed<R> {
    fn as_ref(&self) -> &Target {
        &self.target
    }
}

impl Stack {
    /// Add `count` instances of a resource; `build` gets `count.index`.
    pub fn add_count<R: Resource>(
        &mut self,
        id: &str,
        count: impl Into<Val<Number>>,
        meta: Meta,
        build: impl FnOnce(Val<Number>) -> R,
    ) -> Counted<R::Refs> {
        let resource = build(Val::raw(Expr::hcl("count.index")));
        let meta = meta.repeat("count", count.into().into_expr());
        let target = self.add_with(id, resource, meta).as_ref().clone();
        Counted { target, refs: PhantomData }
    }

    /// Add an instance of a resource for each entry of a map.
    pub fn add_for_each<T, R: Resource>(
        &mut self,
        id: &str,
        entries: impl Into<Val<Map<T>>>,
        meta: Meta,
        build: impl FnOnce(Each<T>) -> R,
    ) -> Keyed<R::Refs> {
        self.keyed(id, entries.into().into_expr(), meta, build(Each::of("each")))
    }

    /// Add an instance of a resource for each of several different texts; `each.value` is `each.key`.
    pub fn add_for_each_of<R: Resource>(
        &mut self,
        id: &str,
        texts: impl Into<Val<List<String>>>,
        meta: Meta,
        build: impl FnOnce(Each<String>) -> R,
    ) -> Keyed<R::Refs> {
        let set = Expr::Call("toset", vec![texts.into().into_expr()]);
        self.keyed(id, set, meta, build(Each::of("each")))
    }

    /// Read `count` instances of a data source; `build` gets `count.index`.
    pub fn data_count<D: DataSource>(
        &mut self,
        id: &str,
        count: impl Into<Val<Number>>,
        meta: Meta,
        build: impl FnOnce(Val<Number>) -> D,
    ) -> Counted<D::Refs> {
        let data = build(Val::raw(Expr::hcl("count.index")));
        let meta = meta.repeat("count", count.into().into_expr());
        let target = self.data_with(id, data, meta).as_ref().clone();
        Counted { target, refs: PhantomData }
    }

    /// Read an instance of a data source for each entry of a map.
    pub fn data_for_each<T, D: DataSource>(
        &mut self,
        id: &str,
        entries: impl Into<Val<Map<T>>>,
        meta: Meta,
        build: impl FnOnce(Each<T>) -> D,
    ) -> Keyed<D::Refs> {
        let meta = meta.repeat("for_each", entries.into().into_expr());
        let target = self.data_with(id, build(Each::of("each")), meta).as_ref().clone();
        Keyed { target, refs: PhantomData }
    }

    /// Call a module `count` times; `build` gets `count.index`.
    pub fn module_count<M: ModuleCall>(
        &mut self,
        id: &str,
        count: impl Into<Val<Number>>,
        build: impl FnOnce(Val<Number>) -> M,
    ) -> Counted<M::Refs> {
        let module = build(Val::raw(Expr::hcl("count.index"))).into_module().repeat("count", count.into().into_expr());
        let target = self.module(id, module).as_ref().clone();
        Counted { target, refs: PhantomData }
    }

    /// Call a module for each entry of a map.
    pub fn module_for_each<T, M: ModuleCall>(
        &mut self,
        id: &str,
        entries: impl Into<Val<Map<T>>>,
        build: impl FnOnce(Each<T>) -> M,
    ) -> Keyed<M::Refs> {
        let module = build(Each::of("each")).into_module().repeat("for_each", entries.into().into_expr());
        let target = self.module(id, module).as_ref().clone();
        Keyed { target, refs: PhantomData }
    }

    fn keyed<R: Resource>(&mut self, id: &str, entries: Expr, meta: Meta, resource: R) -> Keyed<R::Refs> {
        let target = self.add_with(id, resource, meta.repeat("for_each", entries)).as_ref().clone();
        Keyed { target, refs: PhantomData }
    }
}
