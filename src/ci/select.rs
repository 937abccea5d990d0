//! The stacks of a deployment.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use oleoduto_cdk::{Manifest, Synthesized};
use oleoduto_cli::changed_since;
use oleoduto_stacks::{BY_HAND, Settings};

use crate::global::Global;

/// The stacks to deploy, in an order in which they can be applied: all, or those that differ from `base` and those that
/// depend on them.
/// Workflows omit the stack of their own roles: a role that can edit its own limits is unlimited.
pub(super) fn stacks(
    global: &Global,
    root: &Path,
    now: &Synthesized,
    settings: &Settings,
    base: Option<&str>,
) -> anyhow::Result<Vec<String>> {
    let wanted: BTreeSet<String> = match base {
        Some(base) if knows(root, base)? => {
            let changed = changed_since(global, settings, now, base)?;
            for gone in changed.iter().filter(|name| !now.manifest.stacks.contains_key(*name)) {
                errln!("stack `{gone}` was removed since {base}: run `oleoduto destroy --orphans {gone}`");
            }
            with_dependents(&now.manifest, changed)
        }
        Some(base) => {
            errln!("{base} was deployed last, but git does not know it any more: all stacks are deployed");
            now.manifest.stacks.keys().cloned().collect()
        }
        None => now.manifest.stacks.keys().cloned().collect(),
    };
    let names = now.stacks.iter().map(|stack| &stack.name);
    Ok(names.filter(|name| !BY_HAND.contains(&name.as_str()) && wanted.contains(*name)).cloned().collect())
}

/// The stacks and those that depend on them: a changed stack can have new outputs, which its users read.
fn with_dependents(manifest: &Manifest, changed: Vec<String>) -> BTreeSet<String> {
    let mut wanted: BTreeSet<String> = changed.into_iter().collect();
    loop {
        let users = manifest.stacks.iter().filter(|(_, stack)| stack.dependencies.iter().any(|name| wanted.contains(name)));
        let new: Vec<_> = users.map(|(name, _)| name.clone()).filter(|name| !wanted.contains(name)).collect();
        if new.is_empty() {
            return wanted;
        }
        wanted.extend(new);
    }
}

/// Whether git knows a commit, which a forced push can remove.
fn knows(root: &Path, commit: &str) -> anyhow::Result<bool> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["cat-file", "-e", &format!("{commit}^{{commit}}")]);
    Ok(git.output().context("`git` can't be started: install it")?.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_a_changed_stack_run_too() {
        let text = r#"{"version": "0", "stacks": {
            "a": {"annotations": [], "constructPath": "a", "dependencies": [], "name": "a", "stackMetadataPath": "",
                  "synthesizedStackPath": "", "workingDirectory": ""},
            "b": {"annotations": [], "constructPath": "b", "dependencies": ["a"], "name": "b", "stackMetadataPath": "",
                  "synthesizedStackPath": "", "workingDirectory": ""},
            "c": {"annotations": [], "constructPath": "c", "dependencies": ["b"], "name": "c", "stackMetadataPath": "",
                  "synthesizedStackPath": "", "workingDirectory": ""},
            "d": {"annotations": [], "constructPath": "d", "dependencies": [], "name": "d", "stackMetadataPath": "",
                  "synthesizedStackPath": "", "workingDirectory": ""}}}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"));
        let names = |changed: &[&str]| -> Vec<String> {
            with_dependents(&manifest, changed.iter().map(|name| (*name).to_owned()).collect()).into_iter().collect()
        };
        assert_eq!(names(&["a"]), ["a", "b", "c"]);
        assert_eq!(names(&["c", "d"]), ["c", "d"]);
        assert!(names(&[]).is_empty());
    }
}
