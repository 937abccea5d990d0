//! `oleoduto run`: executions of the pipeline for one date, or for each of a range.

pub(crate) mod dates;
mod executions;

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use aws_sdk_sfn::Client;
use jiff::civil::Date;
use serde_json::{Value as Json, json};

use crate::global::Global;
use crate::synth::OUT;
use dates::Every;
use executions::Ended;
pub(crate) use executions::Pipeline;
use oleoduto_cli::aws::{PATIENT, Place};

/// What the executions have in common, besides the source.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Start {
    /// `train` and forecast, or only `forecast` with the model of an earlier run
    #[arg(long, default_value = "train", value_parser = ["train", "forecast"])]
    mode: String,
    /// State at which the execution starts; what the earlier states wrote for the run date must be there [default: `Etl`]
    #[arg(long, value_name = "STATE")]
    start_at: Option<String>,
}

impl Start {
    /// The input of an execution; without a source the function chooses it.
    pub(crate) fn input(&self, source: Option<&str>) -> Json {
        let mut input = json!({ "mode": self.mode });
        for (key, value) in [("source", source), ("start_at", self.start_at.as_deref())] {
            if let Some(value) = value {
                input[key] = json!(value);
            }
        }
        input
    }
}

/// The dates of executions, and how many run at once.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Range {
    /// First date of a backfill, YYYY-MM-DD: each date is executed with what was known on it
    #[arg(long, value_name = "DATE", value_parser = dates::parse, requires = "to", conflicts_with = "run_date")]
    from: Option<Date>,
    /// Last date of a backfill, YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = dates::parse, requires = "from")]
    to: Option<Date>,
    /// Time between the dates of a backfill
    #[arg(long, value_enum, default_value = "month", requires = "from")]
    every: Every,
    /// Number of executions at the same time, 1 to 20; Glue runs each job once at a time, so others wait for it
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=20), requires = "from")]
    at_once: u8,
}

impl Range {
    /// The dates; `None` without a range.
    pub(crate) fn dates(&self) -> anyhow::Result<Option<Vec<Date>>> {
        let (Some(from), Some(to)) = (self.from, self.to) else { return Ok(None) };
        dates::between(from, to, self.every).map(Some)
    }

    /// Execute the dates, print how each ended, and then a table.
    pub(crate) async fn execute(&self, pipeline: &Pipeline, dates: &[Date]) -> ExitCode {
        let at_once = NonZeroUsize::new(self.at_once.into()).unwrap_or(NonZeroUsize::MIN);
        errln!("{} executions of {}, {at_once} at once", dates.len(), pipeline.machine);
        let ended = pipeline.execute(dates, at_once, |ended| errln!("{}", line(ended))).await;
        show(&ended)
    }
}

fn line(Ended { date, time, failure }: &Ended) -> String {
    let sign = if failure.is_none() { "ok" } else { "!!" };
    format!("  {sign}  {date} {:>10.1} s", time.as_secs_f64())
}

/// The table of all dates; the exit code is 1 if one failed.
fn show(ended: &[Ended]) -> ExitCode {
    outln!("\ndate        result");
    for Ended { date, failure, .. } in ended {
        outln!(
            "{date}  {}",
            failure.as_ref().map_or("succeeded".to_owned(), |why| format!("failed: {}", why.replace('\n', " ")))
        );
    }
    let failed = ended.iter().filter(|ended| ended.failure.is_some()).count();
    outln!("{} succeeded, {failed} failed", ended.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Run the pipeline of the environment: for today, for a date, or for each date of a range
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  oleoduto run --env prod\n  oleoduto run --env prod --from 2023-01-01 --to 2023-12-01 --at-once 3"
)]
pub(crate) struct Args {
    /// Source of the prices: `ipeadata`, `file:s3://BUCKET/KEY`, `replay:YYYYMMDD` [default: `ipeadata`]
    #[arg(long)]
    source: Option<String>,
    /// Run date, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    run_date: Option<Date>,
    #[command(flatten)]
    start: Start,
    #[command(flatten)]
    range: Range,
}

impl Args {
    /// Execute, and wait for the ends.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.config()?;
        let settings = config.settings(Path::new(OUT)).await?;
        config.verify_account(&settings).await?;
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let dates = self.range.dates()?.unwrap_or_else(|| vec![self.run_date.unwrap_or(today)]);
        let pipeline = Pipeline {
            client: Client::new(&Place::of(&settings.region, PATIENT).config().await),
            machine: settings.machine_arn(),
            input: self.start.input(self.source.as_deref()),
            pause: Duration::from_secs(5),
        };
        let code = self.range.execute(&pipeline, &dates).await;
        if self.start.mode == "train" && dates.last().is_some_and(|last| *last < today) {
            errln!("notice: the champion is the model of the newest of these dates; `oleoduto run` trains that of today");
        }
        Ok(code)
    }
}
