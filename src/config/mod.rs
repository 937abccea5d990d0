//! `oleoduto.toml`, and what flags and environment variables change of it.

mod command;
mod file;
mod init;
mod mistake;
mod overrides;
mod read;
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use oleoduto_cdk::context::Context;
use oleoduto_stacks::parameters::{
    AccountId, BucketText, Ci, Cicd, Credentials, EnvironmentName, Parameters, Region, SeriesCode,
};
use oleoduto_stacks::{Settings, StateBucket, StateStore, check_names, slug};

pub(crate) use command::{ConfigCommand, run};
pub(crate) use file::Workflows;
pub(crate) use init::{InitEnv, init_env};
pub(crate) use overrides::Overrides;

use crate::account;
use overrides::{Origin, Parameter};

/// The environment without `--env`.
const DEFAULT_ENVIRONMENT: &str = "dev";

/// The configuration, before the account is looked up.
#[derive(Debug)]
pub(crate) struct Config {
    root: PathBuf,
    read: read::Read,
    environment: Origin<EnvironmentName>,
    section: file::Environment,
    series: Origin<SeriesCode>,
    account: Option<Origin<AccountId>>,
    region: Option<Origin<Region>>,
}

impl Config {
    /// Read the file and lay the overrides over it: flag, then environment variable, then cdktf's context, then file.
    pub(crate) fn load(overrides: &Overrides) -> anyhow::Result<Self> {
        let root = std::path::absolute(&overrides.project_dir).context("the current folder can't be read")?;
        let read = read::Read::from(&root)?;
        // The cdktf and cdktn command lines hand `context` of cdktf.json on.
        let context = Context::from_env()?;
        let environment = match overrides.value(Parameter::Environment, &context)? {
            Some(environment) => environment,
            None => Origin {
                value: EnvironmentName::try_from(DEFAULT_ENVIRONMENT.to_owned()).map_err(anyhow::Error::msg)?,
                origin: "default".to_owned(),
            },
        };
        let name = environment.value.as_str();
        let Some(section) = read.file.env.get(&environment.value).cloned() else {
            let known: Vec<_> = read.file.env.keys().map(EnvironmentName::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!(
                "{} has no section [env.{name}] ({}); it has: {}. Add one with `oleoduto init-env {name}`, or choose with --env",
                read.path.display(),
                environment.origin,
                known
            );
        };
        let in_file = |keys: &[&str]| read.origin(keys).unwrap_or_else(|| file::NAME.to_owned());
        let series = overrides
            .value(Parameter::Series, &context)?
            .unwrap_or_else(|| Origin { value: read.file.project.series.clone(), origin: in_file(&["project", "series"]) });
        let of_file =
            |value: &Option<AccountId>| value.clone().map(|value| Origin { value, origin: in_file(&["env", name, "account"]) });
        let account = overrides.value(Parameter::Account, &context)?.or_else(|| of_file(&section.account));
        let of_file =
            |value: &Option<Region>| value.clone().map(|value| Origin { value, origin: in_file(&["env", name, "region"]) });
        let region = overrides.value(Parameter::Region, &context)?.or_else(|| of_file(&section.region));
        // The file alone was checked; a flag can make a name longer.
        let known_region = region.as_ref().map_or(read::SHORTEST_REGION, |region| region.value.as_str());
        check_names(read.file.project.name.as_str(), name, series.value.as_str(), known_region)
            .map_err(|why| anyhow::anyhow!("environment `{name}` with series `{}` ({}): {why}", series.value, series.origin))?;
        Ok(Self { root, environment, section, series, account, region, read })
    }

    /// The project's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The series' code.
    pub(crate) fn series(&self) -> &str {
        self.series.value.as_str()
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
        let region = region.value.as_str();
        let account = match &self.account {
            Some(account) => account.value.to_string(),
            None => account::look_up(&self.root, region).await?,
        };
        let state = self.state_store(&account, region);
        if let StateStore::S3(store) = &state {
            // With a region that the file does not know the bucket's own name can be too long.
            BucketText::try_from(store.bucket.clone())
                .map_err(|why| anyhow::anyhow!("{why}; name one with `bucket` in [env.{}.backend]", self.environment.value))?;
        }
        self.with(out, &account, region, state, self.section.disposable)
    }

    fn state_store(&self, account: &str, region: &str) -> StateStore {
        let backend = &self.section.backend;
        match backend.r#type {
            // A folder of its own for each environment and series: their states must not meet.
            file::BackendType::Local => {
                let folder = self.root.join("states").join(self.environment.value.as_str());
                StateStore::Local(folder.join(slug(self.series.value.as_str())))
            }
            file::BackendType::S3 => StateStore::S3(StateBucket {
                bucket: backend.bucket.as_ref().map_or_else(|| self.default_bucket(account, region), ToString::to_string),
                kms_key_id: backend.kms_key_id.as_ref().map(ToString::to_string),
                role_arn: backend.role_arn.as_ref().map(ToString::to_string),
                profile: backend.profile.as_ref().map(ToString::to_string),
                dynamodb_table: backend.dynamodb_table.as_ref().map(ToString::to_string),
            }),
        }
    }

    fn default_bucket(&self, account: &str, region: &str) -> String {
        file::default_bucket(&self.read.file.project.name, account, region)
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
        self.section.backend.r#type == file::BackendType::S3
    }

    /// Refuse credentials of another account than the settings name.
    pub(crate) async fn verify_account(&self, settings: &Settings) -> anyhow::Result<()> {
        let origin = self
            .account
            .as_ref()
            .map_or("looked up before; delete cdk.context.json to look again", |account| account.origin.as_str());
        account::verify(&settings.account, origin, &settings.region, self.environment.value.as_str()).await
    }

    /// The names of the environments in a project's file that workflows deploy.
    pub(crate) fn deployed_by_ci(root: &Path) -> anyhow::Result<Vec<String>> {
        let read = read::Read::from(root)?;
        Ok(read.file.env.iter().filter(|(_, section)| section.ci.is_some()).map(|(name, _)| name.to_string()).collect())
    }

    /// Settings for the local AWS: its own account, states in a folder, everything disposable.
    pub(crate) fn local_settings(&self, out: &Path, state: &Path, account: &str, region: &str) -> anyhow::Result<Settings> {
        self.with(out, account, region, StateStore::Local(state.to_owned()), true)
    }

    /// Settings whose graph is that of the environment, without knowing its account: nothing may be applied with them.
    pub(crate) fn graph_settings(&self, out: &Path) -> anyhow::Result<Settings> {
        let region = self.region.as_ref().map_or(read::SHORTEST_REGION, |region| region.value.as_str());
        let account = self.account.as_ref().map_or("000000000000", |account| account.value.as_str());
        self.with(out, account, region, self.state_store(account, region), self.section.disposable)
    }

    /// The workflows' roles, where the file names their repository.
    fn cicd(&self) -> Option<Cicd> {
        let ci = self.section.ci.as_ref().filter(|ci| ci.credentials == Credentials::Oidc)?;
        Some(Cicd { repository: self.read.file.ci.repository.clone()?, provider: ci.provider })
    }

    /// What the file says of workflows.
    pub(crate) fn workflows(&self) -> &Workflows {
        &self.read.file.ci
    }

    /// How workflows deploy this environment, if they do.
    pub(crate) fn ci(&self) -> Option<&Ci> {
        self.section.ci.as_ref()
    }

    /// The account and the region, where the file or a flag says them.
    pub(crate) fn place(&self) -> (Option<&str>, Option<&str>) {
        (self.account.as_ref().map(|account| account.value.as_str()), self.region.as_ref().map(|region| region.value.as_str()))
    }

    fn with(&self, out: &Path, account: &str, region: &str, state: StateStore, disposable: bool) -> anyhow::Result<Settings> {
        let settings = Settings {
            project: self.read.file.project.name.to_string(),
            environment: self.environment.value.to_string(),
            series: self.series.value.to_string(),
            account: account.to_owned(),
            region: region.to_owned(),
            root: self.root.clone(),
            out: std::path::absolute(out).context("the current folder can't be read")?,
            state,
            disposable,
            parameters: Parameters {
                additional_series: self.section.additional_series.clone(),
                tags: self.section.tags.clone(),
                sizes: self.section.sizes.clone(),
                schedule: self.section.schedule.clone(),
                retention: self.section.retention.clone(),
                alarms: self.section.alarms.clone(),
                mlflow: self.section.mlflow.clone(),
                cicd: self.cicd(),
            },
        };
        settings.check()?;
        Ok(settings)
    }
}
