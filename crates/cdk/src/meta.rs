//! Meta-arguments: arguments that Terraform accepts for every type.

use crate::expr::{Expr, Key, Target};
use crate::provisioners::{Connection, Provisioner};
use crate::value::Val;

/// A provider configuration under another name.
#[derive(Clone, Debug)]
pub struct ProviderAlias {
    pub(crate) stack: String,
    /// `aws.replica`.
    pub(crate) address: String,
}

/// Meta-arguments and overrides of one resource or data source.
///
/// ```
/// use oleoduto_cdk::{Expr, Meta};
/// let meta = Meta::new().prevent_destroy().ignore_changes(["tags"]).override_at("timeouts.create", "10m".into());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Meta {
    pub(crate) depends_on: Vec<Target>,
    pub(crate) provider: Option<ProviderAlias>,
    pub(crate) triggers: Vec<Target>,
    repeat: Option<(&'static str, Expr)>,
    lifecycle: Vec<(Key, Expr)>,
    conditions: Vec<(&'static str, Expr)>,
    provisioners: Vec<Expr>,
    connection: Option<Expr>,
    pub(crate) overrides: Vec<(String, Expr)>,
    pub(crate) id: Option<String>,
    pub(crate) moved_from: Vec<String>,
}

impl Meta {
    /// No meta-arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wait for a block without a reference to it.
    #[must_use]
    pub fn depends_on(mut self, target: &impl AsRef<Target>) -> Self {
        self.depends_on.push(target.as_ref().clone());
        self
    }

    /// Use a provider configuration that has an alias.
    #[must_use]
    pub fn provider(mut self, alias: &ProviderAlias) -> Self {
        self.provider = Some(alias.clone());
        self
    }

    /// `lifecycle.prevent_destroy`: Terraform refuses a plan that destroys it.
    #[must_use]
    pub fn prevent_destroy(self) -> Self {
        self.lifecycle("prevent_destroy", true.into())
    }

    /// `lifecycle.create_before_destroy`: the replacement is created before the old one is destroyed.
    #[must_use]
    pub fn create_before_destroy(self) -> Self {
        self.lifecycle("create_before_destroy", true.into())
    }

    /// `lifecycle.ignore_changes`: arguments whose drift Terraform ignores.
    #[must_use]
    pub fn ignore_changes<'a>(self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let arguments = arguments.into_iter().map(Expr::from).collect::<Vec<_>>();
        self.lifecycle("ignore_changes", arguments.into())
    }

    /// `lifecycle.ignore_changes = all`.
    #[must_use]
    pub fn ignore_all_changes(self) -> Self {
        self.lifecycle("ignore_changes", "all".into())
    }

    /// `lifecycle.replace_triggered_by`: a change there replaces this.
    #[must_use]
    pub fn replace_triggered_by(mut self, target: &impl AsRef<Target>) -> Self {
        self.triggers.push(target.as_ref().clone());
        self
    }

    /// `lifecycle.precondition`: the plan fails with the message when the condition is false.
    #[must_use]
    pub fn precondition(self, condition: impl Into<Val<bool>>, message: &str) -> Self {
        self.condition("precondition", condition.into(), message)
    }

    /// `lifecycle.postcondition`: like a precondition, checked after apply; `self` names the resource.
    #[must_use]
    pub fn postcondition(self, condition: impl Into<Val<bool>>, message: &str) -> Self {
        self.condition("postcondition", condition.into(), message)
    }

    /// Run a command when Terraform has created the resource, after those that were given before.
    #[must_use]
    pub fn provisioner(mut self, provisioner: Provisioner) -> Self {
        self.provisioners.push(provisioner.into());
        self
    }

    /// How the provisioners reach the created machine.
    #[must_use]
    pub fn connection(mut self, connection: Connection) -> Self {
        self.connection = Some(connection.into());
        self
    }

    /// Set any argument, block or meta-argument, whatever the bindings say: a dotted path, with numbers for list
    /// positions, as in `rule.0.status`. Overrides come last and win; `Expr::Null` removes.
    #[must_use]
    pub fn override_at(mut self, path: &str, value: Expr) -> Self {
        self.overrides.push((path.to_owned(), value));
        self
    }

    /// Use this logical id instead of one derived from the construct path: it does not change when the construct moves.
    #[must_use]
    pub fn logical_id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// The address that it had before it was renamed or moved: writes a `moved` block, so that nothing is recreated.
    #[must_use]
    pub fn moved_from(mut self, address: &str) -> Self {
        self.moved_from.push(address.to_owned());
        self
    }

    /// `count` or `for_each`.
    pub(crate) fn repeat(mut self, name: &'static str, value: Expr) -> Self {
        self.repeat = Some((name, value));
        self
    }

    fn lifecycle(mut self, name: &'static str, value: Expr) -> Self {
        match (self.lifecycle.iter_mut().find(|(key, _)| key == name), value) {
            (Some((_, Expr::Array(old))), Expr::Array(more)) => old.extend(more),
            (Some((_, old)), value) => *old = value,
            (None, value) => self.lifecycle.push((name.into(), value)),
        }
        self
    }

    fn condition(mut self, kind: &'static str, condition: Val<bool>, message: &str) -> Self {
        let condition = Expr::of_pairs([("condition", condition.into_expr()), ("error_message", message.into())]);
        self.conditions.push((kind, condition));
        self
    }

    /// Add the meta-arguments that are arguments of the block.
    pub(crate) fn write(&self, body: &mut Vec<(Key, Expr)>) {
        if let Some((name, value)) = &self.repeat {
            body.push(((*name).into(), value.clone()));
        }
        if !self.depends_on.is_empty() {
            body.push(("depends_on".into(), Expr::addresses(&self.depends_on)));
        }
        if let Some(alias) = &self.provider {
            body.push(("provider".into(), alias.address.as_str().into()));
        }
        body.extend(self.connection.clone().map(|connection| ("connection".into(), connection)));
        if !self.provisioners.is_empty() {
            body.push(("provisioner".into(), Expr::Array(self.provisioners.clone())));
        }
        let mut lifecycle = self.lifecycle.clone();
        if !self.triggers.is_empty() {
            lifecycle.push(("replace_triggered_by".into(), Expr::addresses(&self.triggers)));
        }
        for kind in ["precondition", "postcondition"] {
            let of_kind: Vec<_> = self.conditions.iter().filter(|(name, _)| *name == kind).map(|(_, c)| c.clone()).collect();
            if !of_kind.is_empty() {
                lifecycle.push((kind.into(), Expr::Array(of_kind)));
            }
        }
        if !lifecycle.is_empty() {
            body.push(("lifecycle".into(), Expr::Object(lifecycle)));
        }
    }
}
