//! The command line of a program that has nothing but stacks.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use oleoduto_cdk::{App, Backend, Synthesized};
use oleoduto_runner::{OutputOwner, serve_provider_if_asked};

use crate::command::RunCommand;
use crate::doctor::DoctorArgs;
use crate::explain::ExplainArgs;
use crate::graph::GraphArgs;
use crate::list::ListArgs;
use crate::print;
use crate::program::Program;
use crate::run_rules::RunRules;
use crate::shell::{CompletionsArgs, ManArgs, named};
use crate::synth::SynthArgs;

/// What a program's stacks can depend on.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Context {
    /// Environment: states and outputs of two environments do not meet
    #[arg(long = "env", env = "OLEODUTO_ENV", default_value = "dev", global = true)]
    pub environment: String,
    /// AWS account id, 12 digits, if the stacks need it
    #[arg(long, env = "OLEODUTO_ACCOUNT", default_value = "", hide_default_value = true, global = true)]
    pub account: String,
    /// AWS region, if the stacks need it
    #[arg(long, env = "AWS_REGION", default_value = "", hide_default_value = true, global = true)]
    pub region: String,
    /// Folder of the project
    #[arg(long, default_value = ".", global = true)]
    pub project_dir: PathBuf,
    /// Terraform's or OpenTofu's binary
    #[arg(long, env = "TERRAFORM_BINARY_NAME", default_value = "terraform", global = true)]
    terraform: String,
}

impl Context {
    /// The region, or another one if none was given.
    pub fn region_or<'a>(&'a self, default: &'a str) -> &'a str {
        if self.region.is_empty() { default } else { &self.region }
    }

    /// A state in a file of the project: `states/ENVIRONMENT/STACK.tfstate`.
    pub fn local_state(&self, stack: &str) -> Backend {
        // From the folder of a stack in the output.
        Backend::Local { path: format!("../../../states/{}/{stack}.tfstate", self.environment).into() }
    }
}

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    context: Context,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Synth(SynthArgs),
    List(ListArgs),
    Graph(GraphArgs),
    Explain(ExplainArgs),
    #[command(flatten)]
    Run(Box<RunCommand>),
    Doctor(DoctorArgs),
    /// Manage the bucket that stores the states of the stacks
    #[cfg(feature = "backend")]
    Backend {
        /// Bucket, if the stacks have their states in several
        #[arg(long, value_name = "NAME")]
        bucket: Option<String>,
        #[command(subcommand)]
        command: crate::backend::BackendCommand,
    },
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// A program whose stacks a function declares. It has one type whatever the function is, so that the commands are compiled here
/// once, and not again in each program at each of its builds.
struct Plain<'a> {
    name: &'a str,
    missing_bucket_help: String,
    context: Context,
    declare: &'a dyn Fn(&Context) -> anyhow::Result<App>,
    rules: RunRules,
}

impl Program for Plain<'_> {
    type Settings = ();

    fn name(&self) -> &str {
        self.name
    }

    fn terraform(&self) -> &str {
        &self.context.terraform
    }

    fn root(&self) -> anyhow::Result<PathBuf> {
        std::path::absolute(&self.context.project_dir).context("the current folder can't be read")
    }

    async fn settings(&self, _out: &Path) -> anyhow::Result<()> {
        Ok(())
    }

    fn synthesize(&self, (): &()) -> anyhow::Result<Synthesized> {
        Ok((self.declare)(&self.context)?.synth()?)
    }

    fn owner(&self, (): &()) -> OutputOwner {
        let Context { environment, account, region, .. } = self.context.clone();
        OutputOwner { scope: format!("{}/{environment}", self.name), account, region }
    }

    fn run_rules(&self, (): &()) -> anyhow::Result<RunRules> {
        Ok(self.rules.clone())
    }

    fn missing_bucket_help(&self) -> &str {
        &self.missing_bucket_help
    }

    fn arguments(&self, (): &()) -> Vec<String> {
        let Context { environment, account, region, .. } = self.context.clone();
        [("--env", environment), ("--account", account), ("--region", region)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .flat_map(|(flag, value)| [flag.to_owned(), value])
            .collect()
    }
}

#[cfg(feature = "backend")]
impl crate::backend::BucketProgram for Plain<'_> {}

/// Runs the command line of a program: all commands that the description of this crate names. `declare` declares the stacks; its
/// errors are printed, and the exit code is not 0.
pub fn run<E: Display>(name: &str, declare: impl Fn(&Context) -> Result<App, E>) -> ExitCode {
    run_with(name, RunRules::default(), declare)
}

/// The same with retries and hooks of the program's own. Hooks run in the folders that they name.
pub fn run_with<E: Display>(name: &str, rules: RunRules, declare: impl Fn(&Context) -> Result<App, E>) -> ExitCode {
    run_plain(name, rules, &|context| declare(context).map_err(|error| anyhow::anyhow!("{error}")))
}

fn run_plain(name: &str, rules: RunRules, declare: &dyn Fn(&Context) -> anyhow::Result<App>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return print::exit_code(Err(anyhow::Error::new(error).context("the program can't start its threads"))),
    };
    if let Some(code) = runtime.block_on(serve_provider_if_asked()) {
        return code;
    }
    let command = named(Cli::command(), name);
    let cli = Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
    let missing_bucket_help =
        if cfg!(feature = "backend") { format!("create it with `{name} backend up`") } else { "create it".to_owned() };
    let program = Plain { name, missing_bucket_help, context: cli.context, declare, rules };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Synth(args) => args.run(&program).await,
            Command::List(args) => args.run(&program).await,
            Command::Graph(args) => args.run(&program).await,
            Command::Explain(args) => args.run(&program).await,
            Command::Run(command) => command.run(&program).await,
            Command::Doctor(args) => args.run(&program).await,
            #[cfg(feature = "backend")]
            Command::Backend { bucket, command } => command.run(&program, bucket.as_deref()).await,
            Command::Completions(args) => args.run(named(Cli::command(), name)),
            Command::Man(args) => args.run(&named(Cli::command(), name)),
        }
    });
    print::exit_code(done)
}
