//! `oleoduto local run`: from nothing to a forecast.

use std::cell::Cell;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use jiff::civil::Date;
use serde_json::{Value as Json, json};

use super::context::LocalContext;
use super::endpoint::{self, Endpoint};
use super::execution::{self, Execution};
use super::progress::{Progress, ProgressStep};
use super::terraform::{self, Working};
use super::{forecast, server, setup, source, ui};
use crate::backfill::{Pipeline, Range, Start, dates};
use crate::config::Config;
use crate::synth::synthesize;
use oleoduto_cli::Signals;

/// Run the whole pipeline: set-up, synth, terraform apply, execution, forecast
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Source of the prices: `ipeadata`, `ipeadatapy`, `file:PATH` (CSV; options as in `PATH?sep=;`), `replay:YYYYMMDD` (the
    /// kept responses of a run date) or `sample` [default: `ipeadata`, or `sample` if it does not answer]
    #[arg(long)]
    source: Option<String>,
    /// Run date, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    run_date: Option<Date>,
    #[command(flatten)]
    start: Start,
    #[command(flatten)]
    range: Range,
    /// Print all that AWS says of a failure
    #[arg(long)]
    verbose: bool,
    /// Open a page that shows the run as it goes
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    port: server::PortArgs,
}

/// What an interrupt has to know of a run.
#[derive(Clone, Copy)]
struct Under<'a> {
    /// What applies the stacks.
    working: &'a Working,
    /// Whether all stacks are applied.
    applied: &'a Cell<bool>,
}

impl Args {
    /// Run everything; on a signal stop what this run started.
    pub(super) async fn run(self, context: &LocalContext, config: &Config) -> anyhow::Result<ExitCode> {
        let before = endpoint::running(context).await;
        let working = Working::default();
        let applied = Cell::new(false);
        let pipeline = self.pipeline(context, config, before.clone(), Under { working: &working, applied: &applied });
        tokio::pin!(pipeline);
        let mut signals = Signals::listen()?;
        let code = tokio::select! {
            result = &mut pipeline => return result,
            code = signals.next() => code,
        };
        let kept = before.is_some() || applied.get();
        errln!("interrupted: stopping {}", if kept { "the execution" } else { "what this run started" });
        let runner = oleoduto_runner::locked(&working).clone();
        if let Some(runner) = runner {
            // Terraform ends what it is doing and saves its state; its failure is expected. Another signal: it gives up at once.
            runner.interrupt();
            while tokio::select! {
                _ = &mut pipeline => false,
                () = terraform::ended(&working) => false,
                _ = signals.next() => true,
            } {
                runner.interrupt();
            }
        }
        interrupted(context, kept).await?;
        Ok(ExitCode::from(code))
    }

    async fn pipeline(
        self,
        context: &LocalContext,
        config: &Config,
        before: Option<Endpoint>,
        under: Under<'_>,
    ) -> anyhow::Result<ExitCode> {
        let dates = self.range.dates()?;
        let mut progress = Progress::default();
        let source = self.source.as_deref().map(source::absolute).transpose()?;

        let step = ProgressStep::start("set-up");
        setup::tools(context).await?;
        setup::environment(context).await?;
        progress.finish(&step);

        let source = source::checked(context, source, self.run_date).await?;

        let step = ProgressStep::start("local AWS");
        let endpoint = match before {
            Some(endpoint) => endpoint,
            None => server::start(context, &self.port, server::SparkStart::WithServer).await?,
        };
        progress.finish(&step);
        if self.open {
            ui::open_beside(context, &endpoint)?;
        }

        let step = ProgressStep::start("synth");
        let (out, state) = (context.data().join("cdktf.out"), context.data().join("state"));
        let settings = config.local_settings(&out, &state, &endpoint.account, &endpoint.region)?;
        synthesize(&settings)?.write(&out).context("the stacks of the local AWS could not be written")?;
        progress.finish(&step);

        let step = Arc::new(ProgressStep::start("terraform apply"));
        terraform::apply(context, &endpoint, &out, &step, under.working).await?;
        under.applied.set(true);
        progress.finish(&step);

        let sdk = execution::sdk(&endpoint).await;
        let mut input = self.start.input(Some(&source));
        if let Some(date) = self.run_date {
            input["run_date"] = json!(date.to_string());
        }
        if let Some(dates) = dates {
            let client = Client::new(&sdk);
            let machine = execution::machine(&client).await?;
            let pipeline = Pipeline { client, machine, input, pause: Duration::from_millis(500) };
            return Ok(self.range.execute(&pipeline, &dates).await);
        }
        let step = ProgressStep::start("execution");
        let execution = Execution::start(&sdk, &input).await?;
        let output = execution.follow(&step, self.verbose).await?;
        progress.finish(&step);

        let bucket = context.names.bucket(&endpoint.account, &endpoint.region);
        show(context, &sdk, &bucket, &output, &source).await?;
        outln!("endpoint     {}  (eval \"$(cargo run -q -- local env)\"; `cargo run -- local down` stops it)", endpoint.url);
        outln!("execution    {}", execution.arn);
        outln!("total        {:.1} s", progress.total().as_secs_f64());
        Ok(ExitCode::SUCCESS)
    }
}

/// Print the forecast and the places of its files.
async fn show(context: &LocalContext, sdk: &SdkConfig, bucket: &str, output: &Json, source: &str) -> anyhow::Result<()> {
    let dataproc = output["run"]["dataproc"].as_str().context("the execution's output has no `dataproc`")?;
    let found = forecast::download(sdk, bucket, dataproc).await?;
    outln!("\nForecast of {} (monthly mean, source {source})\n\n{}", context.series, forecast::table(&found.csv)?);
    outln!("predictions  s3://{bucket}/predictions/dataproc={dataproc}/");
    outln!("report       s3://{bucket}/reports/dataproc={dataproc}/");
    let page = context.data().join("report.html");
    std::fs::write(&page, &found.page).with_context(|| format!("the report can't be written to {}", page.display()))?;
    outln!("page         {}", page.display());
    // The report links to both by these names.
    let quality = context.data().join("quality.html");
    std::fs::write(&quality, &found.quality).with_context(|| format!("the page can't be written to {}", quality.display()))?;
    let all = context.data().join("series.html");
    if output["run"]["many"] == "true" {
        let series = forecast::series(sdk, bucket, dataproc).await?;
        std::fs::write(&all, &series.page).with_context(|| format!("the page can't be written to {}", all.display()))?;
        outln!("series       {}", series.summary);
        outln!("all series   {}", all.display());
    }
    Ok(())
}

/// Stop the executions, and the server too if it is not kept.
async fn interrupted(context: &LocalContext, kept: bool) -> anyhow::Result<()> {
    let Some(endpoint) = endpoint::running(context).await else { return Ok(()) };
    if !kept {
        return server::stop(&endpoint).await;
    }
    execution::stop_all(&endpoint).await?;
    errln!("the local AWS and its stacks stay: `oleoduto local run` goes on with them, `oleoduto local down` removes them");
    Ok(())
}
