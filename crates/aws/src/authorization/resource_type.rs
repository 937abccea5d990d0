//! Resource types of services.

use std::sync::OnceLock;

use super::key::ConditionKey;
use super::pattern::ArnPattern;

/// A resource type of a service.
#[derive(Debug)]
pub struct ResourceType {
    prefix: &'static str,
    name: &'static str,
    arn: String,
    keys: &'static str,
    pattern: OnceLock<Option<ArnPattern>>,
}

impl ResourceType {
    /// From a line of the table, without its `/ `.
    pub(super) fn new(prefix: &'static str, line: &'static str) -> Self {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (arn, keys) = rest.split_once(' ').unwrap_or((rest, ""));
        let arn = match arn.strip_prefix('~') {
            Some(resource) => ["arn:${Partition}:", prefix, ":${Region}:${Account}:", resource].concat(),
            None => arn.to_owned(),
        };
        Self { prefix, name, arn, keys, pattern: OnceLock::new() }
    }

    /// The name, such as `job`; a space in AWS's name is an underscore.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The format of its ARNs, such as `arn:${Partition}:glue:${Region}:${Account}:job/${JobName}`.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The condition keys that requests on such a resource have.
    pub fn keys(&self) -> impl Iterator<Item = ConditionKey> + use<> {
        let prefix = self.prefix;
        self.keys.split_ascii_whitespace().map(move |word| ConditionKey::new(prefix, word.trim_start_matches('+')))
    }

    /// Whether some resource of this type has such an ARN.
    pub fn meets(&self, arn: &ArnPattern) -> bool {
        self.pattern.get_or_init(|| ArnPattern::format(&self.arn)).as_ref().is_none_or(|pattern| pattern.meets(arn))
    }
}
