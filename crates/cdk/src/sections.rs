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

/// A call of a Terraform module.
#[derive(Clone, Debug)]
pub struct Module {
    body: Vec<(Key, Expr)>,
    providers: Vec<(String, ProviderAlias)>,
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
        self.providers.push((name.to_owned(), alias.clone()));
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
    /// Declare an output. An output of a sensitive value is sensitive.
    pub fn output<T>(&mut self, name: &str, value: impl Into<Val<T>>) {
        let expr = value.into().into_expr();
        let sensitive = expr.is_sensitive();
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
        self.check_name("output", name);
        self.add_named("output", name, NamedBlock::unscoped(name, body));
    }

    /// The names of outputs and variables are for people and command lines: none is changed without a word.
    fn check_name(&mut self, section: &str, name: &str) {
        if !names::is_identifier(name) {
            let place = format!("{}/{section}.{name}", self.name());
            self.report(names::refused(place, name, name));
        }
    }

    /// Declare an input variable of type `T`; read it where `Val<T>` is wanted.
    pub fn variable<T: TypeConstraint>(&mut self, name: &str, variable: Variable) -> Ref<T> {
        let mut body = variable.pairs;
        body.push(("type".into(), T::constraint().into()));
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

    /// Call a Terraform module.
    pub fn module(&mut self, id: &str, module: Module) -> ModuleRefs {
        let mut body = module.body;
        let (logical, path) = (self.logical_id(id), self.construct_path(id));
        let place = format!("{}/module.{path}", self.name());
        if !names::is_identifier(&logical) {
            self.report(names::refused(place.clone(), id, &logical));
        }
        module.providers.iter().for_each(|(_, alias)| self.check_alias(&place, alias));
        if !module.providers.is_empty() {
            let providers = module.providers.into_iter().map(|(name, alias)| (name, Expr::address(&alias.address)));
            body.push(("providers".into(), Expr::of_pairs(providers)));
        }
        let target = self.target(format!("module.{logical}"));
        self.add_named("module", id, NamedBlock { id: logical, path, body });
        ModuleRefs(target)
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
        let (to, id) = (to.as_ref(), id.into().into_expr());
        let place = format!("{}/import.{}", self.name(), to.address());
        self.report_foreign(&place, "`to`", to, "declare the import in the stack that declares the resource");
        self.contents.add_unnamed("import", [("id", id), ("to", Expr::address(to.address()))]);
    }

    /// Remove the address `from` from the state; with `destroy` false, the object itself stays in the account.
    pub fn removed(&mut self, from: &str, destroy: bool) {
        let lifecycle = Expr::of_pairs([("destroy", Expr::from(destroy))]);
        self.contents.add_unnamed("removed", [("from", Expr::address(from)), ("lifecycle", lifecycle)]);
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
