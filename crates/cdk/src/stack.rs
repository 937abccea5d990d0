//! A stack: one Terraform root module.

use std::collections::BTreeMap;
use std::path::Path as FsPath;
use std::sync::Arc;

use crate::asset::Asset;
use crate::backend::Backend;
use crate::block::{BlockWriter, DataSource, Provider, Resource};
use crate::diagnostics::{Diagnostic, Path};
use crate::element::{Element, Kind, place};
use crate::expr::{Expr, Key, Target};
use crate::meta::{Meta, ProviderAlias};
use crate::names;
use crate::value::Val;

/// One Terraform root module: resources, data sources, outputs, providers and a backend.
///
/// Ids are construct paths: [`Stack::scope`] opens a level, and the logical id of what is added in it carries a hash
/// of the whole path, as in cdktf. An id must be new for its type.
#[derive(Debug)]
pub struct Stack {
    pub(crate) name: Arc<str>,
    pub(crate) backend: Backend,
    scope: Vec<String>,
    pub(crate) elements: Vec<Element>,
    /// Sections that hold blocks by name: `module`, `output`, `variable`.
    pub(crate) named: BTreeMap<&'static str, Vec<Named>>,
    /// Sections that hold blocks in a row: `import`, `moved`, `removed`.
    pub(crate) rows: BTreeMap<&'static str, Vec<Expr>>,
    pub(crate) locals: Vec<(Key, Expr)>,
    pub(crate) providers: BTreeMap<Key, Vec<Expr>>,
    pub(crate) required_providers: BTreeMap<Key, Expr>,
    pub(crate) dependencies: Vec<String>,
    pub(crate) overrides: Vec<(String, Expr)>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A block with a name of its own.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) body: Vec<(Key, Expr)>,
}

impl Named {
    /// An output or a variable: they are the stack's interface, so their names are what the user wrote, in any scope.
    pub(crate) fn plain(name: &str, body: Vec<(Key, Expr)>) -> Self {
        Self { id: names::strip(name), path: name.to_owned(), body }
    }
}

impl Stack {
    pub(crate) fn new(name: &str, backend: Backend) -> Self {
        Self {
            name: name.into(),
            backend,
            scope: Vec::new(),
            elements: Vec::new(),
            named: BTreeMap::new(),
            rows: BTreeMap::new(),
            locals: Vec::new(),
            providers: BTreeMap::new(),
            required_providers: BTreeMap::new(),
            dependencies: Vec::new(),
            overrides: Vec::new(),
            assets: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Open a level of the construct tree: what `build` adds gets ids of its own there.
    ///
    /// Renaming a scope changes the ids of everything in it; synth warns, and [`Meta::moved_from`] or
    /// [`Meta::logical_id`] keeps the resources.
    pub fn scope<T>(&mut self, id: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        self.scope.push(id.to_owned());
        let result = build(self);
        self.scope.pop();
        result
    }

    /// Configure a provider.
    pub fn provider<P: Provider>(&mut self, provider: P) {
        self.configure(provider, None);
    }

    /// Configure a provider once more under an alias, for [`Meta::provider`].
    pub fn provider_alias<P: Provider>(&mut self, alias: &str, provider: P) -> ProviderAlias {
        if !names::is_plain(alias) || alias.is_empty() {
            let place = format!("{}/provider.{}", self.name, P::NAME);
            let help = "use letters, digits, `_` and `-`";
            self.report(Diagnostic::error(place, format!("`{alias}` can't be the alias of a provider"), help));
        }
        self.configure(provider, Some(alias));
        ProviderAlias { stack: self.name.to_string(), address: format!("{}.{alias}", P::NAME) }
    }

    fn configure<P: Provider>(&mut self, mut provider: P, alias: Option<&str>) {
        let root = format!("{}/provider.{}", self.name, P::NAME);
        let mut body = BlockWriter::collect(&mut provider, Path::root(&root), &mut self.diagnostics);
        let alias_of = |body: &Expr| match body {
            Expr::Object(pairs) => {
                pairs.iter().find(|(key, _)| key == "alias").and_then(|(_, value)| value.literal().map(str::to_owned))
            }
            _ => None,
        };
        let configured = self.providers.entry(P::NAME.into()).or_default();
        if configured.iter().any(|other| alias_of(other).as_deref() == alias) {
            let message = alias.map_or_else(
                || format!("provider `{}` is configured twice", P::NAME),
                |alias| format!("provider `{}` is configured twice with the alias `{alias}`", P::NAME),
            );
            self.diagnostics.push(Diagnostic::error(&root, message, "give one of them an alias of its own"));
        }
        if let Some(alias) = alias {
            body.push(("alias".into(), alias.into()));
        }
        configured.push(Expr::Object(body));
        self.required_providers
            .entry(P::NAME.into())
            .or_insert_with(|| Expr::object([("source", Expr::from(P::SOURCE)), ("version", P::VERSION.into())]));
    }

    /// Ask for a provider by source and version constraint: one without bindings, or another version than theirs.
    pub fn require_provider(&mut self, name: &str, source: &str, version: &str) {
        let entry = Expr::object([("source", Expr::from(source)), ("version", version.into())]);
        self.required_providers.insert(name.to_owned().into(), entry);
    }

    /// Add a resource; the id must be new for its type in this scope.
    pub fn add<R: Resource>(&mut self, id: &str, resource: R) -> R::Refs {
        self.add_with(id, resource, Meta::new())
    }

    /// Add a resource with meta-arguments.
    pub fn add_with<R: Resource>(&mut self, id: &str, resource: R, meta: Meta) -> R::Refs {
        let body = self.collect(Kind::Resource, R::TYPE, id, resource);
        self.insert(Kind::Resource, R::TYPE.into(), id, body, meta, R::TAGGABLE).into()
    }

    /// Add a data source; the id must be new for its type in this scope.
    pub fn data<D: DataSource>(&mut self, id: &str, data: D) -> D::Refs {
        self.data_with(id, data, Meta::new())
    }

    /// Add a data source with meta-arguments.
    pub fn data_with<D: DataSource>(&mut self, id: &str, data: D, meta: Meta) -> D::Refs {
        let body = self.collect(Kind::Data, D::TYPE, id, data);
        self.insert(Kind::Data, D::TYPE.into(), id, body, meta, false).into()
    }

    /// Add a resource of a type without bindings: the escape hatch. Read its attributes with [`Target::attr`].
    pub fn add_raw<K: Into<Key>>(
        &mut self,
        type_name: &str,
        id: &str,
        arguments: impl IntoIterator<Item = (K, Expr)>,
        meta: Meta,
    ) -> Target {
        let body = arguments.into_iter().map(|(key, value)| (key.into(), value)).collect();
        self.insert(Kind::Resource, type_name.to_owned().into(), id, body, meta, false)
    }

    /// Apply another stack first, though no reference says so.
    pub fn depends_on_stack(&mut self, name: &str) {
        self.dependencies.push(name.to_owned());
    }

    /// Set anything outside of `resource` and `data`, such as `terraform.required_version`: a dotted path. Overrides
    /// come last and win.
    pub fn override_at(&mut self, path: &str, value: Expr) {
        self.overrides.push((path.to_owned(), value));
    }

    /// Carry a file with the stack; returns its path relative to the stack's folder.
    pub fn asset(&mut self, asset: Asset) -> String {
        let path = asset.path();
        if !self.assets.iter().any(|known| known.relative == asset.relative) {
            self.assets.push(asset);
        }
        path
    }

    /// Carry a file with the stack. A file that can't be read is reported at synth with everything else.
    pub fn asset_file(&mut self, id: &str, path: &FsPath) -> Val<String> {
        match Asset::from_file(id, path) {
            Ok(asset) => Val::raw(Expr::Str(self.asset(asset))),
            Err(error) => {
                let place = format!("{}/asset.{id}", self.name);
                self.report(Diagnostic::error(place, error.to_string(), "correct the path, or build the file first"));
                // Something that stands for it, so that the mistake is told once.
                Val::raw(Expr::Str(path.display().to_string()))
            }
        }
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

    fn collect(&mut self, kind: Kind, type_name: &str, id: &str, mut block: impl crate::Block) -> Vec<(Key, Expr)> {
        // The place is only text when something is wrong: a first run costs nothing when all is well.
        let mut found = Vec::new();
        let body = BlockWriter::collect(&mut block, Path::root(""), &mut found);
        if !found.is_empty() {
            let place = place(&self.name, &self.construct_path(id), kind, type_name);
            self.diagnostics.extend(found.into_iter().map(|mut diagnostic| {
                diagnostic.path.insert_str(0, &place);
                diagnostic
            }));
        }
        body
    }

    pub(crate) fn insert(
        &mut self,
        kind: Kind,
        type_name: Key,
        id: &str,
        mut body: Vec<(Key, Expr)>,
        meta: Meta,
        taggable: bool,
    ) -> Target {
        let plain = self.scope.is_empty() && meta.id.is_none() && names::is_plain(id);
        let logical = match &meta.id {
            _ if plain => id.to_owned(),
            Some(own) => names::strip(own),
            None => self.logical_id(id),
        };
        let path = (!plain).then(|| self.construct_path(id));
        let data = if kind == Kind::Data { "data." } else { "" };
        let target = Target::new(&self.name, [data, &type_name, ".", &logical].concat());
        if logical.is_empty() {
            let place = place(&self.name, path.as_deref().unwrap_or(id), kind, &type_name);
            let help = "use letters, digits, `_` and `-`";
            self.diagnostics.push(Diagnostic::error(place, format!("`{id}` leaves nothing of an id"), help));
        }
        meta.write(&mut body);
        self.check_meta(&meta, &target);
        for from in &meta.moved_from {
            self.moved(from, &target);
        }
        self.elements.push(Element {
            kind,
            target: target.clone(),
            type_name,
            id: logical,
            path,
            has_metadata: true,
            taggable,
            body,
            overrides: meta.overrides,
        });
        target
    }

    fn check_meta(&mut self, meta: &Meta, target: &Target) {
        let foreign = meta.depends_on.iter().filter(|other| other.stack() != &*self.name);
        for other in foreign {
            self.diagnostics.push(Diagnostic::error(
                format!("{}/{}", self.name, target.address()),
                format!("depends_on names `{}` of stack `{}`", other.address(), other.stack()),
                "stacks wait for each other as wholes: use one of its attributes, or Stack::depends_on_stack",
            ));
        }
        if let Some(alias) = meta.provider.as_ref().filter(|alias| *alias.stack != *self.name) {
            self.diagnostics.push(Diagnostic::error(
                format!("{}/{}", self.name, target.address()),
                format!("provider `{}` is configured in stack `{}`", alias.address, alias.stack),
                "configure it in this stack too",
            ));
        }
    }
}
