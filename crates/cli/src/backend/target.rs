//! The backend of a program: its bucket, its configuration and its own state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use oleoduto_backend::{STACK, StateBackend};
use oleoduto_cdk::{Backend, S3Backend};
use oleoduto_runner::{Approval, FolderLock, Options, RunReport, Runner};

use super::bucket_place::BucketPlace;
use crate::files::{if_present, private_folder};
use crate::interrupts::Interruptible;
use crate::program::plugin_cache;
use crate::show::failure;
use crate::view::View;

/// The bucket of a program's states, and the means to change it.
#[derive(Clone, Debug)]
pub struct BackendTarget {
    /// The bucket.
    pub place: BucketPlace,
    /// The account; the provider refuses every other.
    pub account: String,
    /// The KMS key that encrypts; S3's own key if `None`.
    pub kms_key_id: Option<String>,
    /// The DynamoDB table that locks, for Terraform before 1.10; S3 locks if `None`.
    pub dynamodb_table: Option<String>,
    /// The project that the bucket belongs to. Its tag and the key of the bucket's own state have this name.
    pub project: String,
    /// The program's folder.
    pub root: PathBuf,
    /// Terraform's or OpenTofu's binary.
    pub terraform: String,
    /// How messages name what belongs to the program.
    pub words: BackendWords,
}

/// How messages name what belongs to a program.
#[derive(Clone, Debug)]
pub struct BackendWords {
    /// Its binary.
    pub program: String,
    /// What holds the backend's arguments: `the environment's backend`.
    pub setting: String,
    /// What a user does after the first `backend up`.
    pub next: Option<String>,
}

impl BackendWords {
    /// A command of the program.
    pub(super) fn command(&self, words: &str) -> String {
        format!("{} {words}", self.program)
    }
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
    /// The folder of the backend's own configuration and, for a moment, of its own state.
    pub(super) fn folder(&self) -> PathBuf {
        self.root.join(format!(".oleoduto/backend/{}-{}", self.account, self.place.region))
    }

    /// The key of the backend's own state.
    pub(super) fn key(&self) -> String {
        format!("{}/backend.tfstate", self.project)
    }

    /// The backend's own state while it is a file.
    pub(super) fn local_state(&self) -> PathBuf {
        self.folder().join("backend.tfstate")
    }

    pub(super) fn local(&self) -> Backend {
        // Relative to the stack's folder, `stacks/backend`.
        Backend::Local { path: "../../backend.tfstate".into() }
    }

    pub(super) fn remote(&self) -> Backend {
        let mut backend = S3Backend::new(&self.place.name, self.key(), &self.place.region);
        if let Some(key) = &self.kms_key_id {
            backend = backend.kms_key_id(key);
        }
        if let Some(role) = &self.place.role_arn {
            backend = backend.assume_role(role);
        }
        if let Some(profile) = &self.place.profile {
            backend = backend.profile(profile);
        }
        if let Some(table) = &self.dynamodb_table {
            backend = backend.dynamodb_table(table);
        }
        Backend::S3(backend)
    }

    /// Write the configuration with its state at `state`, and open it; `init` holds more arguments of `terraform init`.
    pub(super) fn open(&self, state: Backend, opening: Opening, init: &[&str]) -> anyhow::Result<Interruptible> {
        let (folder, region) = (self.folder(), self.place.region.clone());
        let settings = StateBackend {
            project: self.project.clone(),
            account: self.account.clone(),
            region: region.clone(),
            bucket: self.place.name.clone(),
            kms_key_id: self.kms_key_id.clone(),
            dynamodb_table: self.dynamodb_table.clone(),
            adopt: opening.adopt,
            adopt_table: opening.adopt_table,
            statements: opening.statements,
            disposable: opening.disposable,
        };
        let path = self.root.join(".terraform.lock.hcl");
        let lock_file = if_present(std::fs::read_to_string(&path)).with_context(|| format!("can't read {}", path.display()))?;
        // The backend's own state is in it until the bucket exists.
        private_folder(&folder)?;
        let lock = FolderLock::take(&folder)?;
        let output = oleoduto_backend::app(&settings, state, lock_file.as_deref()).synth()?;
        output.write(&folder).context("the configuration of the backend could not be written")?;
        let observer = Arc::new(View::new(false, None)?);
        let scope = format!("{}/backend/{}/{region}", self.project, self.account);
        let unlock = self.words.command("backend unlock");
        let options = Options {
            terraform: self.terraform.clone(),
            parallelism: 1,
            lock_timeout: Duration::from_secs(60),
            account: self.account.clone(),
            region,
            refresh: true,
            init_arguments: init.iter().map(|argument| (*argument).to_owned()).collect(),
            unlock_command: Arc::new(move |_| unlock.clone()),
            missing_bucket_help: format!("create it with `{}`", self.words.command("backend up")),
            observer: observer.clone(),
            ..Options::new(folder, scope, plugin_cache(&self.root))
        };
        Interruptible::new(Runner::open(options, lock)?, observer)
    }
}

/// `--yes`, or a person.
pub(super) fn approval(yes: bool, question: &'static str) -> Approval {
    crate::approval::approval(yes, false, question)
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
