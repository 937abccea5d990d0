//! The stacks whose output differs from that of another commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail};
use oleoduto_cdk::{Manifest, Synthesized};

use crate::files::if_present;
use crate::program::Program;
use crate::synth::OUT;

/// The sorted names of the stacks that differ: changed, new and removed ones.
///
/// The other commit is checked out by `git worktree` and synthesized there with the same arguments: nothing is guessed
/// from paths.
///
/// # Errors
/// Git does not know the commit, or it can't be synthesized.
pub fn changed_since<P: Program>(
    program: &P,
    settings: &P::Settings,
    now: &Synthesized,
    reference: &str,
) -> anyhow::Result<Vec<String>> {
    let root = program.root()?;
    let root = root.as_path();
    let commit = text(git(root, &["rev-parse", "--verify", "--quiet", &format!("{reference}^{{commit}}")])?);
    let Ok(commit) = commit else {
        bail!("git does not know the commit `{reference}`: fetch it first (in CI: `fetch-depth: 0`)")
    };
    let prefix = text(git(root, &["rev-parse", "--show-prefix"])?)
        .map_err(|error| anyhow::anyhow!("{} is not in a git repository: {error}", root.display()))?;
    let scratch = tempfile::tempdir().context("a temporary folder could not be created")?;
    let tree = scratch.path().join("tree");
    let added = git(root, &["worktree", "add", "--detach", "--quiet", &tree.display().to_string(), &commit])?;
    text(added).map_err(|error| anyhow::anyhow!("`{reference}` could not be checked out: {error}"))?;
    let _remove = Worktree { root: root.to_owned(), tree: tree.clone() };

    let project = tree.join(prefix);
    let mut differs = vec!["diff", "--quiet", commit.as_str(), "--"];
    differs.extend(program.sources());
    let same_program = git(root, &differs)?.status.success() && untracked(root, program.sources())?.is_empty();
    // The same place in the project on both sides: states in files have relative paths.
    let out = project.join(OUT);
    let mut command = if same_program {
        let mut command = Command::new(std::env::current_exe().context("this program's own path is not known")?);
        command.arg("--project-dir").arg(&project);
        command
    } else {
        let mut command = Command::new("cargo");
        command.args(["run", "--quiet", "--locked", "--"]).current_dir(&project);
        command.env("CARGO_TARGET_DIR", root.join("target/changed-since"));
        command
    };
    command.args(program.arguments(settings)).args(["synth", "--out"]).arg(&out);
    let synth = command.output().context("the other commit could not be synthesized")?;
    if !synth.status.success() {
        bail!("`{reference}` could not be synthesized: {}", String::from_utf8_lossy(&synth.stderr).trim());
    }
    compare(&out, now, same_lock(root, &project)?)
}

/// Whether both have the same providers.
fn same_lock(root: &Path, project: &Path) -> anyhow::Result<bool> {
    let read =
        |folder: &Path| if_present(std::fs::read(folder.join(".terraform.lock.hcl"))).context("the provider lock can't be read");
    Ok(read(root)? == read(project)?)
}

fn compare(out: &Path, now: &Synthesized, same_lock: bool) -> anyhow::Result<Vec<String>> {
    let before = Manifest::read(out)?;
    let mut changed: BTreeSet<String> =
        before.stacks.keys().filter(|name| !now.manifest.stacks.contains_key(*name)).cloned().collect();
    for stack in &now.stacks {
        let same = same_lock
            && before.stacks.get(&stack.name).is_some_and(|entry| {
                std::fs::read_to_string(out.join(&entry.synthesized_stack_path)).is_ok_and(|text| text == stack.json)
            });
        if !same {
            changed.insert(stack.name.clone());
        }
    }
    Ok(changed.into_iter().collect())
}

/// The program's sources that git does not track yet.
fn untracked(root: &Path, sources: &[&str]) -> anyhow::Result<String> {
    let mut arguments = vec!["ls-files", "--others", "--exclude-standard", "--"];
    arguments.extend(sources);
    text(git(root, &arguments)?).map_err(|error| anyhow::anyhow!("git could not list files: {error}"))
}

/// Removes the checkout, also after an error.
struct Worktree {
    root: PathBuf,
    tree: PathBuf,
}

impl Drop for Worktree {
    fn drop(&mut self) {
        // After a failure the checkout is still in the temporary folder, and `git worktree prune` forgets it.
        let _ = git(&self.root, &["worktree", "remove", "--force", &self.tree.display().to_string()]);
    }
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    Command::new("git").arg("-C").arg(root).args(arguments).output().context("`git` can't be started: install it")
}

/// The standard output of a call that succeeded, else its standard error.
fn text(output: Output) -> Result<String, String> {
    let trimmed = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(trimmed(&output.stdout)) } else { Err(trimmed(&output.stderr)) }
}
