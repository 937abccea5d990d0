//! What the check of a provider sees of a stack.

use crate::contents::Contents;
use crate::element::{Element, Section};
use crate::expr::Expr;

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
        match self.contents.providers.get(provider)?.first()? {
            Expr::Object(pairs) => pairs.iter().find(|(key, _)| key == argument).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The resources, in the order of declaration.
    pub fn resources(&self) -> impl Iterator<Item = ResourceView<'a>> + use<'a> {
        self.contents.elements.iter().filter(|element| element.section == Section::Resource).map(ResourceView)
    }
}

/// A resource of a stack.
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

    /// The place in messages: `stack/aws_s3_bucket.data`.
    pub fn place(&self) -> String {
        self.0.place()
    }

    /// The value of an argument or block, if it is set.
    pub fn get(&self, name: &str) -> Option<&'a Expr> {
        self.0.body.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}
