//! What the commands need to know of a program.

use std::future::Future;
use std::path::{Path, PathBuf};

use oleoduto_cdk::Synthesized;
use oleoduto_runner::OutputOwner;

use crate::run_rules::RunRules;

/// A program that declares stacks.
pub trait Program {
    /// What its stacks depend on: an environment, an account, a region, ...
    type Settings;

    /// The name of its binary, for messages.
    fn name(&self) -> &str;

    /// Terraform's or OpenTofu's binary.
    fn terraform(&self) -> &str;

    /// The project's folder. Caches are in it, in `.oleoduto/cache`.
    ///
    /// # Errors
    /// The folder can't be read.
    fn root(&self) -> anyhow::Result<PathBuf>;

    /// The settings of a run into an output folder.
    ///
    /// # Errors
    /// A value is missing or wrong.
    fn settings(&self, out: &Path) -> impl Future<Output = anyhow::Result<Self::Settings>>;

    /// The settings for commands that show the stacks and apply nothing. A program whose settings ask someone, as for the account
    /// of the credentials, gives placeholders for what it is not told, so that these commands work without credentials.
    ///
    /// # Errors
    /// As those of [`Program::settings`].
    fn settings_to_show(&self, out: &Path) -> impl Future<Output = anyhow::Result<Self::Settings>> {
        self.settings(out)
    }

    /// Declares and synthesizes the stacks.
    ///
    /// # Errors
    /// The mistakes in the stacks.
    fn synthesize(&self, settings: &Self::Settings) -> anyhow::Result<Synthesized>;

    /// Whose the output is: what may not be confused with the output of other settings.
    fn owner(&self, settings: &Self::Settings) -> OutputOwner;

    /// The folder of states that are files, to be the user's alone.
    fn states_folder<'a>(&self, _settings: &'a Self::Settings) -> Option<&'a Path> {
        None
    }

    /// Refuses credentials of another account, before a state is read.
    ///
    /// # Errors
    /// The credentials are of another account, or there are none.
    fn verify(&self, _settings: &Self::Settings) -> impl Future<Output = anyhow::Result<()>> {
        std::future::ready(Ok(()))
    }

    /// The arguments that give another checkout of the program the same settings.
    fn arguments(&self, settings: &Self::Settings) -> Vec<String>;

    /// The program's own sources in the project. If none differs between two commits, one binary synthesizes both.
    fn sources(&self) -> &[&str] {
        &["src", "Cargo.toml", "Cargo.lock"]
    }

    /// Retries, commands before and after the work on a stack, and what stacks cost.
    ///
    /// # Errors
    /// The project's folder or the prices can't be read.
    fn run_rules(&self, _settings: &Self::Settings) -> anyhow::Result<RunRules> {
        Ok(RunRules::default())
    }

    /// What a stack is for, in a sentence, for `explain`.
    fn purpose(&self, _stack: &str) -> Option<&str> {
        None
    }

    /// What to do if the bucket of a state does not exist, for messages.
    fn missing_bucket_help(&self) -> &str {
        "create it"
    }

    /// How a user allows a destroy to delete data, for messages.
    fn kept_data_help(&self) -> &str {
        "empty them, or set `force_destroy` or `force_delete`, apply, and destroy again"
    }
}

/// Terraform's plugin cache: the user's own, which Terraform takes too, or one in the project's folder.
pub fn plugin_cache(root: &Path) -> PathBuf {
    let given = std::env::var_os("TF_PLUGIN_CACHE_DIR").filter(|folder| !folder.is_empty());
    root.join(given.unwrap_or_else(|| ".oleoduto/cache/terraform-plugins".into()))
}
