//! `oleoduto local`: the whole pipeline on this machine, on a local AWS.

pub(crate) mod context;
mod endpoint;
mod execution;
mod forecast;
mod logs;
mod mlflow;
mod open;
mod permissions;
mod progress;
mod run;
mod server;
pub(crate) mod setup;
mod source;
mod status;
mod terraform;
mod ui;

use std::process::ExitCode;

use crate::global::Global;
use context::LocalContext;
use oleoduto_cli::until_signal;

/// Run the whole pipeline on this machine, without an AWS account
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LocalCommand {
    /// Start the local AWS
    Up(server::PortArgs),
    Run(run::Args),
    /// Show the local AWS and its running jobs (exit code 3 if it is not running)
    Status,
    Logs(logs::Args),
    Ui(ui::Args),
    /// Print, for each role, the granted actions and resources that nothing used since the start, and the denied calls
    Permissions,
    /// Stop the local AWS and remove its data
    Down,
    /// Print the environment that points AWS tools and Terraform at the local AWS: eval "$(oleoduto local env)"
    Env,
    Mlflow(mlflow::Args),
    /// Set up only the Python environment
    Setup,
}

impl LocalCommand {
    /// Run the command.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let context = &LocalContext::of(global)?;
        match self {
            Self::Up(args) => return until_signal(done(server::up(context, args))).await,
            Self::Run(args) => return args.run(context, global.config()?).await,
            Self::Status => return status::status(context).await,
            Self::Logs(args) => return until_signal(done(args.run(context))).await,
            Self::Permissions => permissions::print(context).await?,
            Self::Down => server::down(context).await?,
            Self::Env => {
                let endpoint = endpoint::require(context).await?;
                for (key, value) in endpoint.environment() {
                    outln!("export {key}={value}");
                }
            }
            Self::Ui(args) => return args.run(context).await,
            Self::Mlflow(args) => return args.run(context).await,
            Self::Setup => return until_signal(done(setup::environment(context))).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The exit code of work that has no other result.
async fn done(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    work.await.map(|()| ExitCode::SUCCESS)
}
