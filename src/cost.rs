//! `oleoduto cost`: an estimate of what an environment costs.

use std::path::Path;
use std::process::ExitCode;

use crate::global::Global;
use crate::synth::OUT;

/// Estimate what the environment costs: a month without executions, and one execution
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oleoduto cost --env prod")]
pub(crate) struct Args {}

impl Args {
    /// Print the estimate.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let settings = global.config()?.settings(Path::new(OUT)).await?;
        outln!("{}", oleoduto_stacks::cost(&settings)?.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
