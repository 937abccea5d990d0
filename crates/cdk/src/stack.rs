//! A stack: one Terraform root module.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::asset::Asset;
use crate::backend::Backend;
use crate::block::{Block, BlockWriter, DataSource, Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::expr::Target;
use crate::names;
use crate::resolve::Resolver;
use crate::value::Val;

/// Type, then id, then body.
type Section = BTreeMap<String, BTreeMap<String, Json>>;

/// Arguments that Terraform gives every resource.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    depends_on: Vec<Target>,
    prevent_destroy: bool,
}

impl Meta {
    /// No meta-arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wait for a resource that no reference names.
    #[must_use]
    pub fn depends_on(mut self, target: &impl AsRef<Target>) -> Self {
        self.depends_on.push(target.as_ref().clone());
        self
    }

    /// Make Terraform refuse a plan that destroys it.
    #[must_use]
    pub fn prevent_destroy(mut self) -> Self {
        self.prevent_destroy = true;
        self
    }
}

/// One Terraform root module: resources, data sources, outputs, a provider and a backend.
#[derive(Debug)]
pub struct Stack {
    pub(crate) name: Arc<str>,
    pub(crate) backend: Backend,
    pub(crate) resolver: Resolver,
    pub(crate) resources: Section,
    pub(crate) data: Section,
    pub(crate) outputs: BTreeMap<String, Json>,
    pub(crate) providers: BTreeMap<String, Vec<Json>>,
    pub(crate) required_providers: BTreeMap<String, Json>,
    pub(crate) assets: Vec<Asset>,
}

impl Stack {
    pub(crate) fn new(name: &str, backend: Backend) -> Self {
        Self {
            name: name.into(),
            backend,
            resolver: Resolver::new(name),
            resources: Section::new(),
            data: Section::new(),
            outputs: BTreeMap::new(),
            providers: BTreeMap::new(),
            required_providers: BTreeMap::new(),
            assets: Vec::new(),
        }
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Configure a provider.
    pub fn provider<P: Provider>(&mut self, provider: &P) {
        let body = self.body(&format!("{}/provider.{}", self.name, P::NAME), provider);
        self.providers.entry(P::NAME.to_owned()).or_default().push(Json::Object(body));
        self.required_providers.insert(P::NAME.to_owned(), json!({ "source": P::SOURCE, "version": P::VERSION }));
    }

    /// Add a resource; the id must be new for its type in this stack.
    pub fn add<R: Resource>(&mut self, id: &str, resource: R) -> R::Refs {
        self.add_with(id, resource, &Meta::new())
    }

    /// Add a resource with meta-arguments.
    pub fn add_with<R: Resource>(&mut self, id: &str, resource: R, meta: &Meta) -> R::Refs {
        let mut body = self.body(&format!("{}/{}.{id}", self.name, R::TYPE), &resource);
        if !meta.depends_on.is_empty() {
            let addresses: Vec<_> = meta.depends_on.iter().map(|target| target.address.to_string()).collect();
            for target in meta.depends_on.iter().filter(|target| *target.stack != *self.name) {
                self.resolver.report(Diagnostic::error(
                    format!("{}/{}.{id}", self.name, R::TYPE),
                    format!("depends_on names `{}` of stack `{}`", target.address, target.stack),
                    "stacks wait for each other as wholes: use one of its attributes instead",
                ));
            }
            body.insert("depends_on".to_owned(), json!(addresses));
        }
        if meta.prevent_destroy {
            body.insert("lifecycle".to_owned(), json!({ "prevent_destroy": true }));
        }
        let id = self.insert(false, R::TYPE, id, body);
        Target { stack: self.name.clone(), address: format!("{}.{id}", R::TYPE).into() }.into()
    }

    /// Add a data source; the id must be new for its type in this stack.
    pub fn data<D: DataSource>(&mut self, id: &str, data: D) -> D::Refs {
        let body = self.body(&format!("{}/data.{}.{id}", self.name, D::TYPE), &data);
        let id = self.insert(true, D::TYPE, id, body);
        Target { stack: self.name.clone(), address: format!("data.{}.{id}", D::TYPE).into() }.into()
    }

    /// Declare an output.
    pub fn output<T>(&mut self, name: &str, value: impl Into<Val<T>>) {
        let value: Val<T> = value.into();
        let path = format!("{}/output.{name}", self.name);
        let json = self.resolver.json(value.expr(), &path);
        if self.outputs.insert(name.to_owned(), json!({ "value": json })).is_some() {
            self.resolver.report(Diagnostic::error(
                path,
                format!("output `{name}` is declared twice"),
                "give one of them another name",
            ));
        }
    }

    /// Carry a file with the stack; returns its path relative to the stack's folder.
    pub fn asset(&mut self, asset: Asset) -> String {
        let path = asset.path();
        self.assets.push(asset);
        path
    }

    /// Report a mistake that only the caller can see.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.resolver.report(diagnostic);
    }

    fn body(&mut self, path: &str, block: &impl Block) -> JsonMap<String, Json> {
        let mut writer = BlockWriter::new(&mut self.resolver, path.to_owned());
        block.write(&mut writer);
        writer.finish()
    }

    fn insert(&mut self, is_data: bool, kind: &str, id: &str, mut body: JsonMap<String, Json>) -> String {
        let unique = names::strip(id);
        body.insert("//".to_owned(), json!({ "metadata": { "path": format!("{}/{id}", self.name), "uniqueId": unique } }));
        let section = if is_data { &mut self.data } else { &mut self.resources };
        if section.entry(kind.to_owned()).or_default().insert(unique.clone(), Json::Object(body)).is_some() {
            self.resolver.report(Diagnostic::error(
                format!("{}/{kind}.{id}", self.name),
                format!("`{kind}` with id `{unique}` is declared twice in stack `{}`", self.name),
                "give one of them another id",
            ));
        }
        unique
    }
}
