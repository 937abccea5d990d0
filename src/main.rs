//! The command line of Oleoduto: parse and dispatch.

#[macro_use(errln, outln)]
extern crate oleoduto_cli;

mod account;
mod backfill;
mod backtest;
mod bindings;
mod ci;
#[cfg(test)]
mod command_line;
mod config;
mod cost;
mod doctor;
mod failure;
mod global;
mod local;
mod new;
mod process_group;
mod project;
mod run_rules;
mod runbook;
mod synth;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use global::Global;
use oleoduto_cli::backend::BackendCommand;
use oleoduto_cli::{
    CompletionsArgs, ExplainArgs, GraphArgs, ListArgs, ManArgs, RunCommand, SynthArgs, exit_code, named, serve_provider_if_asked,
    until_signal,
};

/// An ETL and forecasting pipeline on AWS as typed Rust stacks, applied by the stock Terraform CLI
#[derive(Debug, Parser)]
#[command(name = "oleoduto", version)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Synth(SynthArgs),
    List(ListArgs),
    #[command(flatten)]
    Run(Box<RunCommand>),
    New(new::Args),
    Add(bindings::add::Args),
    /// Check or write the bindings that `oleoduto add` made in a Rust project
    Bindings {
        #[command(subcommand)]
        command: bindings::BindingsCommand,
    },
    /// Manage the bucket that stores Terraform state (one per account and region)
    Backend {
        #[command(subcommand)]
        command: BackendCommand,
    },
    /// Generate and check GitHub Actions workflows, and run their steps
    Ci {
        #[command(subcommand)]
        command: ci::CiCommand,
    },
    Doctor(doctor::Args),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// Show the effective configuration or its JSON Schema
    Config {
        #[command(subcommand)]
        command: config::command::ConfigCommand,
    },
    /// Add an environment to oleoduto.toml, interactively or from flags; the account comes from STS
    #[command(
        after_help = "Examples:\n  oleoduto init-env prod\n  oleoduto init-env prod --region sa-east-1 --email someone@example.org"
    )]
    InitEnv(config::init::InitEnv),
    Graph(GraphArgs),
    Explain(ExplainArgs),
    #[command(name = "run")]
    Execute(backfill::Args),
    Runbook(runbook::Args),
    Cost(cost::Args),
    Backtest(backtest::Args),
    /// Run the whole pipeline on this machine, without an AWS account
    Local {
        #[command(subcommand)]
        command: local::LocalCommand,
    },
}

/// The flag that names the project's folder.
const PROJECT_DIR: &str = "project-dir";

impl Command {
    /// Whether a command works on the project around the current folder, not on the folder itself or on nothing.
    fn is_of_project(&self) -> bool {
        !matches!(self, Self::New(_) | Self::Add(_) | Self::Bindings { .. } | Self::Completions(_) | Self::Man(_))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(code) = serve_provider_if_asked().await {
        return code;
    }
    exit_code(dispatch(parse()).await)
}

/// The command line, with the program's name in its examples.
fn command() -> clap::Command {
    named(Cli::command(), "oleoduto")
}

/// The command line, with a note of what came from flags.
fn parse() -> Cli {
    let matches = command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Global flags can stand after the subcommand: the innermost level has the last word.
    let mut level = Some(&matches);
    while let Some(here) = level {
        for (id, flag) in [
            ("environment", "env"),
            ("account", "account"),
            ("region", "region"),
            ("series", "series"),
            ("project_dir", PROJECT_DIR),
        ] {
            if here.value_source(id) == Some(ValueSource::CommandLine) {
                cli.global.overrides.by_flag.push(flag.to_owned());
            }
        }
        level = here.subcommand().map(|(_, below)| below);
    }
    cli
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let global = &cli.global;
    if cli.command.is_of_project() && !global.overrides.by_flag.iter().any(|name| name == PROJECT_DIR) {
        project::enter().context("the project's folder can't be entered")?;
    }
    match cli.command {
        Command::Synth(args) => args.run(global).await,
        Command::List(args) => args.run(global).await,
        Command::Run(command) => command.run(global).await,
        Command::New(args) => until_signal(args.run(global)).await,
        Command::Add(args) => until_signal(args.run(global)).await,
        Command::Bindings { command } => until_signal(command.run(global)).await,
        Command::Backend { command } => command.run(global, None).await,
        Command::Ci { command } => command.run(global).await,
        Command::Doctor(args) => args.run(global).await,
        Command::Completions(args) => args.run(command()),
        Command::Man(args) => args.run(&command()),
        Command::Config { command } => config::command::run(&command, &global.overrides).map(|()| ExitCode::SUCCESS),
        Command::InitEnv(command) => config::init::init_env(&command, &global.overrides).await.map(|()| ExitCode::SUCCESS),
        Command::Graph(args) => args.run(global).await,
        Command::Explain(args) => args.run(global).await,
        Command::Execute(args) => until_signal(args.run(global)).await,
        Command::Runbook(args) => args.run(global).await,
        Command::Cost(args) => args.run(global).await,
        Command::Backtest(args) => until_signal(args.run(global)).await,
        Command::Local { command } => command.run(global).await,
    }
}
