//! `oleoduto ci`: GitHub Actions workflows, generated from the graph of the stacks, and the steps of their jobs.

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

use crate::global::Global;
use crate::synth::{OUT, synthesize};
use states::States;

/// Generate and check GitHub Actions workflows, and run their steps
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CiCommand {
    /// Write .github/workflows/*.yaml from oleoduto.toml and the graph of the stacks
    Generate,
    /// Fail if .github/workflows/*.yaml differ from what `ci generate` writes
    Check,
    /// Print the stacks to deploy, as a JSON array (in a workflow)
    ///
    /// They are the stacks that differ from the last deployed commit, and those that depend on them; all stacks if no
    /// commit is deployed.
    Stacks {
        /// All stacks, whatever changed
        #[arg(long)]
        all: bool,
    },
    /// Print URL, tag and digest of the image, as lines NAME=VALUE (in a workflow)
    Image,
    /// Record that this commit is deployed, or that everything was destroyed (in a workflow)
    Record {
        /// What happened
        #[arg(value_enum)]
        event: marker::Event,
    },
    /// Delete everything in the buckets and image repositories of all stacks, with all versions, to allow `destroy`
    Empty {
        /// Confirm the deletion; there is no undo
        #[arg(short, long)]
        yes: bool,
    },
}

impl CiCommand {
    /// Run the command.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self {
            Self::Generate => generate(global),
            Self::Check => check(global),
            Self::Stacks { all } => stacks(global, all).await,
            Self::Image => image::print(global).await,
            Self::Record { event } => marker::record(global, event).await,
            Self::Empty { yes } => empty::empty(global, yes).await,
        }
    }
}

fn generate(global: &Global) -> anyhow::Result<ExitCode> {
    let root = std::path::absolute(&global.overrides.project_dir)?;
    let files = render::workflows(&model::Model::of(&root)?)?;
    for path in files::write(&root, &files)? {
        outln!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn check(global: &Global) -> anyhow::Result<ExitCode> {
    let root = std::path::absolute(&global.overrides.project_dir)?;
    let files = render::workflows(&model::Model::of(&root)?)?;
    let drift = files::drift(&root, &files)?;
    if drift.is_empty() {
        outln!("the workflows are what `oleoduto ci generate` writes");
        return Ok(ExitCode::SUCCESS);
    }
    let list: String = drift.iter().map(|line| format!("\n  {line}")).collect();
    bail!("the workflows are not what `oleoduto ci generate` writes; run it and commit the result:{list}")
}

async fn stacks(global: &Global, all: bool) -> anyhow::Result<ExitCode> {
    let config = global.config()?;
    let settings = config.settings(&config.root().join(OUT)).await?;
    let output = synthesize(&settings)?;
    let base = if all { None } else { marker::read(&States::of(config, &settings).await?).await? };
    outln!("{}", serde_json::to_string(&select::stacks(global, config.root(), &output, &settings, base.as_deref())?)?);
    Ok(ExitCode::SUCCESS)
}
