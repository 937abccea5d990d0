//! `oleoduto local`: the whole pipeline on this machine, on a local AWS.

mod execution;
mod forecast;
mod mlflow;
mod open;
mod progress;
mod run;
mod server;
mod setup;
mod terraform;

pub(crate) use setup::environment;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

/// What the commands need to know of the project.
pub(crate) struct Context {
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// Terraform's binary.
    pub(crate) terraform: String,
    /// Terraform's plugin cache.
    pub(crate) plugin_cache: PathBuf,
    /// The Python that makes the project's environment.
    pub(crate) python: String,
    /// Ipeadata code of the series.
    pub(crate) series: String,
}

impl Context {
    /// The folder of everything local; git-ignored, removed by `down`.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join(".oleoduto/local")
    }

    /// The environment's interpreter.
    pub(crate) fn venv_python(&self) -> PathBuf {
        self.root.join(".venv/bin/python")
    }
}

/// Synthesise for the local AWS: output folder, state folder, account, region.
pub(crate) type SynthFn<'a> = dyn Fn(&Path, &Path, &str, &str) -> anyhow::Result<()> + Sync + 'a;

/// Where the local AWS listens and who it says it is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// Commands of the local AWS.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LocalCommand {
    /// Start the local AWS
    Up(ServerArgs),
    /// Run the whole pipeline: set-up, synth, terraform apply, execution, forecast
    Run {
        /// `ipeadata`, `file:PATH` (CSV with Date,Price) or `sample`; without it Ipeadata, or the sample if it does not answer
        #[arg(long)]
        source: Option<String>,
        /// Run for this date (YYYY-MM-DD) instead of today
        #[arg(long)]
        run_date: Option<String>,
        /// `train` and forecast, or only `forecast` with the model of an earlier run
        #[arg(long, default_value = "train", value_parser = ["train", "forecast"])]
        mode: String,
        /// Open the report in the browser at the end
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show the local AWS and what it is doing (exit code 3 when it is not running)
    Status,
    /// Print the logs of jobs, functions and Terraform
    Logs {
        /// Only logs whose name contains this
        name: Option<String>,
    },
    /// Stop the local AWS and remove its data
    Down,
    /// Print the environment that points AWS tools and Terraform at the local AWS: eval "$(oleoduto local env)"
    Env,
    /// Record the training jobs in MLflow and open its UI, until Ctrl-C
    Mlflow(mlflow::Mlflow),
    /// Set up the Python environment only
    Setup,
}

/// Run a command.
pub(crate) async fn run(command: LocalCommand, context: &Context, synth: &SynthFn<'_>) -> anyhow::Result<ExitCode> {
    match command {
        LocalCommand::Up(args) => {
            if let Some(endpoint) = server::running(context).await {
                bail!(
                    "the local AWS is already running at {} (pid {}); `oleoduto local down` stops it",
                    endpoint.url,
                    endpoint.pid
                );
            }
            setup::environment(context).await?;
            let endpoint = server::start(context, args.port).await?;
            println!(
                "local AWS at {} (pid {}, account {}, region {})",
                endpoint.url, endpoint.pid, endpoint.account, endpoint.region
            );
        }
        LocalCommand::Run { source, run_date, mode, open, server } => {
            return run::run(context, synth, run::Wanted { source, run_date, mode, open }, server.port).await;
        }
        LocalCommand::Status => return server::status(context).await,
        LocalCommand::Logs { name } => logs(context, name.as_deref())?,
        LocalCommand::Down => server::down(context).await?,
        LocalCommand::Env => {
            let endpoint = server::require(context).await?;
            for (key, value) in endpoint.environment() {
                println!("export {key}={value}");
            }
        }
        LocalCommand::Mlflow(command) => return mlflow::run(&command, context).await,
        LocalCommand::Setup => setup::environment(context).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn logs(context: &Context, wanted: Option<&str>) -> anyhow::Result<()> {
    let base = context.data();
    let mut files = Vec::new();
    // Those of jobs and functions, and the runner's of Terraform.
    for folder in ["logs", "cdktf.out/logs"].map(|folder| base.join(folder)).iter().filter(|folder| folder.is_dir()) {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.with_context(|| format!("the logs in {} can't be read", folder.display()))?;
            if entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
    }
    if files.is_empty() {
        bail!("there are no logs in {}: `oleoduto local run` makes some", base.display());
    }
    files.sort();
    let names: Vec<String> = files.iter().map(|file| file.strip_prefix(&base).unwrap_or(file).display().to_string()).collect();
    let chosen: Vec<_> = files.iter().zip(&names).filter(|(_, name)| wanted.is_none_or(|wanted| name.contains(wanted))).collect();
    if chosen.is_empty() {
        bail!("no log's name contains `{}`; there are: {}", wanted.unwrap_or_default(), names.join(", "));
    }
    for (file, name) in chosen {
        println!("== {name} ==\n{}", String::from_utf8_lossy(&std::fs::read(file)?));
    }
    Ok(())
}
