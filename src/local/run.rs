//! `oleoduto local run`: from nothing to a forecast.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::json;
use tokio::process::Command;

use super::execution::{self, Execution};
use super::progress::{Step, Steps};
use super::server::Endpoint;
use super::terraform::{self, Working};
use super::{Context, SynthFn, forecast, open, server, setup};

/// Exit code of a program ended by SIGINT.
const INTERRUPTED: u8 = 130;

/// What the execution is asked for.
pub(crate) struct Wanted {
    /// Where prices come from.
    pub(crate) source: Option<String>,
    /// The date to run for.
    pub(crate) run_date: Option<String>,
    /// `train` or `forecast`.
    pub(crate) mode: String,
    /// Open the report in the browser.
    pub(crate) open: bool,
}

/// Run everything; on Ctrl-C stop what this run started.
pub(crate) async fn run(context: &Context, synth: &SynthFn<'_>, wanted: Wanted, port: u16) -> anyhow::Result<ExitCode> {
    let before = server::running(context).await;
    let working = Working::default();
    let pipeline = pipeline(context, synth, wanted, port, before.clone(), &working);
    tokio::pin!(pipeline);
    tokio::select! {
        result = &mut pipeline => result.map(|()| ExitCode::SUCCESS),
        signal = tokio::signal::ctrl_c() => {
            signal.context("the handler of Ctrl-C could not be set")?;
            eprintln!("interrupted: stopping what this run started");
            let runner = oleoduto_runner::locked(&working).clone();
            if let Some(runner) = runner {
                // Terraform ends what it is doing and saves its state; its own failure is what was asked for.
                runner.interrupt();
                let _ = pipeline.await;
            }
            interrupted(context, before).await?;
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Stop the executions; stop the server too, if it was not there before.
async fn interrupted(context: &Context, before: Option<Endpoint>) -> anyhow::Result<()> {
    let Some(endpoint) = server::running(context).await else { return Ok(()) };
    if before.is_some() { execution::stop_all(&endpoint).await } else { server::stop(&endpoint).await }
}

async fn pipeline(
    context: &Context,
    synth: &SynthFn<'_>,
    wanted: Wanted,
    port: u16,
    before: Option<Endpoint>,
    working: &Working,
) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let source = wanted.source.map(|source| absolute(&source)).transpose()?;

    let step = Step::start("set-up");
    setup::tools(context).await?;
    setup::environment(context).await?;
    steps.finish(&step);

    let source = match source {
        Some(source) => source,
        None => reachable_source(context).await?,
    };

    let step = Step::start("local AWS");
    let endpoint = match before {
        Some(endpoint) => endpoint,
        None => server::start(context, port).await?,
    };
    steps.finish(&step);

    let step = Step::start("synth");
    let out = context.data().join("cdktf.out");
    synth(&out, &context.data().join("state"), &endpoint.account, &endpoint.region)?;
    steps.finish(&step);

    let step = Arc::new(Step::start("terraform apply"));
    terraform::apply(context, &endpoint, &out, &step, working).await?;
    steps.finish(&step);

    let step = Step::start("execution");
    let config = execution::sdk(&endpoint).await;
    let mut input = json!({ "source": source, "mode": wanted.mode });
    if let Some(date) = wanted.run_date {
        input["run_date"] = json!(date);
    }
    let execution = Execution::start(&config, &input).await?;
    let output = execution.follow(&step).await?;
    steps.finish(&step);

    let dataproc = output["run"]["dataproc"].as_str().context("the execution's output names no dataproc")?;
    let found = forecast::download(&config, &execution.prefix, dataproc).await?;
    println!("\nForecast of {} (monthly mean, source {source})\n\n{}", context.series, forecast::table(&found.csv)?);
    println!("predictions  s3://{}/predictions/dataproc={dataproc}/", found.bucket);
    println!("report       s3://{}/reports/dataproc={dataproc}/", found.bucket);
    let page = context.data().join("report.html");
    std::fs::write(&page, &found.page).with_context(|| format!("the report can't be written to {}", page.display()))?;
    println!("page         {}", page.display());
    println!("endpoint     {}  (eval \"$(cargo run -q -- local env)\"; `cargo run -- local down` stops it)", endpoint.url);
    println!("execution    {}", execution.arn);
    println!("total        {:.1} s", steps.total().as_secs_f64());
    if wanted.open {
        open::in_browser(&page)?;
    }
    Ok(())
}

/// Jobs run in folders of their own: a path must not depend on where the command was typed.
fn absolute(source: &str) -> anyhow::Result<String> {
    match source.strip_prefix("file:") {
        // One file per code: the path itself names none.
        Some(path) if path.contains("{code}") && !path.starts_with("s3://") => {
            let path =
                std::path::absolute(path).with_context(|| format!("--source file:{path}: the current folder can't be read"))?;
            Ok(format!("file:{}", path.display()))
        }
        Some(path) if !path.starts_with("s3://") => {
            let path = std::fs::canonicalize(Path::new(path))
                .with_context(|| format!("--source file:{path}: the file can't be read"))?;
            Ok(format!("file:{}", path.display()))
        }
        Some(_) => Ok(source.to_owned()),
        None if matches!(source, "ipeadata" | "ipeadatapy" | "sample") || is_replay(source) => Ok(source.to_owned()),
        None => {
            bail!("--source `{source}` is not known: use `ipeadata`, `ipeadatapy`, `sample`, `file:PATH` or `replay:YYYYMMDD`")
        }
    }
}

/// Whether a source is the kept responses of a run date. The function that starts the run checks the date itself.
fn is_replay(source: &str) -> bool {
    source.strip_prefix("replay:").is_some_and(|date| date.len() == 8 && date.chars().all(|c| c.is_ascii_digit()))
}

/// Ipeadata if it answers, else the sample, with a notice.
async fn reachable_source(context: &Context) -> anyhow::Result<String> {
    let output = Command::new(context.venv_python())
        .args(["-m", "oleoduto_jobs.etl.sources", "--check", "ipeadata", "--series", &context.series])
        .env("PYTHONPATH", context.root.join("jobs/src"))
        .output()
        .await
        .context("Ipeadata could not be asked")?;
    match output.status.code() {
        Some(0) => Ok("ipeadata".to_owned()),
        Some(3) => {
            eprintln!(
                "notice: Ipeadata does not answer; using the sample instead (arch.data.crude: monthly Brent prices to January 2020)"
            );
            Ok("sample".to_owned())
        }
        _ => bail!("Ipeadata: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
}
