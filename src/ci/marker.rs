//! The deployed commit, in an object beside the states, so that it is right whoever deploys from wherever.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use super::states::States;
use crate::global::Global;
use crate::synth::OUT;

/// What a workflow has done.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Event {
    /// Every stack is deployed from this commit
    Applied,
    /// Every stack is destroyed
    Destroyed,
}

/// The commit that is deployed; none if none is.
pub(super) async fn read(states: &States) -> anyhow::Result<Option<String>> {
    let key = key(states);
    let Some(content) = states.bucket.find(&key, None).await? else { return Ok(None) };
    let commit = String::from_utf8_lossy(&content).trim().to_owned();
    if commit.len() != 40 || !commit.chars().all(|c| c.is_ascii_hexdigit()) {
        bail!(
            "s3://{}/{key} holds `{commit}`, which is not a commit hash; delete the object to deploy all stacks",
            states.bucket.name
        );
    }
    Ok(Some(commit))
}

/// Record what a workflow has done.
pub(super) async fn record(global: &Global, event: Event) -> anyhow::Result<ExitCode> {
    let config = global.config()?;
    let settings = config.settings(&config.root().join(OUT)).await?;
    config.verify_account(&settings).await?;
    let states = &States::of(config, &settings).await?;
    match event {
        Event::Applied => {
            let commit = head(config.root())?;
            states.bucket.put(&key(states), &commit).await?;
            outln!("{commit} is deployed");
        }
        Event::Destroyed => {
            states.bucket.delete(&key(states)).await?;
            outln!("nothing is deployed");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn key(states: &States) -> String {
    format!("{}/deployed", states.scope)
}

fn head(root: &Path) -> anyhow::Result<String> {
    // The commit of the workflow's run, where there is no checkout.
    if let Ok(commit) = std::env::var("GITHUB_SHA")
        && !commit.is_empty()
    {
        return Ok(commit);
    }
    let git = Command::new("git").arg("-C").arg(root).args(["rev-parse", "HEAD"]).output();
    let git = git.context("`git` can't be started: install it")?;
    if !git.status.success() {
        bail!("{} has no commit: {}", root.display(), String::from_utf8_lossy(&git.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&git.stdout).trim().to_owned())
}
