//! `oleoduto backtest`: the errors of every candidate at chosen origins, computed by the project's Python package.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::process::Command;

use crate::global::Global;
use crate::local::context::LocalContext;
use crate::local::setup;
use crate::process_group;

/// Spark's JVM only makes the monthly table of one series, and half of its time would go to the better of its two compilers.
const SPARK_OPTIONS: (&str, &str) = ("SPARK_SUBMIT_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1");

/// Backtest every candidate model from each month end in a range
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  oleoduto backtest --source file:prices.csv --origins 2019-01..2023-06\n  oleoduto backtest --source sample --origins 2015-01..2019-06 --candidates no_change_monthly_mean,no_change_last_price,ridge --json"
)]
pub(crate) struct Args {
    /// Source of the prices: `ipeadata`, `ipeadatapy`, `file:PATH` (CSV; options as in `PATH?sep=;`) or `sample`
    #[arg(long)]
    source: String,
    /// First and last origin, YYYY-MM..YYYY-MM; a forecast uses only data up to its origin
    #[arg(long)]
    origins: String,
    /// Candidates, separated by commas [default: all]
    #[arg(long)]
    candidates: Option<String>,
    /// Random seed
    #[arg(long)]
    seed: Option<u32>,
    /// Number of worker processes [default: one per core]
    #[arg(long)]
    workers: Option<u16>,
    /// Print JSON, with every forecast
    #[arg(long)]
    json: bool,
}

impl Args {
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

    /// Run the Python program.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let context = LocalContext::of(global)?;
        setup::environment(&context).await?;
        let python = context.venv_python();
        let mut command = Command::new(&python);
        command.args(self.arguments(&context.series)).env("PYTHONPATH", context.root.join("jobs/src"));
        if std::env::var_os(SPARK_OPTIONS.0).is_none() {
            command.env(SPARK_OPTIONS.0, SPARK_OPTIONS.1);
        }
        let status =
            process_group::status(&mut command).await.with_context(|| format!("{} can't be started", python.display()))?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
