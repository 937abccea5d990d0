//! `backend`: the bucket of Terraform states.

mod bucket;
mod bucket_place;
mod contents;
mod down;
mod of_stacks;
mod protection;
mod status;
mod table;
mod target;
mod unlock;
mod up;

use std::process::ExitCode;

pub use bucket::Bucket;
pub use bucket_place::BucketPlace;
pub use of_stacks::BucketProgram;
pub use status::{Status, inspect};
pub use target::{BackendTarget, BackendWords};

use crate::synth::OUT;

/// Manage the bucket that stores Terraform state (one per account and region)
#[derive(Debug, clap::Subcommand)]
#[allow(missing_docs, reason = "the fields are options, whose help is their documentation")]
pub enum BackendCommand {
    /// Create the bucket, or adopt an existing one, and keep its own state in it; a second `up` changes nothing
    #[command(after_help = "Examples:\n  PROGRAM backend up\n  PROGRAM backend up --env prod --yes")]
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
    /// Run the command on the bucket of a program's states. `bucket` names it where the stacks have several.
    ///
    /// # Errors
    /// The credentials are of another account, AWS or Terraform refuses, or the bucket is in use.
    pub async fn run(self, program: &impl BucketProgram, bucket: Option<&str>) -> anyhow::Result<ExitCode> {
        let settings = program.settings(&program.root()?.join(OUT)).await?;
        program.verify(&settings).await?;
        let target = program.backend(&settings, bucket).await?;
        match self {
            Self::Up { yes } => up::up(&target, yes).await,
            Self::Status { json } => status::status(&target, json).await,
            Self::Down { yes } => down::down(&target, yes).await,
            Self::Unlock { yes } => unlock::unlock(&target, yes).await,
        }
    }
}
