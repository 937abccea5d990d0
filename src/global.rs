//! The options of all commands, and what commands derive from them.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use oleoduto_cdk::Synthesized;
use oleoduto_cli::backend::{BackendTarget, BackendWords, BucketPlace, BucketProgram};
use oleoduto_cli::{Program, RunRules};
use oleoduto_runner::OutputOwner;
use oleoduto_stacks::{Settings, StateBucket, StateStore};

use crate::config::{Config, Overrides};
use crate::run_rules::run_rules;
use crate::synth::synthesize;

/// What to do if the bucket of a state does not exist.
pub(crate) const MISSING_BUCKET_HELP: &str = "create it with `oleoduto backend up`";

/// What follows the creation of the bucket.
const CONFIGURE_BUCKET: &str =
    "write this into the environment's section of oleoduto.toml, if it is missing:\n  [env.NAME.backend]\n  type = \"s3\"";

/// The options of all commands.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Terraform's or OpenTofu's binary
    #[arg(long, env = "TERRAFORM_BINARY_NAME", default_value = "terraform", global = true)]
    pub(crate) terraform: String,
    #[arg(skip)]
    config: OnceCell<Config>,
}

impl Global {
    /// The configuration, which is loaded when a command first asks for it: some commands work without a valid one.
    pub(crate) fn config(&self) -> anyhow::Result<&Config> {
        match self.config.get() {
            Some(config) => Ok(config),
            None => {
                let config = Config::load(&self.overrides)?;
                Ok(self.config.get_or_init(|| config))
            }
        }
    }
}

/// Where the bucket of an environment's states is.
pub(crate) fn state_place(state: &StateBucket, settings: &Settings) -> BucketPlace {
    BucketPlace {
        name: state.bucket.to_string(),
        region: settings.region.to_string(),
        profile: state.profile.as_ref().map(ToString::to_string),
        role_arn: state.role_arn.as_ref().map(ToString::to_string),
    }
}

/// The pipeline as a program of the shared command line.
impl Program for Global {
    type Settings = Settings;

    fn name(&self) -> &str {
        "oleoduto"
    }

    fn terraform(&self) -> &str {
        &self.terraform
    }

    fn root(&self) -> anyhow::Result<PathBuf> {
        Ok(self.config()?.root().to_owned())
    }

    async fn settings(&self, out: &Path) -> anyhow::Result<Settings> {
        self.config()?.settings(out).await
    }

    async fn settings_to_show(&self, out: &Path) -> anyhow::Result<Settings> {
        self.config()?.graph_settings(out)
    }

    fn synthesize(&self, settings: &Settings) -> anyhow::Result<Synthesized> {
        synthesize(settings)
    }

    fn owner(&self, settings: &Settings) -> OutputOwner {
        OutputOwner { scope: settings.scope(), account: settings.account.to_string(), region: settings.region.to_string() }
    }

    fn states_folder<'a>(&self, settings: &'a Settings) -> Option<&'a Path> {
        match &settings.state {
            StateStore::Local(folder) => Some(folder),
            StateStore::S3(_) => None,
        }
    }

    async fn verify(&self, settings: &Settings) -> anyhow::Result<()> {
        self.config()?.verify_account(settings).await
    }

    fn run_rules(&self, settings: &Settings) -> anyhow::Result<RunRules> {
        run_rules(settings, &self.root()?)
    }

    fn arguments(&self, settings: &Settings) -> Vec<String> {
        let values = [
            ("--env", settings.environment.as_str()),
            ("--account", &settings.account),
            ("--region", &settings.region),
            ("--series", &settings.series),
        ];
        values.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]).collect()
    }

    fn sources(&self) -> &[&str] {
        &["src", "stacks", "crates", "backend", "Cargo.lock", "Cargo.toml"]
    }

    fn purpose(&self, stack: &str) -> Option<&str> {
        oleoduto_stacks::purpose(stack)
    }

    fn missing_bucket_help(&self) -> &str {
        MISSING_BUCKET_HELP
    }

    fn kept_data_help(&self) -> &str {
        "`destroy` keeps data unless the environment has `disposable = true` in oleoduto.toml: write that, run `oleoduto apply` for \
         these stacks, and destroy again"
    }
}

impl BucketProgram for Global {
    async fn backend(&self, settings: &Settings, _wanted: Option<&str>) -> anyhow::Result<BackendTarget> {
        let config = self.config()?;
        let state = config.state_bucket(settings)?;
        Ok(BackendTarget {
            place: state_place(&state, settings),
            account: settings.account.to_string(),
            kms_key_id: state.kms_key_id.map(|key| key.to_string()),
            dynamodb_table: state.dynamodb_table.map(|table| table.to_string()),
            project: settings.project.to_string(),
            root: config.root().to_owned(),
            terraform: self.terraform.clone(),
            words: BackendWords {
                program: "oleoduto".to_owned(),
                setting: "the environment's backend".to_owned(),
                next: Some(CONFIGURE_BUCKET.to_owned()),
            },
        })
    }
}
