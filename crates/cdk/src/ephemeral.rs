//! Ephemeral resources: what Terraform reads for one command, and stores neither in a plan nor in a state.

use crate::block::EphemeralResource;
use crate::element::Section;
use crate::expr::{Expr, Key, Target};
use crate::meta::Meta;
use crate::stack::{Stack, TypeOf};

impl Stack {
    /// Add an ephemeral resource; the id must be new for its type in this scope.
    ///
    /// What is read of it may stand in write-only arguments, in the configuration of a provider, in locals, in provisioners and in
    /// other ephemeral resources. The stack then demands Terraform 1.10, or 1.11 with a write-only argument.
    pub fn ephemeral<E: EphemeralResource>(&mut self, id: &str, resource: E) -> E::Refs {
        self.ephemeral_with(id, resource, Meta::new())
    }

    /// Add an ephemeral resource with meta-arguments.
    pub fn ephemeral_with<E: EphemeralResource>(&mut self, id: &str, resource: E, meta: Meta) -> E::Refs {
        let (section, type_name) = (Section::Ephemeral, E::TYPE);
        self.add_typed(TypeOf { section, type_name, taggable: false, provider: E::PROVIDER }, id, resource, meta).into()
    }

    /// Add an ephemeral resource of a type without bindings: the escape hatch. Read its attributes with [`Target::attr`].
    pub fn ephemeral_raw<K: Into<Key>>(
        &mut self,
        type_name: &str,
        id: &str,
        arguments: impl IntoIterator<Item = (K, Expr)>,
        meta: Meta,
    ) -> Target {
        self.add_untyped(Section::Ephemeral, type_name, id, arguments, meta)
    }
}
