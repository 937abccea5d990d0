//! Tags that every resource must have.

use std::collections::{BTreeMap, BTreeSet};

use oleoduto_cdk::{AppView, Diagnostic, Expr, Guard, ResourceView, StackView};

use super::quoted::quoted;

/// Every resource that takes tags has these, from its own argument, `App::tags` or `default_tags` of its provider.
///
/// A resource whose tags only Terraform knows is not judged, and neither is one without bindings (`Stack::add_raw`).
#[derive(Clone, Debug, Default)]
pub struct RequiredTags {
    /// The values that a tag may have; any, if there are none.
    tags: BTreeMap<String, BTreeSet<String>>,
}

impl RequiredTags {
    /// Tags with any value.
    pub fn new<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { tags: keys.into_iter().map(|key| (key.into(), BTreeSet::new())).collect() }
    }

    /// A tag that has one of these values.
    #[must_use]
    pub fn one_of<V: Into<String>>(mut self, key: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        self.tags.insert(key.into(), values.into_iter().map(Into::into).collect());
        self
    }

    fn judge(&self, stack: &StackView<'_>, resource: &ResourceView<'_>) -> Vec<Diagnostic> {
        let mut known = Tags::default();
        if let Some(defaults) = stack.provider_of(resource).and_then(|provider| provider.at("default_tags.tags")) {
            known.add(defaults);
        }
        if let Some(own) = resource.get("tags") {
            known.add(own);
        }
        let place = format!("{}.tags", resource.place());
        let mut found = Vec::new();
        let missing: Vec<&str> = self.tags.keys().map(String::as_str).filter(|key| !known.values.contains_key(key)).collect();
        if !missing.is_empty() && !known.is_open {
            let word = if missing.len() == 1 { "tag" } else { "tags" };
            let message = format!("`{}` has no {word} {}", resource.address(), quoted(missing));
            let help = "set it in the resource, for all with App::tags, or in `default_tags` of the provider";
            found.push(Diagnostic::error(&place, message, help));
        }
        for (key, allowed) in self.tags.iter().filter(|(_, allowed)| !allowed.is_empty()) {
            let value = known.values.get(key.as_str()).and_then(|value| value.literal());
            if let Some(value) = value.filter(|value| !allowed.contains(*value)) {
                let message = format!("the tag `{key}` of `{}` is `{value}`", resource.address());
                let help = format!("give it one of the values {}", quoted(allowed.iter().map(String::as_str)));
                found.push(Diagnostic::error(format!("{place}.{key}"), message, help));
            }
        }
        found
    }
}

impl Guard for RequiredTags {
    fn name(&self) -> &str {
        "required-tags"
    }

    fn check(&self, app: &AppView<'_>) -> Vec<Diagnostic> {
        let of_stack = |stack: StackView<'_>| {
            let taggable = stack.resources().filter(|resource| resource.is_taggable());
            taggable.flat_map(|resource| self.judge(&stack, &resource)).collect::<Vec<_>>()
        };
        app.stacks().flat_map(of_stack).collect()
    }
}

/// The tags of a resource, as far as synth knows them.
#[derive(Default)]
struct Tags<'a> {
    values: BTreeMap<&'a str, &'a Expr>,
    /// There may be more, which only Terraform knows.
    is_open: bool,
}

impl<'a> Tags<'a> {
    fn add(&mut self, tags: &'a Expr) {
        match tags {
            Expr::Object(pairs) => self.values.extend(pairs.iter().map(|(key, value)| (&**key, value))),
            Expr::Call("merge", maps) => maps.iter().for_each(|map| self.add(map)),
            Expr::Null => {}
            _ => self.is_open = true,
        }
    }
}
