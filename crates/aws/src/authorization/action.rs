//! Actions of services.

use std::fmt;

use super::key::ConditionKey;
use super::resource_type::ResourceType;

/// What an action does, as AWS classifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads content or settings.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

/// An action of a service. Its [`Display`](fmt::Display) is `glue:StartJobRun`.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    prefix: &'static str,
    name: &'static str,
    /// The words after the name.
    words: &'static str,
    types: &'static [ResourceType],
}

/// A resource type that an action takes.
#[derive(Clone, Debug)]
pub struct ActionResource {
    /// The resource type.
    pub resource: &'static ResourceType,
    /// Whether AWS judges every request of the action on a resource of this type.
    pub required: bool,
    /// The condition keys that the action knows on this type, beside those of the type.
    pub keys: Vec<ConditionKey>,
}

impl Action {
    /// From a line of the table.
    pub(super) fn new(prefix: &'static str, line: &'static str, types: &'static [ResourceType]) -> Self {
        let (name, words) = line.split_once(' ').unwrap_or((line, ""));
        Self { prefix, name, words, types }
    }

    /// The name without the service, such as `StartJobRun`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The prefix of the service, such as `glue`.
    pub fn service(self) -> &'static str {
        self.prefix
    }

    /// What it does.
    pub fn level(self) -> AccessLevel {
        match self.words.as_bytes().first() {
            Some(b'L') => AccessLevel::List,
            Some(b'R') => AccessLevel::Read,
            Some(b'T') => AccessLevel::Tagging,
            Some(b'P') => AccessLevel::PermissionsManagement,
            _ => AccessLevel::Write,
        }
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        self.words.split_ascii_whitespace().skip(1)
    }

    /// The condition keys of the action, whatever the resource.
    pub fn keys(self) -> impl Iterator<Item = ConditionKey> {
        let keys = self.words().map_while(|word| word.strip_prefix('+'));
        keys.map(move |word| ConditionKey::new(self.prefix, word))
    }

    /// The resource types that it takes; none if it takes only the resource `*`.
    pub fn resources(self) -> impl Iterator<Item = ActionResource> {
        let mut words = self.words().skip_while(|word| word.starts_with('+')).peekable();
        std::iter::from_fn(move || {
            loop {
                let word = words.next().filter(|word| !word.starts_with('>'))?;
                let name = word.trim_end_matches('*');
                let mut keys = Vec::new();
                while let Some(key) = words.peek().and_then(|word| word.strip_prefix('+')) {
                    keys.push(ConditionKey::new(self.prefix, key));
                    words.next();
                }
                if let Some(resource) = self.types.iter().find(|resource| resource.name() == name) {
                    return Some(ActionResource { resource, required: word.ends_with('*'), keys });
                }
            }
        })
    }

    /// Other actions that AWS judges when this one is called, such as `iam:PassRole`.
    pub fn dependent_actions(self) -> impl Iterator<Item = &'static str> {
        self.words().filter_map(|word| word.strip_prefix('>'))
    }

    /// Whether requests of the action may have the condition key `key`, beside the global ones.
    pub fn knows(self, key: &str) -> bool {
        self.keys().any(|known| known.fits(key))
            || self
                .resources()
                .any(|row| row.keys.iter().any(|known| known.fits(key)) || row.resource.keys().any(|known| known.fits(key)))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.prefix, self.name)
    }
}
