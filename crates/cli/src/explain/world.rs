//! What is in the output: stacks, resources and who refers to whom.

use std::collections::{BTreeMap, BTreeSet};

use oleoduto_cdk::Synthesized;
use oleoduto_runner::OutputOwner;
use serde_json::Value as Json;

use super::reference::{Reference, references};
use crate::jsonencode::configuration;

/// The whole output.
#[derive(Debug)]
pub(super) struct World {
    /// The stacks, each with those that it uses.
    pub(super) stacks: BTreeMap<String, Vec<String>>,
    /// All resources.
    pub(super) members: Vec<Member>,
    /// The expressions of all outputs by stack and name.
    pub(super) outputs: BTreeMap<(String, String), String>,
    /// Where the resources are.
    pub(super) account: String,
    pub(super) region: String,
}

/// A resource of a stack.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) stack: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) arguments: Json,
}

impl Member {
    /// Its address in its stack.
    pub(super) fn address(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// Its address with its stack.
    pub(super) fn full(&self) -> String {
        format!("{}.{}", self.stack, self.address())
    }

    /// What its own description says.
    pub(super) fn description(&self) -> Option<&str> {
        ["description", "alarm_description", "comment"].into_iter().find_map(|key| self.arguments[key].as_str())
    }
}

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Stack(&'a str),
    Resource(&'a Member),
    Several(Vec<&'a Member>),
    Nothing,
}

impl World {
    /// Reads the output.
    pub(super) fn new(output: &Synthesized, owner: &OutputOwner) -> anyhow::Result<Self> {
        let stacks = output.manifest.stacks.iter().map(|(name, stack)| (name.clone(), stack.dependencies.clone()));
        let mut world = Self {
            stacks: stacks.collect(),
            members: Vec::new(),
            outputs: BTreeMap::new(),
            account: owner.account.clone(),
            region: owner.region.clone(),
        };
        for stack in &output.stacks {
            let json = configuration(stack)?;
            for (kind, resources) in json["resource"].as_object().into_iter().flatten() {
                for (name, arguments) in resources.as_object().into_iter().flatten() {
                    let (stack, kind, name) = (stack.name.clone(), kind.clone(), name.clone());
                    world.members.push(Member { stack, kind, name, arguments: arguments.clone() });
                }
            }
            for (name, output) in json["output"].as_object().into_iter().flatten() {
                if let Some(value) = output["value"].as_str() {
                    world.outputs.insert((stack.name.clone(), name.clone()), value.to_owned());
                }
            }
        }
        Ok(world)
    }

    /// What a name stands for. A stack's name wins.
    pub(super) fn find(&self, name: &str) -> Found<'_> {
        if let Some((stack, _)) = self.stacks.get_key_value(name) {
            return Found::Stack(stack);
        }
        let is = |member: &&Member| member.full() == name || member.address() == name;
        match self.members.iter().filter(is).collect::<Vec<_>>().as_slice() {
            [] => Found::Nothing,
            [one] => Found::Resource(one),
            several => Found::Several(several.to_vec()),
        }
    }

    /// The resource of an address in a stack.
    pub(super) fn member(&self, stack: &str, kind: &str, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| (&*member.stack, &*member.kind, &*member.name) == (stack, kind, name))
    }

    /// The resources to which a resource refers.
    pub(super) fn uses<'a>(&'a self, member: &Member) -> Vec<&'a Member> {
        let mut found = BTreeMap::new();
        for text in texts(&member.arguments) {
            for reference in references(text) {
                if let Some(used) = self.target(&member.stack, &reference).filter(|used| used.full() != member.full()) {
                    found.insert(used.full(), used);
                }
            }
        }
        found.into_values().collect()
    }

    /// The resources that refer to one.
    pub(super) fn users(&self, member: &Member) -> Vec<&Member> {
        let full = member.full();
        let uses = |other: &&Member| self.uses(other).iter().any(|used| used.full() == full);
        self.members.iter().filter(uses).collect()
    }

    /// The resource of a reference in a stack. One to another stack's output is followed.
    fn target(&self, stack: &str, reference: &Reference) -> Option<&Member> {
        let mut seen = BTreeSet::new();
        let (mut stack, mut reference) = (stack.to_owned(), reference.clone());
        loop {
            match &reference {
                Reference::Attribute { kind, name, .. } => return self.member(&stack, kind, name),
                Reference::Output { stack: producer, output } => {
                    if !seen.insert((producer.clone(), output.clone())) {
                        return None;
                    }
                    let next = references(self.outputs.get(&(producer.clone(), output.clone()))?).into_iter().next()?;
                    (stack, reference) = (producer.clone(), next);
                }
                Reference::Other => return None,
            }
        }
    }
}

/// All texts in a value.
fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Object(entries) => entries.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
