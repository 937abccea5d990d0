//! Providers of a stack.

use crate::block::{BlockWriter, Found, Provider};
use crate::diagnostics::{Diagnostic, Path};
use crate::expr::Expr;
use crate::meta::ProviderAlias;
use crate::names;
use crate::stack::Stack;

impl Stack {
    /// Configure a provider.
    pub fn provider<P: Provider>(&mut self, provider: P) {
        self.configure(provider, None);
    }

    /// Configure a provider again under an alias, for [`Meta::provider`](crate::Meta::provider).
    pub fn provider_alias<P: Provider>(&mut self, alias: &str, provider: P) -> ProviderAlias {
        if !names::is_identifier(alias) {
            let place = format!("{}/provider.{}", self.name(), P::NAME);
            let help = "begin with a letter or `_`, and use letters, digits, `_` and `-`";
            self.report(Diagnostic::error(place, format!("`{alias}` can't be the alias of a provider"), help));
        }
        self.configure(provider, Some(alias));
        ProviderAlias { stack: self.name().to_owned(), address: format!("{}.{alias}", P::NAME) }
    }

    fn configure<P: Provider>(&mut self, mut provider: P, alias: Option<&str>) {
        let root = format!("{}/provider.{}", self.name(), P::NAME);
        let mut found = Found::default();
        let mut body = BlockWriter::collect(&mut provider, Path::root(&root), &mut found);
        self.diagnostics.append(&mut found.diagnostics);
        let alias_of = |body: &Expr| match body {
            Expr::Object(pairs) => {
                pairs.iter().find(|(key, _)| key == "alias").and_then(|(_, value)| value.literal().map(str::to_owned))
            }
            _ => None,
        };
        let configured = self.contents.providers.entry(P::NAME.into()).or_default();
        if configured.is_empty() {
            self.checks.push(P::check);
        }
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
        self.contents
            .required_providers
            .entry(P::NAME.into())
            .or_insert_with(|| Expr::of_pairs([("source", Expr::from(P::SOURCE)), ("version", P::VERSION.into())]));
    }

    /// Require a provider by source and version constraint: one without bindings, or another version than theirs.
    pub fn require_provider(&mut self, name: &str, source: &str, version: &str) {
        let entry = Expr::of_pairs([("source", Expr::from(source)), ("version", version.into())]);
        self.contents.required_providers.insert(name.to_owned().into(), entry);
    }

    /// Refuse a provider that is configured in another stack.
    pub(crate) fn check_alias(&mut self, place: &str, alias: &ProviderAlias) {
        if alias.stack != self.name() {
            let message = format!("provider `{}` is configured in stack `{}`", alias.address, alias.stack);
            self.report(Diagnostic::error(place, message, "configure it in this stack too"));
        }
    }
}
