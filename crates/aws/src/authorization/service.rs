//! Services, and the text of the table.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::action::Action;
use super::key::ConditionKey;
use super::pattern::Pattern;
use super::resource_type::ResourceType;

static TABLE: &str = include_str!("../../authorization/table.txt");

/// The section of the global condition keys.
const GLOBAL: &str = "aws";

/// A service's lines in the text, and what was read of them.
struct Section {
    text: &'static str,
    service: OnceLock<Service>,
}

static SECTIONS: LazyLock<BTreeMap<&'static str, Section>> = LazyLock::new(|| {
    let starts = TABLE.match_indices('@').map(|(at, _)| at).filter(|&at| at == 0 || TABLE.as_bytes()[at - 1] == b'\n');
    let starts: Vec<usize> = starts.collect();
    let ends = starts.iter().skip(1).copied().chain([TABLE.len()]);
    let sections = starts.iter().zip(ends).filter_map(|(&start, end)| {
        let (prefix, text) = TABLE[start + 1..end].split_once(' ')?;
        Some((prefix, Section { text, service: OnceLock::new() }))
    });
    sections.collect()
});

/// A service as IAM knows it.
#[derive(Debug)]
pub struct Service {
    prefix: &'static str,
    name: &'static str,
    keys: Vec<(ConditionKey, &'static str)>,
    types: Vec<ResourceType>,
    actions: Vec<&'static str>,
}

impl Service {
    fn new(prefix: &'static str, text: &'static str) -> Self {
        let mut lines = text.lines();
        let mut service =
            Self { prefix, name: lines.next().unwrap_or_default(), keys: Vec::new(), types: Vec::new(), actions: Vec::new() };
        for line in lines {
            if let Some(key) = line.strip_prefix("? ") {
                let (key, kind) = key.split_once(' ').unwrap_or((key, "String"));
                service.keys.push((ConditionKey::new(prefix, key), kind));
            } else if let Some(resource) = line.strip_prefix("/ ") {
                service.types.push(ResourceType::new(prefix, resource));
            } else {
                service.actions.push(line);
            }
        }
        service
    }

    /// The prefix of its actions, such as `glue`.
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Its name, such as `AWS Glue`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its condition keys, each with its type (`String`, `ArrayOfString`, `ARN`, `Bool`, `Numeric`, ...).
    pub fn keys(&self) -> impl Iterator<Item = (ConditionKey, &'static str)> {
        self.keys.iter().copied()
    }

    /// Its resource types.
    pub fn resource_types(&self) -> &[ResourceType] {
        &self.types
    }

    /// Its actions.
    pub fn actions(&'static self) -> impl Iterator<Item = Action> {
        self.actions.iter().map(|line| Action::new(self.prefix, line, &self.types))
    }

    /// The action with a name, in any case, such as `StartJobRun`.
    pub fn action(&'static self, name: &str) -> Option<Action> {
        self.actions().find(|action| action.name().eq_ignore_ascii_case(name))
    }

    /// The actions that fit a name with wildcards, such as `Get*`.
    pub fn matching(&'static self, pattern: &str) -> impl Iterator<Item = Action> {
        let pattern = Pattern::wildcards(&pattern.to_ascii_lowercase());
        self.actions().filter(move |action| pattern.fits(&action.name().to_ascii_lowercase()))
    }
}

fn section(prefix: &str) -> Option<&'static Service> {
    let (prefix, section) = SECTIONS.get_key_value(prefix)?;
    Some(section.service.get_or_init(|| Service::new(prefix, section.text)))
}

/// The service with a prefix, such as `glue`.
pub fn service(prefix: &str) -> Option<&'static Service> {
    section(prefix).filter(|service| service.prefix != GLOBAL)
}

/// The prefixes of all services.
pub fn services() -> impl Iterator<Item = &'static str> {
    SECTIONS.keys().copied().filter(|prefix| *prefix != GLOBAL)
}

/// The action with a name in any case, such as `glue:StartJobRun`.
pub fn action(name: &str) -> Option<Action> {
    let (prefix, name) = name.split_once(':')?;
    service(prefix)?.action(name)
}

/// The global condition keys, which every request may have, each with its type. Not among them are `aws:RequestTag/`,
/// `aws:ResourceTag/` and `aws:TagKeys`, which only some actions and resource types know.
pub fn global_keys() -> impl Iterator<Item = (ConditionKey, &'static str)> {
    section(GLOBAL).into_iter().flat_map(Service::keys)
}
