//! `oleoduto.toml`, and what flags and environment variables change of it.

mod command;
mod file;
mod init;
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use oleoduto_cdk::context::Context;
use oleoduto_stacks::parameters::{EnvironmentName, Parameters};
use oleoduto_stacks::{Settings, StateBucket, StateStore};

pub(crate) use command::{ConfigCommand, run};
pub(crate) use init::{InitEnv, init_env};

use crate::account;

/// The environment without `--env`.
const DEFAULT_ENVIRONMENT: &str = "dev";

/// What flags and environment variables say.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Overrides {
    /// Environment: a section `[env.NAME]` of oleoduto.toml [default: dev]
    #[arg(long = "env", env = "OLEODUTO_ENV", global = true)]
    pub(crate) environment: Option<String>,
    /// AWS account id, 12 digits; without it the file's, else the credentials' (STS)
    #[arg(long, env = "OLEODUTO_ACCOUNT", global = true)]
    pub(crate) account: Option<String>,
    /// AWS region; without it the file's
    #[arg(long, env = "AWS_REGION", global = true)]
    pub(crate) region: Option<String>,
    /// Ipeadata code of the series; without it the file's
    #[arg(long, env = "OLEODUTO_SERIES", global = true)]
    pub(crate) series: Option<String>,
    /// The project's folder, which holds oleoduto.toml, jobs/ and the Dockerfile
    #[arg(long, default_value = ".", global = true)]
    pub(crate) project_dir: PathBuf,
    /// Which of them a flag gave, not a variable.
    #[arg(skip)]
    pub(crate) by_flag: Vec<String>,
}

/// A value and where it comes from, in words.
#[derive(Clone, Debug)]
pub(crate) struct Origin<T> {
    pub(crate) value: T,
    pub(crate) origin: String,
}

/// The configuration, before account and region are looked up.
#[derive(Debug)]
pub(crate) struct Config {
    root: PathBuf,
    read: file::Read,
    environment: Origin<String>,
    section: file::Environment,
    series: Origin<String>,
    account: Option<Origin<String>>,
    region: Option<Origin<String>>,
}

impl Overrides {
    /// The value of a flag or of its variable, else of cdktf's context.
    fn value(&self, given: Option<&String>, flag: &str, variable: &str, context: Option<String>) -> Option<Origin<String>> {
        let origin =
            if self.by_flag.iter().any(|name| name == flag) { format!("flag --{flag}") } else { format!("env {variable}") };
        let given = given.map(|value| Origin { value: value.clone(), origin });
        given.or_else(|| context.map(|value| Origin { value, origin: format!("context `{flag}` of cdktf") }))
    }
}

impl Config {
    /// Read the file and lay the overrides over it: flag, then environment variable, then cdktf's context, then file.
    pub(crate) fn load(overrides: &Overrides) -> anyhow::Result<Self> {
        let root = std::path::absolute(&overrides.project_dir).context("the current folder can't be read")?;
        let read = file::Read::from(&root)?;
        // The cdktf and cdktn command lines hand `context` of cdktf.json on.
        let context = Context::from_env()?;
        let environment = overrides.value(overrides.environment.as_ref(), "env", "OLEODUTO_ENV", context.text("env")?);
        let environment =
            environment.unwrap_or_else(|| Origin { value: DEFAULT_ENVIRONMENT.to_owned(), origin: "default".to_owned() });
        let name = EnvironmentName::try_from(environment.value.clone())
            .map_err(|why| anyhow::anyhow!("{} ({})", why, environment.origin))?;
        let Some(section) = read.file.env.get(&name).cloned() else {
            let known: Vec<_> = read.file.env.keys().map(EnvironmentName::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!(
                "{} has no section [env.{name}] ({}); it has: {}. Add one with `oleoduto init-env {name}`, or choose with --env",
                read.path.display(),
                environment.origin,
                known
            );
        };
        let in_file =
            |value: Option<String>, keys: &[&str]| value.map(|value| Origin { value, origin: origin_in_file(&read, keys) });
        let series = overrides.value(overrides.series.as_ref(), "series", "OLEODUTO_SERIES", context.text("series")?);
        let account = overrides.value(overrides.account.as_ref(), "account", "OLEODUTO_ACCOUNT", context.text("account")?);
        let region = overrides.value(overrides.region.as_ref(), "region", "AWS_REGION", context.text("region")?);
        let account_in_file = section.account.as_ref().map(ToString::to_string);
        let region_in_file = section.region.as_ref().map(ToString::to_string);
        Ok(Self {
            series: match series {
                Some(series) => series,
                None => {
                    Origin { value: read.file.project.series.to_string(), origin: origin_in_file(&read, &["project", "series"]) }
                }
            },
            account: account.or_else(|| in_file(account_in_file, &["env", name.as_str(), "account"])),
            region: region.or_else(|| in_file(region_in_file, &["env", name.as_str(), "region"])),
            root,
            environment,
            section,
            read,
        })
    }

    /// The project's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The series' code.
    pub(crate) fn series(&self) -> &str {
        &self.series.value
    }

    /// Settings for an account of AWS; looks the account up if nothing names it.
    pub(crate) async fn settings(&self, out: &Path) -> anyhow::Result<Settings> {
        let Some(region) = &self.region else {
            bail!(
                "no region: give --region, set AWS_REGION, or write `region` in [env.{}] of {}",
                self.environment.value,
                file::NAME
            );
        };
        let account = match &self.account {
            Some(account) => account.value.clone(),
            None => account::look_up(&self.root, &region.value).await?,
        };
        let state = self.state_store(&account, &region.value);
        self.with(out, &account, &region.value, state, self.section.disposable)
    }

    fn state_store(&self, account: &str, region: &str) -> StateStore {
        match &self.section.backend {
            // A folder of its own for each environment and series: their states must not meet.
            file::Backend::Local => StateStore::Local(
                self.root
                    .join("states")
                    .join(&self.environment.value)
                    .join(self.series.value.to_ascii_lowercase().replace('_', "-")),
            ),
            file::Backend::S3(s3) => StateStore::S3(StateBucket {
                bucket: s3.bucket.clone().unwrap_or_else(|| self.default_bucket(account, region)),
                kms_key_id: s3.kms_key_id.clone(),
                role_arn: s3.role_arn.clone(),
                profile: s3.profile.clone(),
                dynamodb_table: s3.dynamodb_table.clone(),
            }),
        }
    }

    fn default_bucket(&self, account: &str, region: &str) -> String {
        format!("{}-tfstate-{account}-{region}", self.read.file.project.name)
    }

    /// The bucket of states that this environment has or, with a local backend, would have.
    pub(crate) fn state_bucket(&self, settings: &Settings) -> StateBucket {
        match &settings.state {
            StateStore::S3(store) => store.clone(),
            StateStore::Local(_) => StateBucket {
                bucket: self.default_bucket(&settings.account, &settings.region),
                kms_key_id: None,
                role_arn: None,
                profile: None,
                dynamodb_table: None,
            },
        }
    }

    /// Whether states are in a bucket.
    pub(crate) fn has_state_bucket(&self) -> bool {
        matches!(self.section.backend, file::Backend::S3(_))
    }

    /// Refuse credentials of another account than the settings name.
    pub(crate) async fn verify_account(&self, settings: &Settings) -> anyhow::Result<()> {
        let origin = self.account.as_ref().map_or("STS, kept in cdk.context.json", |account| account.origin.as_str());
        account::verify(&settings.account, origin, &settings.region, &self.environment.value).await
    }

    /// Settings for the local AWS: its own account, states in a folder, everything disposable.
    pub(crate) fn local_settings(&self, out: &Path, state: &Path, account: &str, region: &str) -> anyhow::Result<Settings> {
        self.with(out, account, region, StateStore::Local(state.to_owned()), true)
    }

    fn with(&self, out: &Path, account: &str, region: &str, state: StateStore, disposable: bool) -> anyhow::Result<Settings> {
        let settings = Settings {
            project: self.read.file.project.name.to_string(),
            environment: self.environment.value.clone(),
            series: self.series.value.clone(),
            account: account.to_owned(),
            region: region.to_owned(),
            root: self.root.clone(),
            out: std::path::absolute(out).context("the current folder can't be read")?,
            state,
            disposable,
            parameters: Parameters {
                tags: self.section.tags.clone(),
                sizes: self.section.sizes.clone(),
                schedule: self.section.schedule.clone(),
                retention: self.section.retention.clone(),
                alarms: self.section.alarms.clone(),
            },
        };
        settings.check()?;
        Ok(settings)
    }
}

/// `oleoduto.toml:12`.
fn origin_in_file(read: &file::Read, keys: &[&str]) -> String {
    read.line(keys).map_or_else(|| file::NAME.to_owned(), |line| format!("{}:{line}", file::NAME))
}
