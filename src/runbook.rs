//! `oleoduto runbook`: what an engineer on call needs to know of an environment.

use std::path::Path;
use std::process::ExitCode;

use crate::global::Global;
use crate::synth::OUT;

/// Print the runbook of the environment as Markdown: for each alarm what it means, where to look and what to run
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oleoduto runbook --env prod > runbook.md")]
pub(crate) struct Args {}

impl Args {
    /// Print it.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let settings = global.config()?.settings(Path::new(OUT)).await?;
        outln!("{}", oleoduto_stacks::runbook(&settings).trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
