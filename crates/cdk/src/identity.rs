//! Renames: resources that a new output would destroy and create again under another address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::app::{Synthesized, SynthesizedStack};
use crate::diagnostics::Diagnostic;
use crate::manifest::Manifest;

type Bodies = BTreeMap<String, BTreeMap<String, Json>>;

/// The parts of a `cdk.tf.json` that are compared.
#[derive(Debug, Default, Deserialize)]
struct Stack {
    #[serde(default)]
    resource: Bodies,
    #[serde(default)]
    moved: Vec<From>,
    #[serde(default)]
    removed: Vec<From>,
}

#[derive(Debug, Deserialize)]
struct From {
    from: String,
}

/// A resource that is only in one of two outputs.
#[derive(Clone, Debug)]
struct Single<'a> {
    stack: &'a str,
    kind: &'a str,
    id: &'a str,
    body: Json,
}

impl Single<'_> {
    fn address(&self) -> String {
        format!("{}.{}", self.kind, self.id)
    }
}

impl Synthesized {
    /// Compare with the output that a folder holds now, before it is overwritten: resources that would be destroyed
    /// and created again under another address, and stacks that are gone. Plain removals and additions are not
    /// reported, nor are addresses in a `moved` or `removed` block. A missing or unreadable output counts as empty.
    pub fn renames(&self, out: &Path) -> Vec<Diagnostic> {
        let Ok(old) = Manifest::read(out) else { return Vec::new() };
        let mut warnings = Vec::new();
        let mut pairs: Vec<(String, Stack, Stack)> = Vec::new();
        let ours: HashMap<&str, &SynthesizedStack> = self.stacks.iter().map(|stack| (stack.name.as_str(), stack)).collect();
        for (name, entry) in &old.stacks {
            let Some(new) = ours.get(name.as_str()) else {
                warnings.push(Diagnostic::warning(
                    name,
                    format!("stack `{name}` is no longer in the app, but its resources still exist"),
                    format!("to remove it, run `terraform destroy` in {}", out.join(&entry.working_directory).display()),
                ));
                continue;
            };
            let Ok(text) = fs::read_to_string(out.join(&entry.synthesized_stack_path)) else { continue };
            if text == new.json {
                continue;
            }
            if let (Ok(before), Ok(after)) = (serde_json::from_str(&text), serde_json::from_str(&new.json)) {
                pairs.push((name.clone(), before, after));
            }
        }
        let added = self.stacks.iter().filter(|stack| !old.stacks.contains_key(&stack.name));
        for stack in added {
            if let Ok(after) = serde_json::from_str(&stack.json) {
                pairs.push((stack.name.clone(), Stack::default(), after));
            }
        }
        warnings.extend(compare(&pairs));
        warnings
    }
}

fn compare(pairs: &[(String, Stack, Stack)]) -> Vec<Diagnostic> {
    let mut gone: Vec<Single<'_>> = Vec::new();
    let mut new: Vec<Single<'_>> = Vec::new();
    for (name, before, after) in pairs {
        let explained: BTreeSet<&str> = after.moved.iter().chain(&after.removed).map(|row| row.from.as_str()).collect();
        gone.extend(only_in(name, &before.resource, &after.resource).filter(|single| !explained.contains(&*single.address())));
        new.extend(only_in(name, &after.resource, &before.resource));
    }
    let mut warnings = Vec::new();
    for lost in &gone {
        let same_type = |other: &&Single<'_>| other.kind == lost.kind;
        // The same arguments are the best sign; within a stack, the only other one of the type is the next best.
        let twin = new.iter().filter(same_type).find(|other| other.body == lost.body);
        let candidates: Vec<_> = new.iter().filter(same_type).filter(|other| other.stack == lost.stack).collect();
        let rivals = gone.iter().filter(|other| other.kind == lost.kind && other.stack == lost.stack).count();
        let Some(found) = twin.or_else(|| (candidates.len() == 1 && rivals == 1).then(|| candidates[0])) else { continue };
        warnings.push(warning(lost, found));
    }
    warnings
}

fn warning(lost: &Single<'_>, found: &Single<'_>) -> Diagnostic {
    let (from, to) = (lost.address(), found.address());
    let place = format!("{}/{to}", found.stack);
    if lost.stack == found.stack {
        return Diagnostic::warning(
            place,
            format!(
                "`{from}` of the last output is missing and `{to}` is new: Terraform will destroy the first and create the second"
            ),
            format!(
                "if it was only renamed or moved, keep it with Meta::moved_from(\"{from}\") or Meta::logical_id(\"{}\")",
                lost.id
            ),
        );
    }
    Diagnostic::warning(
        place,
        format!(
            "`{from}` left stack `{}` and `{to}` is new in stack `{}`: Terraform will destroy the first and create the second",
            lost.stack, found.stack
        ),
        format!("to keep it: removed(\"{from}\", false) in `{}` and import(ID, ..) in `{}`", lost.stack, found.stack),
    )
}

fn only_in<'a>(stack: &'a str, these: &'a Bodies, those: &'a Bodies) -> impl Iterator<Item = Single<'a>> {
    these.iter().flat_map(move |(kind, ids)| {
        ids.iter().filter(move |(id, _)| those.get(kind).is_none_or(|other| !other.contains_key(*id))).map(move |(id, body)| {
            let mut body = body.clone();
            if let Some(body) = body.as_object_mut() {
                body.remove("//");
            }
            Single { stack, kind, id, body }
        })
    })
}
