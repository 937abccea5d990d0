//! `oleoduto backend`: the bucket of Terraform states.

pub(crate) mod bucket;
mod contents;
mod down;
mod protection;
pub(crate) mod status;
mod table;
pub(crate) mod target;
mod unlock;
mod up;

use std::process::ExitCode;

use crate::global::Global;
use target::BackendTarget;

/// Manage the bucket that stores Terraform state (one per account and region)
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BackendCommand {
    /// Create the bucket, or adopt an existing one, and keep its own state in it; a second `up` changes nothing
    #[command(after_help = "Examples:\n  oleoduto backend up\n  oleoduto backend up --env prod --yes")]
    Up {
        /// Do not ask before changes
        #[arg(short, long)]
        yes: bool,
    },
    /// Show the bucket, its protection and every state in it (exit code 2: something is missing or unsafe)
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Destroy the bucket, unless a state in it holds resources or is locked
    Down {
        /// Do not ask before changes
        #[arg(short, long)]
        yes: bool,
    },
    /// Show who holds the lock of the backend's own state, and free it (after an `up` or `down` that was killed)
    Unlock {
        /// Do not ask before changes
        #[arg(short, long)]
        yes: bool,
    },
}

impl BackendCommand {
    /// Run the command on the backend of the environment.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let target = BackendTarget::of(global).await?;
        match self {
            Self::Up { yes } => up::up(&target, yes).await,
            Self::Status { json } => status::status(&target, json).await,
            Self::Down { yes } => down::down(&target, yes).await,
            Self::Unlock { yes } => unlock::unlock(&target, yes).await,
        }
    }
}
