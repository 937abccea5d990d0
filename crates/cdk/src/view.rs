//! What the check of a provider and a guard see of a stack.

use crate::contents::{Contents, NamedBlock};
use crate::element::{Element, Section};
use crate::expr::{Expr, Key, Reference, Target};

/// A stack with everything that was declared in it, after aspects and overrides.
#[derive(Clone, Copy, Debug)]
pub struct StackView<'a> {
    name: &'a str,
    contents: &'a Contents,
}

impl<'a> StackView<'a> {
    pub(crate) fn new(name: &'a str, contents: &'a Contents) -> Self {
        Self { name, contents }
    }

    /// The stack's name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// An argument of the first configuration of a provider, if it is set.
    pub fn provider_argument(&self, provider: &str, argument: &str) -> Option<&'a Expr> {
        self.providers().find(|known| known.name == provider)?.get(argument)
    }

    /// The configurations of providers, in the order of their names.
    pub fn providers(&self) -> impl Iterator<Item = ProviderView<'a>> + use<'a> {
        let (stack, all) = (self.name, &self.contents.providers);
        all.iter().flat_map(move |(name, bodies)| bodies.iter().map(move |body| ProviderView { stack, name, body }))
    }

    /// The configuration of a provider that a resource or data source uses, if the stack has it.
    pub fn provider_of(&self, resource: &ResourceView<'_>) -> Option<ProviderView<'a>> {
        let address = resource.provider();
        let (name, alias) = address.split_once('.').map_or((address, None), |(name, alias)| (name, Some(alias)));
        self.providers().find(|known| known.name() == name && known.alias() == alias)
    }

    /// The resources, in the order of declaration.
    pub fn resources(&self) -> impl Iterator<Item = ResourceView<'a>> + use<'a> {
        self.elements(Section::Resource)
    }

    /// The data sources, in the order of declaration.
    pub fn data(&self) -> impl Iterator<Item = ResourceView<'a>> + use<'a> {
        self.elements(Section::Data)
    }

    /// The ephemeral resources, in the order of declaration.
    pub fn ephemeral(&self) -> impl Iterator<Item = ResourceView<'a>> + use<'a> {
        self.elements(Section::Ephemeral)
    }

    /// The declared outputs. Those that carry references to other stacks are not among them.
    pub fn outputs(&self) -> impl Iterator<Item = NamedView<'a>> + use<'a> {
        self.named("output")
    }

    /// The input variables.
    pub fn variables(&self) -> impl Iterator<Item = NamedView<'a>> + use<'a> {
        self.named("variable")
    }

    /// The calls of modules.
    pub fn modules(&self) -> impl Iterator<Item = NamedView<'a>> + use<'a> {
        self.named("module")
    }

    fn elements(&self, section: Section) -> impl Iterator<Item = ResourceView<'a>> + use<'a> {
        self.contents.elements.iter().filter(move |element| element.section == section).map(ResourceView)
    }

    fn named(&self, section: &'static str) -> impl Iterator<Item = NamedView<'a>> + use<'a> {
        let stack = self.name;
        self.contents.named.get(section).into_iter().flatten().map(move |block| NamedView { stack, section, block })
    }
}

/// A resource, data source or ephemeral resource of a stack.
#[derive(Clone, Copy, Debug)]
pub struct ResourceView<'a>(&'a Element);

impl<'a> ResourceView<'a> {
    /// The Terraform type, such as `aws_s3_bucket`.
    pub fn type_name(&self) -> &'a str {
        &self.0.type_name
    }

    /// The Terraform address.
    pub fn address(&self) -> &'a str {
        self.0.target.address()
    }

    /// Its stack and address.
    pub fn target(&self) -> &'a Target {
        &self.0.target
    }

    /// The place in messages: `stack/aws_s3_bucket.data`.
    pub fn place(&self) -> String {
        self.0.place()
    }

    /// Whether it takes an argument `tags`.
    pub fn is_taggable(&self) -> bool {
        self.0.taggable
    }

    /// The provider that it uses, with the alias if it has one: `aws` or `aws.west`.
    pub fn provider(&self) -> &'a str {
        self.get("provider").and_then(Expr::literal).unwrap_or_else(|| self.0.provider())
    }

    /// The value of an argument or block, if it is set.
    pub fn get(&self, name: &str) -> Option<&'a Expr> {
        argument(&self.0.body, name)
    }

    /// What is set at a dotted path, such as `versioning.enabled`: see [`Expr::at`].
    pub fn at(&self, path: &str) -> Option<&'a Expr> {
        inner(path, |name| self.get(name))
    }

    /// The references in its arguments.
    pub fn references(&self) -> impl Iterator<Item = &'a Reference> + use<'a> {
        self.0.body.iter().flat_map(|(_, value)| value.references())
    }
}

/// A configuration of a provider in a stack.
#[derive(Clone, Copy, Debug)]
pub struct ProviderView<'a> {
    stack: &'a str,
    name: &'a str,
    body: &'a Expr,
}

impl<'a> ProviderView<'a> {
    /// The local name, such as `aws`.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The alias, if it has one.
    pub fn alias(&self) -> Option<&'a str> {
        self.get("alias").and_then(Expr::literal)
    }

    /// The place in messages: `stack/provider.aws`.
    pub fn place(&self) -> String {
        format!("{}/provider.{}", self.stack, self.name)
    }

    /// The value of an argument or block, if it is set.
    pub fn get(&self, name: &str) -> Option<&'a Expr> {
        match self.body {
            Expr::Object(pairs) => argument(pairs, name),
            _ => None,
        }
    }

    /// What is set at a dotted path, such as `default_tags.tags`: see [`Expr::at`].
    pub fn at(&self, path: &str) -> Option<&'a Expr> {
        self.body.at(path)
    }
}

/// An output, an input variable or the call of a module.
#[derive(Clone, Copy, Debug)]
pub struct NamedView<'a> {
    stack: &'a str,
    section: &'static str,
    block: &'a NamedBlock,
}

impl<'a> NamedView<'a> {
    /// Its name in Terraform.
    pub fn name(&self) -> &'a str {
        &self.block.id
    }

    /// The place in messages: `stack/output.url`.
    pub fn place(&self) -> String {
        format!("{}/{}.{}", self.stack, self.section, self.block.path)
    }

    /// The value of an argument or block, if it is set.
    pub fn get(&self, name: &str) -> Option<&'a Expr> {
        argument(&self.block.body, name)
    }

    /// What is set at a dotted path: see [`Expr::at`].
    pub fn at(&self, path: &str) -> Option<&'a Expr> {
        inner(path, |name| self.get(name))
    }
}

fn argument<'a>(pairs: &'a [(Key, Expr)], name: &str) -> Option<&'a Expr> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// What is at a dotted path that begins with an argument.
fn inner<'a>(path: &str, argument: impl FnOnce(&str) -> Option<&'a Expr>) -> Option<&'a Expr> {
    match path.split_once('.') {
        Some((first, rest)) => argument(first)?.at(rest),
        None => argument(path),
    }
}
