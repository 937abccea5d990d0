//! Variables, locals, and the blocks that keep state and configuration together (`moved`, `import`, `removed`).

use crate::contents::NamedBlock;
use crate::diagnostics::Diagnostic;
use crate::expr::{Expr, Key, Target};
use crate::meta::ProviderAlias;
use crate::names;
use crate::stack::Stack;
use crate::value::{Ref, TypeConstraint, Val};

/// An input variable of a stack.
#[derive(Clone, Debug, Default)]
pub struct Variable {
    pairs: Vec<(Key, Expr)>,
    validations: Vec<Expr>,
}

impl Variable {
    /// A variable without a default: Terraform asks for it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A type that `T` of [`Stack::variable`] does not say, such as `object({ name = string, size = optional(number, 1) })`; `T` is then
    /// what is read of it, often [`Any`](crate::Any).
    #[must_use]
    pub fn of_type(self, constraint: &str) -> Self {
        self.with("type", constraint.into())
    }

    /// The description.
    #[must_use]
    pub fn description(self, text: &str) -> Self {
        self.with("description", text.into())
    }

    /// The value if none is given.
    #[must_use]
    pub fn default_value(self, value: impl Into<Expr>) -> Self {
        self.with("default", value.into())
    }

    /// Terraform must not print it.
    #[must_use]
    pub fn sensitive(self) -> Self {
        self.with("sensitive", true.into())
    }

    /// Terraform stores it nowhere, neither in a plan nor in a state: it may stand where what is read of an ephemeral resource may.
    /// Needs Terraform 1.10, which the stack then demands.
    #[must_use]
    pub fn ephemeral(self) -> Self {
        self.with("ephemeral", true.into())
    }

    /// `null` is refused.
    #[must_use]
    pub fn not_null(self) -> Self {
        self.with("nullable", false.into())
    }

    /// A condition on the value (`var.NAME` in it), with the message if it is false.
    #[must_use]
    pub fn validation(mut self, condition: impl Into<Val<bool>>, message: &str) -> Self {
        self.validations.push(Expr::of_pairs([("condition", condition.into().into_expr()), ("error_message", message.into())]));
        self
    }

    fn with(mut self, key: &'static str, value: Expr) -> Self {
        self.pairs.retain(|(known, _)| known != key);
        self.pairs.push((key.into(), value));
        self
    }
}

/// Names of meta-arguments of modules.
const RESERVED_VARIABLES: [&str; 8] =
    ["count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version"];

impl Stack {
    /// The names of outputs and variables are for people and command lines: none is changed without a word.
    pub(crate) fn check_name(&mut self, section: &str, name: &str) {
        if !names::is_identifier(name) {
            let place = format!("{}/{section}.{name}", self.name());
            self.report(names::refused(place, name, name));
        }
    }

    /// Declare an input variable of type `T`; read it where `Val<T>` is wanted.
    pub fn variable<T: TypeConstraint>(&mut self, name: &str, variable: Variable) -> Ref<T> {
        let mut body = variable.pairs;
        if !body.iter().any(|(key, _)| key == "type") {
            body.push(("type".into(), T::constraint().into()));
        }
        if !variable.validations.is_empty() {
            body.push(("validation".into(), Expr::Array(variable.validations)));
        }
        let sensitive = body.iter().any(|(key, _)| key == "sensitive");
        self.check_name("variable", name);
        if RESERVED_VARIABLES.contains(&name) {
            let place = format!("{}/variable.{name}", self.name());
            let message = format!("`{name}` can't be the name of a variable: Terraform reserves it");
            self.report(Diagnostic::error(place, message, "give it another name"));
        }
        let target = self.target(format!("var.{}", names::strip(name)));
        self.add_named("variable", name, NamedBlock::unscoped(name, body));
        if sensitive { Ref::sensitive(&target, "") } else { Ref::new(&target, "") }
    }

    /// Name a value, to use it in several places of the stack.
    pub fn local<T>(&mut self, name: &str, value: impl Into<Val<T>>) -> Ref<T> {
        let id = names::strip(name);
        if !names::is_identifier(&id) {
            let place = format!("{}/local.{name}", self.name());
            self.report(names::refused(place, name, &id));
        }
        if self.contents.locals.iter().any(|(known, _)| **known == *id) {
            self.twice("local", name);
        }
        let target = self.target(format!("local.{id}"));
        let value = value.into().into_expr();
        let sensitive = value.is_sensitive();
        self.contents.locals.push((id.into(), value));
        if sensitive { Ref::sensitive(&target, "") } else { Ref::new(&target, "") }
    }

    /// The object at the address `from` is now `to`: Terraform moves it in the state instead of recreating it.
    pub fn moved(&mut self, from: &str, to: &impl AsRef<Target>) {
        let to = to.as_ref();
        let help = "a state is of one stack: use Stack::removed there and Stack::import here";
        self.report_foreign(&format!("{}/moved.{from}", self.name()), "`to`", to, help);
        self.contents.moved(from, to.address());
    }

    /// Import the existing object with the provider's `id` into the state as `to`.
    pub fn import(&mut self, id: impl Into<Val<String>>, to: &impl AsRef<Target>) {
        self.add_import(id.into().into_expr(), to.as_ref(), None);
    }

    /// Import an object with a provider configuration that has an alias.
    pub fn import_with(&mut self, id: impl Into<Val<String>>, to: &impl AsRef<Target>, alias: &ProviderAlias) {
        self.add_import(id.into().into_expr(), to.as_ref(), Some(alias));
    }

    fn add_import(&mut self, id: Expr, to: &Target, alias: Option<&ProviderAlias>) {
        let place = format!("{}/import.{}", self.name(), to.address());
        self.report_foreign(&place, "`to`", to, "declare the import in the stack that declares the resource");
        let mut arguments = vec![("id", id), ("to", Expr::address(to.address()))];
        if let Some(alias) = alias {
            self.check_alias(&place, alias);
            arguments.push(("provider", Expr::address(&alias.address)));
        }
        self.contents.add_unnamed("import", arguments);
    }

    /// Remove the address `from` from the state; with `destroy` false, the object itself stays in the account.
    pub fn removed(&mut self, from: &str, destroy: bool) {
        let lifecycle = Expr::of_pairs([("destroy", Expr::from(destroy))]);
        self.contents.add_unnamed("removed", vec![("from", Expr::address(from)), ("lifecycle", lifecycle)]);
    }

    pub(crate) fn add_named(&mut self, section: &'static str, name: &str, block: NamedBlock) {
        let known = self.contents.named.entry(section).or_default();
        let twice = known.iter().any(|named| named.id == block.id);
        known.push(block);
        if twice {
            self.twice(section, name);
        }
    }

    fn twice(&mut self, section: &str, name: &str) {
        let place = format!("{}/{section}.{name}", self.name());
        let message = format!("{section} `{name}` is declared twice");
        self.report(Diagnostic::error(place, message, "give one of them another name"));
    }
}
