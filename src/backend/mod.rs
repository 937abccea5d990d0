//! `oleoduto backend`: the bucket of Terraform states.

pub(crate) mod bucket;
mod contents;
mod down;
mod protection;
mod status;
mod table;
mod unlock;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use oleoduto_backend::{STACK, StateBackend};
use oleoduto_cdk::Backend;
use oleoduto_runner::{Approval, FolderLock, Options, RunReport, Runner};
use oleoduto_stacks::StateBucket;
use oleoduto_stacks::parameters::{AccountId, ProjectName, Region};

use crate::config::Config;
use crate::runner::{self, View};

pub(crate) use status::inspect;

/// The bucket of Terraform states: one per account and region
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BackendCommand {
    /// Make the bucket, or adopt it when it exists, and keep its own state in it; again: nothing changes
    #[command(after_help = "Examples:\n  oleoduto backend up\n  oleoduto backend up --env prod --yes")]
    Up {
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Show the bucket, what protects it, and every state in it (exit code 2: something is missing or unsafe)
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Destroy the bucket; refused while a state in it holds resources or is locked
    Down {
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Show who locks the backend's own state, and free it: after an `up` or `down` that was killed
    Unlock {
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
}

/// What a command works on.
pub(crate) struct Target {
    pub(crate) project: ProjectName,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) state: StateBucket,
    /// Where the backend's own configuration and, for a moment, its own state are.
    folder: PathBuf,
    lock_file: Option<String>,
    terraform: String,
    plugin_cache: PathBuf,
}

/// What is true of the account at the moment the configuration is written.
#[derive(Clone, Debug, Default)]
struct Opening {
    /// The bucket exists: Terraform takes it over if it does not know it.
    adopt: bool,
    /// The table exists: likewise.
    adopt_table: bool,
    /// The bucket is about to be destroyed.
    disposable: bool,
    /// What the bucket's policy holds beside ours.
    statements: Vec<serde_json::Value>,
}

/// Run a command.
pub(crate) async fn run(command: &BackendCommand, config: &Config, terraform: String) -> anyhow::Result<ExitCode> {
    let target = Target::new(config, terraform).await?;
    match command {
        BackendCommand::Up { yes } => up::up(&target, *yes).await,
        BackendCommand::Status { json } => status::status(&target, *json).await,
        BackendCommand::Down { yes } => down::down(&target, *yes).await,
        BackendCommand::Unlock { yes } => unlock::unlock(&target, *yes).await,
    }
}

impl Target {
    /// The backend of an environment, with credentials that are its account's.
    pub(crate) async fn new(config: &Config, terraform: String) -> anyhow::Result<Self> {
        let settings = config.settings(&config.root().join(crate::OUT)).await?;
        config.verify_account(&settings).await?;
        let path = config.root().join(".terraform.lock.hcl");
        let lock_file = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
        };
        Ok(Self {
            state: config.state_bucket(&settings)?,
            folder: config.root().join(format!(".oleoduto/backend/{}-{}", settings.account, settings.region)),
            plugin_cache: runner::plugin_cache(config)?,
            project: settings.project,
            account: settings.account,
            region: settings.region,
            lock_file,
            terraform,
        })
    }

    /// The key of the backend's own state.
    pub(crate) fn key(&self) -> String {
        format!("{}/backend.tfstate", self.project)
    }

    /// The backend's own state while it is a file.
    fn local_state(&self) -> PathBuf {
        self.folder.join("backend.tfstate")
    }

    fn local(&self) -> Backend {
        // Relative to the stack's folder, `stacks/backend`.
        Backend::Local { path: "../../backend.tfstate".into() }
    }

    fn remote(&self) -> Backend {
        Backend::S3(self.state.backend(&self.key(), &self.region))
    }

    /// Write the configuration with its state at `state`, and open it; `init` are more arguments of `terraform init`.
    fn open(&self, state: Backend, opening: Opening, init: &[&str]) -> anyhow::Result<Runner> {
        let settings = StateBackend {
            project: self.project.to_string(),
            account: self.account.to_string(),
            region: self.region.to_string(),
            bucket: self.state.bucket.to_string(),
            kms_key_id: self.state.kms_key_id.as_ref().map(ToString::to_string),
            dynamodb_table: self.state.dynamodb_table.as_ref().map(ToString::to_string),
            adopt: opening.adopt,
            adopt_table: opening.adopt_table,
            statements: opening.statements,
            disposable: opening.disposable,
        };
        let lock = FolderLock::take(&self.folder)?;
        let output = oleoduto_backend::app(&settings, state, self.lock_file.as_deref()).synth()?;
        output.write(&self.folder).context("the backend's configuration could not be written")?;
        let options = Options {
            out: self.folder.clone(),
            terraform: self.terraform.clone(),
            environment: Vec::new(),
            parallelism: 1,
            lock_timeout: Duration::from_secs(60),
            scope: format!("{}/backend/{}/{}", self.project, self.account, self.region),
            account: self.account.to_string(),
            region: self.region.to_string(),
            refresh: true,
            reuse_provider: true,
            plugin_cache: self.plugin_cache.clone(),
            init_arguments: init.iter().map(|argument| (*argument).to_owned()).collect(),
            unlock_command: |_| "oleoduto backend unlock".to_owned(),
            missing_bucket_help: runner::MISSING_BUCKET_HELP,
            observer: Arc::new(View::new(false)),
        };
        Ok(Runner::open(options, lock)?)
    }
}

/// Who decides: `--yes`, or a person.
fn approval(yes: bool, question: &'static str) -> Approval {
    runner::approval(yes, false, question)
}

/// Say what was done by hand-reproducible commands, and stop when it failed.
fn check(report: &RunReport) -> anyhow::Result<()> {
    for command in report.stacks.iter().flat_map(|stack| &stack.commands) {
        eprintln!("$ {command}");
    }
    if report.succeeded {
        return Ok(());
    }
    report.stacks.iter().for_each(runner::failure);
    let reason = report.stacks.iter().find(|stack| stack.name == STACK).and_then(|stack| stack.reason.clone());
    bail!("the backend's {} did not succeed{}", report.command, reason.map(|why| format!(": {why}")).unwrap_or_default())
}
