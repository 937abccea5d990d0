//! Everything of a stack that is neither a resource nor a data source: outputs, variables, locals, modules, and the
//! blocks that keep state and configuration together (`moved`, `import`, `removed`).

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

    /// `null` is refused.
    #[must_use]
    pub fn not_null(self) -> Self {
        self.with("nullable", false.into())
    }

    /// A condition on the value (`var.NAME` in it), with the message if it is false.
    #[must_use]
    pub fn validation(mut self, condition: impl Into<Val<bool>>, message: &str) -> Self {
        self.validations.push(Expr::object([("condition", condition.into().into_expr()), ("error_message", message.into())]));
        self
    }

    fn with(mut self, key: &'static str, value: Expr) -> Self {
        self.pairs.retain(|(known, _)| known != key);
        self.pairs.push((key.into(), value));
        self
    }
}

/// A call of a Terraform module.
#[derive(Clone, Debug)]
pub struct Module {
    body: Vec<(Key, Expr)>,
    providers: Vec<(String, Expr)>,
}

impl Module {
    /// A module by its source: a registry address, a Git URL, or a path relative to the stack's folder.
    pub fn new(source: &str) -> Self {
        Self { body: vec![("source".into(), source.into())], providers: Vec::new() }
    }

    /// The version constraint, for modules of a registry.
    #[must_use]
    pub fn version(self, constraint: &str) -> Self {
        self.input("version", constraint)
    }

    /// Give an input variable of the module a value.
    #[must_use]
    pub fn input(mut self, name: &str, value: impl Into<Expr>) -> Self {
        self.body.push((name.to_owned().into(), value.into()));
        self
    }

    /// Pass a provider configuration, under its name in the module.
    #[must_use]
    pub fn provider(mut self, name: &str, alias: &ProviderAlias) -> Self {
        self.providers.push((name.to_owned(), alias.address.as_str().into()));
        self
    }
}

/// A module in a stack.
#[derive(Clone, Debug)]
pub struct ModuleRefs(Target);

impl ModuleRefs {
    /// An output of the module; the caller is responsible for its type.
    pub fn output<T>(&self, name: &str) -> Ref<T> {
        Ref::new(&self.0, name.to_owned())
    }
}

impl AsRef<Target> for ModuleRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl Stack {
    /// Declare an output. An output of a sensitive attribute is sensitive.
    pub fn output<T>(&mut self, name: &str, value: impl Into<Val<T>>) {
        let expr = value.into().into_expr();
        let mut sensitive = false;
        expr.references(&mut |reference| sensitive |= reference.sensitive);
        self.add_output(name, expr, sensitive);
    }

    /// Declare an output that Terraform must not print.
    pub fn sensitive_output<T>(&mut self, name: &str, value: impl Into<Val<T>>) {
        self.add_output(name, value.into().into_expr(), true);
    }

    fn add_output(&mut self, name: &str, value: Expr, sensitive: bool) {
        let mut body: Vec<(Key, Expr)> = vec![("value".into(), value)];
        if sensitive {
            body.push(("sensitive".into(), true.into()));
        }
        self.add_named("output", name, NamedBlock::unscoped(name, body));
    }

    /// Declare an input variable of type `T`; read it where `Val<T>` is wanted.
    pub fn variable<T: TypeConstraint>(&mut self, name: &str, variable: Variable) -> Ref<T> {
        let mut body = variable.pairs;
        body.push(("type".into(), T::constraint().into()));
        if !variable.validations.is_empty() {
            body.push(("validation".into(), Expr::Array(variable.validations)));
        }
        let sensitive = body.iter().any(|(key, _)| key == "sensitive");
        let target = self.target(format!("var.{}", names::strip(name)));
        self.add_named("variable", name, NamedBlock::unscoped(name, body));
        if sensitive { Ref::sensitive(&target, "") } else { Ref::new(&target, "") }
    }

    /// Name a value, to use it in several places of the stack.
    pub fn local<T>(&mut self, name: &str, value: impl Into<Val<T>>) -> Ref<T> {
        let id = names::strip(name);
        if self.contents.locals.iter().any(|(known, _)| **known == *id) {
            self.twice("local", name);
        }
        let target = self.target(format!("local.{id}"));
        self.contents.locals.push((id.into(), value.into().into_expr()));
        Ref::new(&target, "")
    }

    /// Call a Terraform module.
    pub fn module(&mut self, id: &str, module: Module) -> ModuleRefs {
        let mut body = module.body;
        if !module.providers.is_empty() {
            body.push(("providers".into(), Expr::object(module.providers)));
        }
        let (logical, path) = (self.logical_id(id), self.construct_path(id));
        let target = self.target(format!("module.{logical}"));
        self.add_named("module", id, NamedBlock { id: logical, path, body });
        ModuleRefs(target)
    }

    /// The object at the address `from` is now `to`: Terraform moves it in the state instead of recreating it.
    pub fn moved(&mut self, from: &str, to: &impl AsRef<Target>) {
        self.contents.moved(from, to.as_ref().address());
    }

    /// Import the existing object with the provider's `id` into the state as `to`.
    pub fn import(&mut self, id: impl Into<Val<String>>, to: &impl AsRef<Target>) {
        let to = to.as_ref().address().into();
        self.contents.add_unnamed("import", [("id", id.into().into_expr()), ("to", to)]);
    }

    /// Remove the address `from` from the state; with `destroy` false, the object itself stays in the account.
    pub fn removed(&mut self, from: &str, destroy: bool) {
        let lifecycle = Expr::object([("destroy", Expr::from(destroy))]);
        self.contents.add_unnamed("removed", [("from", from.into()), ("lifecycle", lifecycle)]);
    }

    fn add_named(&mut self, section: &'static str, name: &str, block: NamedBlock) {
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
