//! The command line of Oleoduto: it parses and dispatches.

mod account;
mod aws;
mod backend;
mod backtest;
mod ci;
mod config;
mod doctor;
mod graph;
mod local;
mod runner;
mod shell;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use config::{Config, Overrides};
use oleoduto_cdk::Synthesized;
use oleoduto_stacks::Settings;

/// The output folder, unless another is named.
const OUT: &str = "cdktf.out";

/// An ETL and forecasting pipeline on AWS as typed Rust stacks, applied by the stock Terraform CLI
#[derive(Debug, Parser)]
#[command(name = "oleoduto", version)]
struct Cli {
    #[command(flatten)]
    overrides: Overrides,
    /// Terraform's or OpenTofu's binary
    #[arg(long, env = "TERRAFORM_BINARY_NAME", default_value = "terraform", global = true)]
    terraform: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write Terraform JSON, one folder per stack, and manifest.json
    Synth {
        /// The output folder
        #[arg(short, long, env = "CDKTF_OUTDIR", default_value = OUT)]
        out: PathBuf,
    },
    /// List the stacks in the order in which they can be applied
    List {
        /// Only stacks whose output differs from that of this commit (branch, tag or hash)
        #[arg(long, value_name = "GIT_REF")]
        changed_since: Option<String>,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Run(runner::RunCommand),
    /// The bucket of Terraform states: one per account and region
    Backend {
        #[command(subcommand)]
        command: backend::BackendCommand,
    },
    /// Workflows of GitHub Actions, made of the stacks' graph, and what their jobs do
    Ci {
        #[command(subcommand)]
        command: ci::CiCommand,
    },
    /// Look for what is missing on this machine and in the account, and say how to put it right
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell
    #[command(after_help = "Examples:\n  source <(oleoduto completions bash)\n  oleoduto completions zsh > ~/.zfunc/_oleoduto")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one per command
    Man {
        /// Where to
        #[arg(long, default_value = "man")]
        out: PathBuf,
    },
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        command: config::ConfigCommand,
    },
    /// Add an environment to oleoduto.toml: asks, or takes flags; looks the account up by STS
    #[command(
        after_help = "Examples:\n  oleoduto init-env prod\n  oleoduto init-env prod --region sa-east-1 --email someone@example.org"
    )]
    InitEnv(config::InitEnv),
    /// Print the graph of the stacks
    Graph {
        /// The graph's language
        #[arg(long, value_enum, default_value = "mermaid")]
        format: graph::Format,
    },
    #[command(
        after_help = "Examples:\n  oleoduto backtest --source file:prices.csv --origins 2019-01..2023-06\n  oleoduto backtest --source sample --origins 2015-01..2019-06 --candidates no_change_monthly_mean,no_change_last_price,ridge --json"
    )]
    Backtest(backtest::Backtest),
    /// Run the whole pipeline on this machine, without an AWS account
    Local {
        #[command(subcommand)]
        command: local::LocalCommand,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match dispatch(parse()).await {
        Ok(code) => code,
        Err(error) => {
            let style = anstyle::AnsiColor::Red.on_default().bold();
            anstream::eprintln!("{style}error:{style:#} {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The command line, with a note of what came from flags.
fn parse() -> Cli {
    let matches = Cli::command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Global flags can stand after the subcommand: the innermost level has the last word.
    let mut level = Some(&matches);
    while let Some(here) = level {
        for (id, flag) in [("environment", "env"), ("account", "account"), ("region", "region"), ("series", "series")] {
            if here.value_source(id) == Some(ValueSource::CommandLine) {
                cli.overrides.by_flag.push(flag.to_owned());
            }
        }
        level = here.subcommand().map(|(_, below)| below);
    }
    cli
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    // These two must work when the file has no section for the environment yet.
    match &cli.command {
        Command::Config { command } => return config::run(command, &cli.overrides).map(|()| ExitCode::SUCCESS),
        Command::Doctor { json } => return doctor::run(&cli.overrides, cli.terraform.clone(), *json).await,
        Command::Completions { shell } => {
            shell::completions(*shell)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Man { out } => {
            shell::manual(out)?.iter().for_each(|path| println!("{}", path.display()));
            return Ok(ExitCode::SUCCESS);
        }
        Command::Ci { command: ci::CiCommand::Generate } => return ci::generate(&cli.overrides),
        Command::Ci { command: ci::CiCommand::Check } => return ci::check(&cli.overrides),
        Command::InitEnv(command) => return config::init_env(command, &cli.overrides).await.map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let config = Config::load(&cli.overrides)?;
    match cli.command {
        Command::Backend { command } => return backend::run(&command, &config, cli.terraform).await,
        Command::Ci { command } => return ci::run(&command, &config).await,
        Command::Doctor { .. }
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Config { .. }
        | Command::InitEnv(_) => {}
        Command::Synth { out } => {
            let output = write_output(&config.settings(&out).await?, &out)?;
            for stack in &output.stacks {
                println!("{}", out.join("stacks").join(&stack.name).join("cdk.tf.json").display());
            }
        }
        Command::List { changed_since, json } => list(&config, changed_since, json).await?,
        Command::Run(command) => return runner::run(command, &config, cli.terraform).await,
        Command::Graph { format } => {
            let output = synthesise(&config.settings(Path::new(OUT)).await?)?;
            print!("{}", graph::render(&output.manifest, format));
        }
        Command::Backtest(command) => return backtest::run(&command, &local_context(&config, cli.terraform)?).await,
        Command::Local { command } => return run_local(command, &config, cli.terraform).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn synthesise(settings: &Settings) -> anyhow::Result<Synthesized> {
    Ok(oleoduto_stacks::app(settings)?.synth()?)
}

/// Synthesise into a folder, saying first what would be destroyed only because its id changed.
fn write_output(settings: &Settings, out: &Path) -> anyhow::Result<Synthesized> {
    let output = synthesise(settings)?;
    for warning in output.warnings.iter().chain(&output.renames(out)) {
        eprintln!("{warning}");
    }
    output.write(out)?;
    Ok(output)
}

async fn list(config: &Config, changed_since: Option<String>, json: bool) -> anyhow::Result<()> {
    let settings = config.settings(&config.root().join(OUT)).await?;
    let output = synthesise(&settings)?;
    let names = match changed_since {
        Some(reference) => runner::changed_since(&reference, config.root(), &output, &settings)?,
        None => output.stacks.iter().map(|stack| stack.name.clone()).collect(),
    };
    if json {
        println!("{}", serde_json::to_string(&names)?);
    } else {
        names.iter().for_each(|name| println!("{name}"));
    }
    Ok(())
}

fn local_context(config: &Config, terraform: String) -> anyhow::Result<local::Context> {
    Ok(local::Context {
        root: config.root().to_owned(),
        terraform,
        plugin_cache: runner::plugin_cache(config)?,
        python: std::env::var("OLEODUTO_PYTHON").unwrap_or_else(|_| "python3".to_owned()),
        series: config.series().to_string(),
    })
}

async fn run_local(command: local::LocalCommand, config: &Config, terraform: String) -> anyhow::Result<ExitCode> {
    let context = local_context(config, terraform)?;
    let synth = |out: &Path, state: &Path, account: &str, region: &str| -> anyhow::Result<()> {
        let output = synthesise(&config.local_settings(out, state, account, region)?)?;
        output.write(out).context("the local AWS's stacks could not be written")
    };
    local::run(command, &context, &synth).await
}
