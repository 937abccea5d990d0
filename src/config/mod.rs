//! The effective configuration: `oleoduto.toml`, with flags and environment variables over it.

pub(crate) mod command;
mod file;
pub(crate) mod init;
mod mistake;
mod overrides;
mod read;
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use oleoduto_cdk::context::Context;
use oleoduto_stacks::parameters::{
    AccountId, BackendType, Ci, Environment, EnvironmentName, Region, SeriesCode, StateBucketName,
};
use oleoduto_stacks::{Names, Settings, StateBucket, StateStore};

pub(crate) use file::{NAME as FILE_NAME, Workflows};
pub(crate) use overrides::Overrides;

use crate::account;
use overrides::{Origin, Parameter};

/// The configuration, before the account is looked up.
#[derive(Debug)]
pub(crate) struct Config {
    root: PathBuf,
    read: read::Read,
    environment: Origin<EnvironmentName>,
    section: Environment,
    series: Origin<SeriesCode>,
    account: Option<Origin<AccountId>>,
    region: Option<Origin<Region>>,
}

impl Config {
    /// Read the file and apply the overrides: flag, then environment variable, then cdktf's context, then file.
    pub(crate) fn load(overrides: &Overrides) -> anyhow::Result<Self> {
        let root = std::path::absolute(&overrides.project_dir).context("the current folder can't be read")?;
        let read = read::Read::from(&root)?;
        // The cdktf and cdktn command lines pass `context` of cdktf.json on.
        let context = Context::from_env()?;
        let environment = match overrides.value(Parameter::Environment, &context)? {
            Some(environment) => environment,
            None => Origin { value: EnvironmentName::default(), origin: "default".to_owned() },
        };
        let name = environment.value.as_str();
        let Some(section) = read.file.env.get(&environment.value).cloned() else {
            let known: Vec<_> = read.file.env.keys().map(EnvironmentName::as_str).collect();
            let near = mistake::nearest(name, known.iter().copied());
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!(
                "{} has no section [env.{name}] ({}); it has: {}{near}. Add one with `oleoduto init-env {name}`, or choose with --env",
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
        let known_region = region.as_ref().map_or_else(Region::shortest, |region| region.value.clone());
        let config = Self { root, environment, section, series, account, region, read };
        let Origin { value, origin } = &config.series;
        let place = || format!("environment `{}` with series `{value}` ({origin})", config.environment.value);
        config.names().check(&known_region).with_context(place)?;
        Ok(config)
    }

    /// The project's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The names of the pipeline's resources.
    pub(crate) fn names(&self) -> Names {
        Names::new(&self.read.file.project.name, &self.environment.value, &self.series.value)
    }

    /// The series' code.
    pub(crate) fn series(&self) -> &SeriesCode {
        &self.series.value
    }

    /// Whether a flag, a variable or the file names a region.
    pub(crate) fn has_region(&self) -> bool {
        self.region.is_some()
    }

    /// Settings for an account of AWS; looks the account up if neither a flag nor the file names it.
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
            None => AccountId::try_from(account::look_up(&self.root, &region.value).await?).map_err(anyhow::Error::msg)?,
        };
        self.settings_in(out, account, region.value.clone())
    }

    /// Settings whose graph is that of the environment, without knowing its account: nothing may be applied with them.
    pub(crate) fn graph_settings(&self, out: &Path) -> anyhow::Result<Settings> {
        let account = self.account.as_ref().map_or_else(AccountId::placeholder, |account| account.value.clone());
        let region = self.region.as_ref().map_or_else(Region::shortest, |region| region.value.clone());
        self.settings_in(out, account, region)
    }

    /// Settings for the local AWS: its own account, states in a folder, everything disposable.
    pub(crate) fn local_settings(
        &self,
        out: &Path,
        state: &Path,
        account: &AccountId,
        region: &Region,
    ) -> anyhow::Result<Settings> {
        let mut settings = self.with(out, account.clone(), region.clone(), StateStore::Local(state.to_owned()))?;
        settings.parameters.disposable = true;
        settings.parameters.stand_alone();
        Ok(settings)
    }

    fn settings_in(&self, out: &Path, account: AccountId, region: Region) -> anyhow::Result<Settings> {
        let state = match self.section.backend.r#type {
            // A folder for each environment and series: their states must not meet.
            BackendType::Local => {
                let folder = self.root.join("states").join(self.environment.value.as_str());
                StateStore::Local(folder.join(self.series.value.slug()))
            }
            BackendType::S3 => StateStore::S3(self.bucket_in(&account, &region)?),
        };
        self.with(out, account, region, state)
    }

    fn with(&self, out: &Path, account: AccountId, region: Region, state: StateStore) -> anyhow::Result<Settings> {
        let settings = Settings {
            project: self.read.file.project.name.clone(),
            environment: self.environment.value.clone(),
            series: self.series.value.clone(),
            account,
            region,
            root: self.root.clone(),
            out: std::path::absolute(out).context("the current folder can't be read")?,
            state,
            repository: self.read.file.ci.repository.clone(),
            parameters: self.section.clone(),
        };
        settings.names().check(&settings.region)?;
        Ok(settings)
    }

    /// The bucket of states that this environment has or, with a local backend, would have.
    pub(crate) fn state_bucket(&self, settings: &Settings) -> anyhow::Result<StateBucket> {
        match &settings.state {
            StateStore::S3(store) => Ok(store.clone()),
            StateStore::Local(_) => self.bucket_in(&settings.account, &settings.region),
        }
    }

    fn bucket_in(&self, account: &AccountId, region: &Region) -> anyhow::Result<StateBucket> {
        let backend = &self.section.backend;
        let bucket = match &backend.bucket {
            Some(bucket) => bucket.clone(),
            // With a region that the file does not contain the name can be too long.
            None => self.default_bucket(account, region)?,
        };
        Ok(StateBucket {
            bucket,
            kms_key_id: backend.kms_key_id.clone(),
            role_arn: backend.role_arn.clone(),
            profile: backend.profile.clone(),
            dynamodb_table: backend.dynamodb_table.clone(),
        })
    }

    fn default_bucket(&self, account: &AccountId, region: &Region) -> anyhow::Result<StateBucketName> {
        file::default_bucket(&self.read.file.project.name, account, region)
            .map_err(|why| anyhow::anyhow!("{why}; name one with `bucket` in [env.{}.backend]", self.environment.value))
    }

    /// Whether states are in a bucket.
    pub(crate) fn has_state_bucket(&self) -> bool {
        self.section.backend.r#type == BackendType::S3
    }

    /// Refuse credentials of an account that is not the one of the settings.
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

    /// The file's section of workflows.
    pub(crate) fn workflows(&self) -> &Workflows {
        &self.read.file.ci
    }

    /// How workflows deploy this environment, if they do.
    pub(crate) fn ci(&self) -> Option<&Ci> {
        self.section.ci.as_ref()
    }

    /// The account and the region, as far as the file or a flag says them.
    pub(crate) fn place(&self) -> (Option<&AccountId>, Option<&Region>) {
        (self.account.as_ref().map(|account| &account.value), self.region.as_ref().map(|region| &region.value))
    }
}
