//! The backend of an environment: its bucket, its configuration and its own state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use oleoduto_backend::{STACK, StateBackend};
use oleoduto_cdk::Backend;
use oleoduto_cli::{Interruptible, View, failure, if_present, plugin_cache, private_folder};
use oleoduto_runner::{Approval, FolderLock, Options, RunReport, Runner};
use oleoduto_stacks::StateBucket;
use oleoduto_stacks::parameters::{AccountId, ProjectName, Region};

use crate::global::{Global, MISSING_BUCKET_HELP};
use crate::synth::OUT;

/// The bucket of states of an environment, and the means to change it.
pub(crate) struct BackendTarget {
    pub(crate) project: ProjectName,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) state: StateBucket,
    /// The folder of the backend's own configuration and, for a moment, of its own state.
    pub(super) folder: PathBuf,
    lock_file: Option<String>,
    terraform: String,
    plugin_cache: PathBuf,
}

/// The account at the moment when the configuration is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Opening {
    /// The bucket exists: Terraform imports it if its state does not contain it.
    pub(super) adopt: bool,
    /// The lock table exists: likewise.
    pub(super) adopt_table: bool,
    /// The bucket is about to be destroyed.
    pub(super) disposable: bool,
    /// The statements of the bucket's policy that are not ours.
    pub(super) statements: Vec<serde_json::Value>,
}

impl BackendTarget {
    /// The backend of the environment; refuses credentials of another account.
    pub(crate) async fn of(global: &Global) -> anyhow::Result<Self> {
        let config = global.config()?;
        let settings = config.settings(&config.root().join(OUT)).await?;
        config.verify_account(&settings).await?;
        let path = config.root().join(".terraform.lock.hcl");
        let lock_file = if_present(std::fs::read_to_string(&path)).with_context(|| format!("can't read {}", path.display()))?;
        Ok(Self {
            state: config.state_bucket(&settings)?,
            folder: config.root().join(format!(".oleoduto/backend/{}-{}", settings.account, settings.region)),
            plugin_cache: plugin_cache(config.root()),
            project: settings.project,
            account: settings.account,
            region: settings.region,
            lock_file,
            terraform: global.terraform.clone(),
        })
    }

    /// The key of the backend's own state.
    pub(crate) fn key(&self) -> String {
        format!("{}/backend.tfstate", self.project)
    }

    /// The backend's own state while it is a file.
    pub(super) fn local_state(&self) -> PathBuf {
        self.folder.join("backend.tfstate")
    }

    pub(super) fn local(&self) -> Backend {
        // Relative to the stack's folder, `stacks/backend`.
        Backend::Local { path: "../../backend.tfstate".into() }
    }

    pub(super) fn remote(&self) -> Backend {
        Backend::S3(self.state.backend(&self.key(), &self.region))
    }

    /// Write the configuration with its state at `state`, and open it; `init` holds more arguments of `terraform init`.
    pub(super) fn open(&self, state: Backend, opening: Opening, init: &[&str]) -> anyhow::Result<Interruptible> {
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
        // The backend's own state is in it until the bucket exists.
        private_folder(&self.folder)?;
        let lock = FolderLock::take(&self.folder)?;
        let output = oleoduto_backend::app(&settings, state, self.lock_file.as_deref()).synth()?;
        output.write(&self.folder).context("the configuration of the backend could not be written")?;
        let observer = Arc::new(View::new(false, None)?);
        let scope = format!("{}/backend/{}/{}", self.project, self.account, self.region);
        let options = Options {
            terraform: self.terraform.clone(),
            parallelism: 1,
            lock_timeout: Duration::from_secs(60),
            account: self.account.to_string(),
            region: self.region.to_string(),
            refresh: true,
            init_arguments: init.iter().map(|argument| (*argument).to_owned()).collect(),
            unlock_command: Arc::new(|_| "oleoduto backend unlock".to_owned()),
            missing_bucket_help: MISSING_BUCKET_HELP.to_owned(),
            observer: observer.clone(),
            ..Options::new(self.folder.clone(), scope, self.plugin_cache.clone())
        };
        Interruptible::new(Runner::open(options, lock)?, observer)
    }
}

/// `--yes`, or a person.
pub(super) fn approval(yes: bool, question: &'static str) -> Approval {
    oleoduto_cli::approval(yes, false, question)
}

/// Print the commands that ran, each of which works by hand, and fail if the run did.
pub(super) fn check(report: &RunReport) -> anyhow::Result<()> {
    for command in report.stacks.iter().flat_map(|stack| &stack.commands) {
        errln!("$ {command}");
    }
    if report.succeeded {
        return Ok(());
    }
    report.stacks.iter().for_each(failure);
    let reason = report.stacks.iter().find(|stack| stack.name == STACK).and_then(|stack| stack.reason.clone());
    bail!("the backend's {} did not succeed{}", report.command, reason.map(|why| format!(": {why}")).unwrap_or_default())
}
