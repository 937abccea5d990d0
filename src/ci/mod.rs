//! `oleoduto ci`: workflows of GitHub Actions, made of the stacks' graph, and what their jobs do.

mod empty;
mod files;
mod image;
mod marker;
mod model;
mod render;
mod select;
mod states;

use std::process::ExitCode;

use anyhow::bail;

use crate::config::{Config, Overrides};
use states::States;

/// Workflows of GitHub Actions
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CiCommand {
    /// Write .github/workflows/*.yaml from oleoduto.toml and the stacks' graph
    Generate,
    /// Fail when .github/workflows/*.yaml are not what `ci generate` writes
    Check,
    /// Print the stacks that a deployment concerns, as a JSON array (in a workflow)
    ///
    /// Those that differ from the last commit that was deployed, and those that use them; all when there is none.
    Stacks {
        /// All stacks, whatever changed
        #[arg(long)]
        all: bool,
    },
    /// Print url, tag and digest of the image, as lines NAME=VALUE (in a workflow)
    Image,
    /// Remember that this commit is deployed, or that everything was destroyed (in a workflow)
    Record {
        /// What happened
        #[arg(value_enum)]
        event: marker::Event,
    },
    /// Delete everything in the buckets and repositories of images of all stacks, versions too, so that `destroy` can follow
    Empty {
        /// Do it; there is no undo
        #[arg(short, long)]
        yes: bool,
    },
}

/// `ci generate`.
pub(crate) fn generate(overrides: &Overrides) -> anyhow::Result<ExitCode> {
    let root = std::path::absolute(&overrides.project_dir)?;
    let files = render::workflows(&model::Model::of(&root)?)?;
    for path in files::write(&root, &files)? {
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// `ci check`.
pub(crate) fn check(overrides: &Overrides) -> anyhow::Result<ExitCode> {
    let root = std::path::absolute(&overrides.project_dir)?;
    let files = render::workflows(&model::Model::of(&root)?)?;
    let drift = files::drift(&root, &files)?;
    if drift.is_empty() {
        println!("the workflows are what `oleoduto ci generate` writes");
        return Ok(ExitCode::SUCCESS);
    }
    let list: String = drift.iter().map(|line| format!("\n  {line}")).collect();
    bail!("the workflows are not what `oleoduto ci generate` writes; run it and commit the result:{list}")
}

/// The commands that need an environment.
pub(crate) async fn run(command: &CiCommand, config: &Config) -> anyhow::Result<ExitCode> {
    let settings = config.settings(&config.root().join(crate::OUT)).await?;
    match command {
        CiCommand::Generate | CiCommand::Check => {}
        CiCommand::Stacks { all } => {
            let output = crate::synthesise(&settings)?;
            let base = if *all { None } else { marker::read(&States::of(config, &settings).await?).await? };
            println!("{}", serde_json::to_string(&select::stacks(config.root(), &output, &settings, base.as_deref())?)?);
        }
        CiCommand::Image => image::print(config, &settings).await?,
        CiCommand::Record { event } => {
            config.verify_account(&settings).await?;
            marker::write(&States::of(config, &settings).await?, *event, config.root()).await?;
        }
        CiCommand::Empty { yes } => {
            config.verify_account(&settings).await?;
            empty::empty(config, &settings, *yes).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
