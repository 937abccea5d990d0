//! `oleoduto backtest`: every candidate's errors on any origins of any source, by the project's own Python.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::process::Command;

use crate::local;

/// Forecast from each of these month ends with every candidate, and compare with what happened
#[derive(Debug, clap::Args)]
pub(crate) struct Backtest {
    /// `ipeadata`, `file:PATH` (CSV with Date,Price) or `sample`
    #[arg(long)]
    source: String,
    /// First and last month that is forecast from, YYYY-MM..YYYY-MM; nothing after an origin is used for it
    #[arg(long)]
    origins: String,
    /// Only these candidates, separated by commas
    #[arg(long)]
    candidates: Option<String>,
    /// Seed of everything random
    #[arg(long)]
    seed: Option<u32>,
    /// Processes at once; without it one per core
    #[arg(long)]
    workers: Option<u16>,
    /// Print JSON, with every single forecast
    #[arg(long)]
    json: bool,
}

impl Backtest {
    fn arguments(&self, series: &str) -> Vec<OsString> {
        let mut arguments: Vec<String> = vec!["-m".into(), "oleoduto_jobs.ml.evaluate".into()];
        let optional = [
            ("--series", Some(series.to_owned())),
            ("--source", Some(self.source.clone())),
            ("--origins", Some(self.origins.clone())),
            ("--candidates", self.candidates.clone()),
            ("--seed", self.seed.map(|seed| seed.to_string())),
            ("--workers", self.workers.map(|workers| workers.to_string())),
        ];
        arguments.extend(optional.into_iter().filter_map(|(flag, value)| value.map(|value| format!("{flag}={value}"))));
        if self.json {
            arguments.push("--json".into());
        }
        arguments.into_iter().map(OsString::from).collect()
    }
}

/// Run it; its exit code is the program's.
pub(crate) async fn run(command: &Backtest, context: &local::Context) -> anyhow::Result<ExitCode> {
    local::environment(context).await?;
    let python = context.venv_python();
    let status = Command::new(&python)
        .args(command.arguments(&context.series))
        .env("PYTHONPATH", context.root.join("jobs/src"))
        .status()
        .await
        .with_context(|| format!("{} can't be started", python.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
