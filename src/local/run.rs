//! `oleoduto local run`: from nothing to a forecast.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use serde_json::{Value as Json, json};
use tokio::process::Command;

use super::context::LocalContext;
use super::endpoint::{self, Endpoint};
use super::execution::{self, Execution};
use super::progress::{Progress, ProgressStep};
use super::terraform::{self, Working};
use super::{forecast, open, server, setup};
use crate::backfill::{Pipeline, Range, Start};
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
    #[arg(long)]
    run_date: Option<String>,
    #[command(flatten)]
    start: Start,
    #[command(flatten)]
    range: Range,
    /// Open the report in the browser at the end
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    port: server::PortArgs,
}

impl Args {
    /// Run everything; on a signal stop what this run started.
    pub(super) async fn run(self, context: &LocalContext, config: &Config) -> anyhow::Result<ExitCode> {
        let before = endpoint::running(context).await;
        let working = Working::default();
        let pipeline = self.pipeline(context, config, before.clone(), &working);
        tokio::pin!(pipeline);
        let mut signals = Signals::listen()?;
        let code = tokio::select! {
            result = &mut pipeline => return result,
            code = signals.next() => code,
        };
        errln!("interrupted: stopping what this run started");
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
        interrupted(context, before).await?;
        Ok(ExitCode::from(code))
    }

    async fn pipeline(
        self,
        context: &LocalContext,
        config: &Config,
        before: Option<Endpoint>,
        working: &Working,
    ) -> anyhow::Result<ExitCode> {
        let dates = self.range.dates()?;
        let mut progress = Progress::default();
        let source = self.source.as_deref().map(absolute).transpose()?;

        let step = ProgressStep::start("set-up");
        setup::tools(context).await?;
        setup::environment(context).await?;
        progress.finish(&step);

        let source = match source {
            Some(source) => source,
            None => reachable_source(context).await?,
        };

        let step = ProgressStep::start("local AWS");
        let endpoint = match before {
            Some(endpoint) => endpoint,
            None => server::start(context, &self.port).await?,
        };
        progress.finish(&step);

        let step = ProgressStep::start("synth");
        let (out, state) = (context.data().join("cdktf.out"), context.data().join("state"));
        let settings = config.local_settings(&out, &state, &endpoint.account, &endpoint.region)?;
        synthesize(&settings)?.write(&out).context("the stacks of the local AWS could not be written")?;
        progress.finish(&step);

        let step = Arc::new(ProgressStep::start("terraform apply"));
        terraform::apply(context, &endpoint, &out, &step, working).await?;
        progress.finish(&step);

        let sdk = execution::sdk(&endpoint).await;
        let mut input = self.start.input(Some(&source));
        if let Some(date) = &self.run_date {
            input["run_date"] = json!(date);
        }
        if let Some(dates) = dates {
            let client = Client::new(&sdk);
            let machine = execution::machine(&client).await?;
            let pipeline = Pipeline { client, machine, input, pause: Duration::from_millis(500) };
            return Ok(self.range.execute(&pipeline, &dates).await);
        }
        let step = ProgressStep::start("execution");
        let execution = Execution::start(&sdk, &input).await?;
        let output = execution.follow(&step).await?;
        progress.finish(&step);

        let bucket = context.names.bucket(&endpoint.account, &endpoint.region);
        let page = show(context, &sdk, &bucket, &output, &source).await?;
        outln!("endpoint     {}  (eval \"$(cargo run -q -- local env)\"; `cargo run -- local down` stops it)", endpoint.url);
        outln!("execution    {}", execution.arn);
        outln!("total        {:.1} s", progress.total().as_secs_f64());
        if self.open {
            open::in_browser(&page)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Print the forecast and the places of its files; returns the path of the report.
async fn show(context: &LocalContext, sdk: &SdkConfig, bucket: &str, output: &Json, source: &str) -> anyhow::Result<PathBuf> {
    let dataproc = output["run"]["dataproc"].as_str().context("the execution's output has no `dataproc`")?;
    let found = forecast::download(sdk, bucket, dataproc).await?;
    outln!("\nForecast of {} (monthly mean, source {source})\n\n{}", context.series, forecast::table(&found.csv)?);
    outln!("predictions  s3://{bucket}/predictions/dataproc={dataproc}/");
    outln!("report       s3://{bucket}/reports/dataproc={dataproc}/");
    let page = context.data().join("report.html");
    std::fs::write(&page, &found.page).with_context(|| format!("the report can't be written to {}", page.display()))?;
    outln!("page         {}", page.display());
    // The report links to it by this name.
    let all = context.data().join("series.html");
    if output["run"]["many"] == "true" {
        let series = forecast::series(sdk, bucket, dataproc).await?;
        std::fs::write(&all, &series.page).with_context(|| format!("the page can't be written to {}", all.display()))?;
        outln!("series       {}", series.summary);
        outln!("all series   {}", all.display());
    }
    Ok(page)
}

/// Stop the executions, or the server if this run started it.
async fn interrupted(context: &LocalContext, before: Option<Endpoint>) -> anyhow::Result<()> {
    let Some(endpoint) = endpoint::running(context).await else { return Ok(()) };
    if before.is_some() { execution::stop_all(&endpoint).await } else { server::stop(&endpoint).await }
}

/// The source with an absolute path: jobs run in folders of their own.
fn absolute(source: &str) -> anyhow::Result<String> {
    match source.strip_prefix("file:") {
        // One file per code: the path itself is not a file.
        Some(path) if path.contains("{code}") && !path.starts_with("s3://") => {
            let path =
                std::path::absolute(path).with_context(|| format!("--source file:{path}: the current folder can't be read"))?;
            Ok(format!("file:{}", path.display()))
        }
        Some(path) if !path.starts_with("s3://") => {
            let (file, options) = split_options(path);
            let file = std::fs::canonicalize(Path::new(file))
                .with_context(|| format!("--source file:{path}: the file can't be read"))?;
            Ok(format!("file:{}{options}", file.display()))
        }
        Some(_) => Ok(source.to_owned()),
        None if matches!(split_options(source), ("ipeadata" | "ipeadatapy", _) | ("sample", "")) || is_replay(source) => {
            Ok(source.to_owned())
        }
        None => {
            bail!("--source `{source}` is not known: use `ipeadata`, `ipeadatapy`, `sample`, `file:PATH` or `replay:YYYYMMDD`")
        }
    }
}

/// Path and options of a source: `prices.csv?date=Data&sep=;` has the options `?date=Data&sep=;`. The job checks them. A path
/// may hold a `?` that no `key=` follows.
fn split_options(source: &str) -> (&str, &str) {
    let is_option = |query: &str| query.split_once('=').is_some_and(|(key, _)| !key.contains('/'));
    match source.rfind('?') {
        Some(mark) if is_option(&source[mark + 1..]) => source.split_at(mark),
        _ => (source, ""),
    }
}

/// Whether a source is the kept responses of a run date. The function that starts the run checks the date.
fn is_replay(source: &str) -> bool {
    source.strip_prefix("replay:").is_some_and(|date| date.len() == 8 && date.chars().all(|c| c.is_ascii_digit()))
}

/// Ipeadata if it answers, else the sample with a notice.
async fn reachable_source(context: &LocalContext) -> anyhow::Result<String> {
    let output = Command::new(context.venv_python())
        .args(["-m", "oleoduto_jobs.etl.sources", "--check", "ipeadata", "--series", &context.series])
        .env("PYTHONPATH", context.root.join("jobs/src"))
        .kill_on_drop(true)
        .output()
        .await
        .context("the check of Ipeadata can't be started")?;
    match output.status.code() {
        Some(0) => {
            // Notices: whether the service answered by https.
            errln!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
            Ok("ipeadata".to_owned())
        }
        Some(3) => {
            errln!("notice: Ipeadata does not answer; using the sample instead (monthly Brent prices to January 2020)");
            Ok("sample".to_owned())
        }
        _ => bail!("Ipeadata: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use clap::Args as _;

    use super::*;

    #[test]
    fn the_help_names_every_source() {
        let help = Args::augment_args(clap::Command::new("run")).render_long_help().to_string();
        for source in ["ipeadata", "ipeadatapy", "sample", "file:s3://bucket/key", "replay:20260101"] {
            assert_eq!(absolute(source).unwrap(), source);
            let kind = source.split_once(':').map_or(source.to_owned(), |(kind, _)| format!("{kind}:"));
            assert!(help.contains(&format!("`{kind}")), "{kind} is missing: {help}");
        }
        assert!(absolute("http://example.org").is_err());
    }

    #[test]
    fn options_stay_behind_the_absolute_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = std::fs::canonicalize(folder.path()).unwrap().join("p.csv");
        std::fs::write(&file, "Data;Valor\n").unwrap();
        let given = format!("file:{}/./p.csv?date=Data&value=Valor&sep=;", folder.path().display());
        assert_eq!(absolute(&given).unwrap(), format!("file:{}?date=Data&value=Valor&sep=;", file.display()));
        assert_eq!(absolute("ipeadata?territory=Estados/35").unwrap(), "ipeadata?territory=Estados/35");
        assert!(absolute("sample?territory=35").is_err());
        assert_eq!(split_options("a?b/c=d"), ("a?b/c=d", ""));
    }
}
