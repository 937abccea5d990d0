//! Resources, data sources and ephemeral resources as a stack keeps them until synth, and aspects that visit them.

use crate::diagnostics::Diagnostic;
use crate::expr::{EPHEMERAL, Expr, Key, Target};
use crate::overrides;

/// The section of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Data,
    Ephemeral,
    Resource,
}

impl Section {
    pub(crate) const ALL: [Self; 3] = [Self::Data, Self::Ephemeral, Self::Resource];

    /// Its name in Terraform.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Ephemeral => "ephemeral",
            Self::Resource => "resource",
        }
    }

    /// What stands before the type in an address.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Data => "data.",
            Self::Ephemeral => EPHEMERAL,
            Self::Resource => "",
        }
    }
}

/// A resource, data source or ephemeral resource.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) section: Section,
    pub(crate) target: Target,
    pub(crate) type_name: Key,
    pub(crate) id: String,
    /// The construct path below the stack, where it differs from the id. Remote states have none and no metadata.
    pub(crate) path: Option<String>,
    pub(crate) has_metadata: bool,
    pub(crate) taggable: bool,
    /// The local name of its provider, if its binding says so.
    pub(crate) provider: Option<&'static str>,
    /// The paths of the arguments that are set and that Terraform stores nowhere; none if there are no bindings to say it.
    pub(crate) write_only: Option<Vec<String>>,
    pub(crate) body: Vec<(Key, Expr)>,
    pub(crate) overrides: Vec<(String, Expr)>,
}

impl Element {
    /// The construct path below the stack.
    pub(crate) fn construct_path(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.id)
    }

    /// The local name of its provider.
    pub(crate) fn provider(&self) -> &str {
        self.provider.unwrap_or_else(|| self.type_name.split('_').next().unwrap_or_default())
    }

    /// Whether an ephemeral value may stand at the path of an argument, as far as the bindings know.
    pub(crate) fn takes_ephemeral(&self, path: &str) -> bool {
        let Some(write_only) = self.write_only.as_ref().filter(|_| self.section != Section::Ephemeral) else { return true };
        let path = path.trim_start_matches('.');
        let mut own = write_only.iter().map(|own| own.trim_start_matches('.'));
        let overridden = || self.overrides.iter().any(|(own, _)| path.starts_with(own.split('.').next().unwrap_or_default()));
        own.any(|own| own == path)
            || ["connection", "dynamic", "provisioner"].iter().any(|meta| path.starts_with(meta))
            || overridden()
    }

    /// The place in messages: `s3/storage/aws_s3_bucket.data`.
    pub(crate) fn place(&self) -> String {
        place(self.target.stack(), self.construct_path(), self.section, &self.type_name)
    }
}

/// `stack/scope/aws_s3_bucket.id`, as messages name a block.
pub(crate) fn place(stack: &str, construct_path: &str, section: Section, type_name: &str) -> String {
    let (scope, id) = construct_path.rsplit_once('/').map_or(("", construct_path), |(scope, id)| (scope, id));
    let scope = if scope.is_empty() { String::new() } else { format!("{scope}/") };
    format!("{stack}/{scope}{}{type_name}.{id}", section.prefix())
}

/// What an aspect sees of a resource, data source or ephemeral resource, and how it changes it.
#[derive(Debug)]
pub struct ElementView<'a> {
    element: &'a mut Element,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> ElementView<'a> {
    pub(crate) fn new(element: &'a mut Element, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { element, diagnostics }
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        self.element.target.stack()
    }

    /// The Terraform type, such as `aws_s3_bucket`.
    pub fn type_name(&self) -> &str {
        &self.element.type_name
    }

    /// The Terraform address.
    pub fn address(&self) -> &str {
        self.element.target.address()
    }

    /// The place in messages: `stack/aws_s3_bucket.data`.
    pub fn place(&self) -> String {
        self.element.place()
    }

    /// Whether it is a data source.
    pub fn is_data(&self) -> bool {
        self.element.section == Section::Data
    }

    /// Whether it is an ephemeral resource.
    pub fn is_ephemeral(&self) -> bool {
        self.element.section == Section::Ephemeral
    }

    /// Whether it takes an argument `tags`.
    pub fn is_taggable(&self) -> bool {
        self.element.taggable
    }

    /// The value of an argument or block, if it is set.
    pub fn get(&self, name: &str) -> Option<&Expr> {
        self.element.body.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Set or remove (`Expr::Null`) what is at a dotted path, as [`Meta::override_at`](crate::Meta::override_at) does. A path that
    /// leads nowhere is reported.
    pub fn override_at(&mut self, path: &str, value: Expr) {
        if let Err(reason) = overrides::set(&mut self.element.body, path, value) {
            let place = format!("{}.{path}", self.place());
            self.diagnostics.push(overrides::refused(place, &reason));
        }
    }

    /// Report a mistake, a warning or a note. [`ElementView::place`] is its place.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Set an argument or block.
    pub fn set(&mut self, name: impl Into<Key>, value: Expr) {
        let name = name.into();
        match self.element.body.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.element.body.push((name, value)),
        }
    }
}

/// Add tags to everything that takes them; a tag that is already there stays.
pub(crate) fn add_tags(view: &mut ElementView<'_>, tags: &[(String, Expr)]) {
    if !view.is_taggable() {
        return;
    }
    let mut merged: Vec<(Key, Expr)> = match view.get("tags") {
        None => Vec::new(),
        Some(Expr::Object(own)) => own.clone(),
        // An expression: Terraform merges what synth can't.
        Some(other) => {
            let ours = Expr::of_pairs(tags.iter().cloned());
            let merge = Expr::Call("merge", vec![ours, other.clone()]);
            view.set("tags", merge);
            return;
        }
    };
    for (key, value) in tags {
        if !merged.iter().any(|(own, _)| own == key) {
            merged.push((key.clone().into(), value.clone()));
        }
    }
    view.set("tags", Expr::Object(merged));
}
