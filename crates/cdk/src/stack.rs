//! A stack: one Terraform root module.

use std::sync::Arc;

use crate::asset::Asset;
use crate::backend::Backend;
use crate::block::{Block, BlockWriter, DataSource, Found, Resource};
use crate::contents::Contents;
use crate::diagnostics::{Diagnostic, Path};
use crate::element::{Element, Section, place};
use crate::expr::{Expr, Key, Target};
use crate::meta::Meta;
use crate::names;
use crate::view::StackView;

/// One Terraform root module: resources, data sources, outputs, providers and a backend.
///
/// Ids are construct paths: [`Stack::scope`] opens a level, and the logical id of what is added in it carries a hash
/// of the whole path, as in cdktf. An id must be new for its type.
#[derive(Debug)]
pub struct Stack {
    name: Arc<str>,
    backend: Backend,
    scope: Vec<String>,
    pub(crate) contents: Contents,
    /// Stacks that must be applied before, even without a reference to them.
    dependencies: Vec<String>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The checks of its providers.
    pub(crate) checks: Vec<fn(&StackView<'_>) -> Vec<Diagnostic>>,
}

/// A resource, data source or ephemeral resource to be added.
struct Declaration<'a> {
    section: Section,
    type_name: Key,
    id: &'a str,
    body: Vec<(Key, Expr)>,
    meta: Meta,
    taggable: bool,
    provider: Option<&'static str>,
    /// The arguments that Terraform stores nowhere; none if nobody knows them.
    write_only: Option<Vec<String>>,
}

/// What bindings say of a type.
pub(crate) struct TypeOf {
    pub(crate) section: Section,
    pub(crate) type_name: &'static str,
    pub(crate) taggable: bool,
    pub(crate) provider: Option<&'static str>,
}

impl Stack {
    pub(crate) fn new(name: &str, backend: Backend) -> Self {
        Self {
            name: name.into(),
            backend,
            scope: Vec::new(),
            contents: Contents::default(),
            dependencies: Vec::new(),
            assets: Vec::new(),
            diagnostics: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was declared so far.
    pub fn view(&self) -> StackView<'_> {
        StackView::new(&self.name, &self.contents)
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Stacks that must be applied before, even without a reference to them.
    pub(crate) fn dependencies(&self) -> &[String] {
        &self.dependencies
    }

    pub(crate) fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.diagnostics)
    }

    /// What its providers find wrong with resources together.
    pub(crate) fn check(&self) -> impl Iterator<Item = Diagnostic> {
        let view = self.view();
        self.checks.iter().flat_map(move |check| check(&view))
    }

    pub(crate) fn into_assets(self) -> Vec<Asset> {
        self.assets
    }

    /// A block of this stack.
    pub(crate) fn target(&self, address: String) -> Target {
        Target::new(&self.name, address)
    }

    /// Open a level of the construct tree: ids that `build` adds are unique within it.
    ///
    /// Renaming a scope changes the ids of everything in it; synth warns, and [`Meta::moved_from`] or
    /// [`Meta::logical_id`] keeps the resources.
    pub fn scope<T>(&mut self, id: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        self.scope.push(id.to_owned());
        let result = build(self);
        self.scope.pop();
        result
    }

    /// Add a resource; the id must be new for its type in this scope.
    pub fn add<R: Resource>(&mut self, id: &str, resource: R) -> R::Refs {
        self.add_with(id, resource, Meta::new())
    }

    /// Add a resource with meta-arguments.
    pub fn add_with<R: Resource>(&mut self, id: &str, resource: R, meta: Meta) -> R::Refs {
        let (section, type_name) = (Section::Resource, R::TYPE);
        self.add_typed(TypeOf { section, type_name, taggable: R::TAGGABLE, provider: R::PROVIDER }, id, resource, meta).into()
    }

    /// Add a data source; the id must be new for its type in this scope.
    pub fn data<D: DataSource>(&mut self, id: &str, data: D) -> D::Refs {
        self.data_with(id, data, Meta::new())
    }

    /// Add a data source with meta-arguments.
    pub fn data_with<D: DataSource>(&mut self, id: &str, data: D, meta: Meta) -> D::Refs {
        let (section, type_name) = (Section::Data, D::TYPE);
        self.add_typed(TypeOf { section, type_name, taggable: false, provider: D::PROVIDER }, id, data, meta).into()
    }

    /// Add a resource of a type without bindings: the escape hatch. Read its attributes with [`Target::attr`].
    pub fn add_raw<K: Into<Key>>(
        &mut self,
        type_name: &str,
        id: &str,
        arguments: impl IntoIterator<Item = (K, Expr)>,
        meta: Meta,
    ) -> Target {
        self.add_untyped(Section::Resource, type_name, id, arguments, meta)
    }

    /// Add a data source of a type without bindings: the escape hatch. Read its attributes with [`Target::attr`].
    pub fn data_raw<K: Into<Key>>(
        &mut self,
        type_name: &str,
        id: &str,
        arguments: impl IntoIterator<Item = (K, Expr)>,
        meta: Meta,
    ) -> Target {
        self.add_untyped(Section::Data, type_name, id, arguments, meta)
    }

    pub(crate) fn add_untyped<K: Into<Key>>(
        &mut self,
        section: Section,
        type_name: &str,
        id: &str,
        arguments: impl IntoIterator<Item = (K, Expr)>,
        meta: Meta,
    ) -> Target {
        let body = arguments.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let type_name = type_name.to_owned().into();
        self.insert(Declaration { section, type_name, id, body, meta, taggable: false, provider: None, write_only: None })
    }

    /// Apply another stack before this one, even without a reference to it.
    pub fn depends_on_stack(&mut self, name: &str) {
        self.dependencies.push(name.to_owned());
    }

    /// Set anything outside of `resource`, `data` and `ephemeral`, such as `terraform.required_version`: a dotted path. Overrides
    /// come last and win.
    pub fn override_at(&mut self, path: &str, value: Expr) {
        self.contents.overrides.push((path.to_owned(), value));
    }

    /// Report a mistake, a warning or a note that only the caller can see. Warnings and notes become annotations of
    /// the manifest.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The construct path of an id in the current scope, below the stack.
    pub(crate) fn construct_path(&self, id: &str) -> String {
        let mut path = self.scope.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        path + id
    }

    /// The logical id of an id in the current scope.
    pub(crate) fn logical_id(&self, id: &str) -> String {
        let path: Vec<&str> = self.scope.iter().map(String::as_str).chain([id]).collect();
        names::logical_id(&path)
    }

    pub(crate) fn add_typed(&mut self, kind: TypeOf, id: &str, mut block: impl Block, meta: Meta) -> Target {
        let TypeOf { section, type_name, taggable, provider } = kind;
        let mut found = Found::default();
        let body = BlockWriter::collect(&mut block, Path::root(""), &mut found);
        // The place is formatted only if there is a mistake.
        if !found.diagnostics.is_empty() {
            let place = place(&self.name, &self.construct_path(id), section, type_name);
            self.diagnostics.extend(found.diagnostics.into_iter().map(|mut diagnostic| {
                diagnostic.path.insert_str(0, &place);
                diagnostic
            }));
        }
        let (type_name, write_only) = (type_name.into(), Some(found.write_only));
        self.insert(Declaration { section, type_name, id, body, meta, taggable, provider, write_only })
    }

    fn insert(&mut self, declaration: Declaration<'_>) -> Target {
        let Declaration { section, type_name, id, mut body, meta, taggable, provider, write_only } = declaration;
        let plain = self.scope.is_empty() && meta.id.is_none() && names::is_plain(id);
        let logical = match &meta.id {
            _ if plain => id.to_owned(),
            Some(own) => names::strip(own),
            None => self.logical_id(id),
        };
        let path = (!plain).then(|| self.construct_path(id));
        let target = self.target([section.prefix(), &type_name, ".", &logical].concat());
        if !names::is_identifier(&logical) {
            let place = place(&self.name, path.as_deref().unwrap_or(id), section, &type_name);
            self.diagnostics.push(names::refused(place, id, &logical));
        }
        meta.write(&mut body);
        if let Some(name) = provider
            && meta.provider.is_none()
            && type_name.split('_').next() != Some(name)
        {
            body.push(("provider".into(), name.into()));
        }
        self.check_meta(&meta, &target);
        for from in &meta.moved_from {
            self.contents.moved(from, target.address());
        }
        self.contents.elements.push(Element {
            section,
            target: target.clone(),
            type_name,
            id: logical,
            path,
            has_metadata: true,
            taggable,
            provider,
            write_only,
            body,
            overrides: meta.overrides,
        });
        target
    }

    fn check_meta(&mut self, meta: &Meta, target: &Target) {
        if meta.depends_on.is_empty() && meta.triggers.is_empty() && meta.provider.is_none() {
            return;
        }
        let place = format!("{}/{}", self.name, target.address());
        let help = "`depends_on` works only within one stack: use one of its attributes, or Stack::depends_on_stack";
        meta.depends_on.iter().for_each(|other| self.report_foreign(&place, "depends_on", other, help));
        let help = "only a change in the same stack can replace a resource: keep what changes in this stack too";
        meta.triggers.iter().for_each(|other| self.report_foreign(&place, "replace_triggered_by", other, help));
        meta.provider.iter().for_each(|alias| self.check_alias(&place, alias));
    }

    /// Refuse a block of another stack where only an address of this one can stand.
    pub(crate) fn report_foreign(&mut self, place: &str, argument: &str, target: &Target, help: &str) {
        if target.stack() != &*self.name {
            let message = format!("{argument} names `{}` of stack `{}`", target.address(), target.stack());
            self.diagnostics.push(Diagnostic::error(place, message, help));
        }
    }
}
