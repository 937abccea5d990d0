//! `oleoduto.toml`, and what flags and environment variables change of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use oleoduto_cdk::context::Context;
use oleoduto_stacks::{Settings, StateStore};
use serde::Deserialize;

use crate::account;

/// The file's name, in the project's root.
const FILE: &str = "oleoduto.toml";
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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    project: Project,
    #[serde(default)]
    env: BTreeMap<String, Environment>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Project {
    name: String,
    series: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    account: Option<String>,
    region: Option<String>,
    state_bucket: Option<String>,
}

/// The configuration, before account and region are known.
#[derive(Debug)]
pub(crate) struct Config {
    root: PathBuf,
    project: String,
    series: String,
    environment: String,
    account: Option<String>,
    region: Option<String>,
    state_bucket: Option<String>,
}

impl Config {
    /// Read the file and lay the overrides over it.
    pub(crate) fn load(overrides: &Overrides) -> anyhow::Result<Self> {
        let root = std::path::absolute(&overrides.project_dir).context("the current folder can't be read")?;
        let path = root.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("can't read {}: run oleoduto in its repository, or name it with --project-dir", path.display())
        })?;
        let file: File = toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))?;
        // The cdktf and cdktn command lines hand `context` of cdktf.json on.
        let context = Context::from_env()?;
        let environment =
            overrides.environment.clone().or(context.text("env")?).unwrap_or_else(|| DEFAULT_ENVIRONMENT.to_owned());
        let Some(section) = file.env.get(&environment).cloned() else {
            let known: Vec<_> = file.env.keys().map(String::as_str).collect();
            bail!(
                "{} has no section [env.{environment}]; it has: {}. Add one, or choose with --env",
                path.display(),
                known.join(", ")
            );
        };
        Ok(Self {
            root,
            project: file.project.name,
            series: overrides.series.clone().or(context.text("series")?).unwrap_or(file.project.series),
            environment,
            account: overrides.account.clone().or(context.text("account")?).or(section.account),
            region: overrides.region.clone().or(context.text("region")?).or(section.region),
            state_bucket: section.state_bucket,
        })
    }

    /// The project's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The series' code.
    pub(crate) fn series(&self) -> &str {
        &self.series
    }

    /// Settings for an account of AWS; looks the account up if nothing names it.
    pub(crate) async fn settings(&self, out: &Path) -> anyhow::Result<Settings> {
        let Some(region) = self.region.clone() else {
            bail!("no region: give --region, set AWS_REGION, or write `region` in [env.{}] of {FILE}", self.environment);
        };
        let account = match self.account.clone() {
            Some(account) => account,
            None => account::look_up(&self.root, &region).await?,
        };
        let state = self.state_bucket.clone().map_or_else(|| StateStore::Local(self.root.clone()), StateStore::S3);
        self.with(out, &account, &region, state, false)
    }

    /// Settings for the local AWS: its own account, states in a folder, everything disposable.
    pub(crate) fn local_settings(&self, out: &Path, state: &Path, account: &str, region: &str) -> anyhow::Result<Settings> {
        self.with(out, account, region, StateStore::Local(state.to_owned()), true)
    }

    fn with(&self, out: &Path, account: &str, region: &str, state: StateStore, disposable: bool) -> anyhow::Result<Settings> {
        let settings = Settings {
            project: self.project.clone(),
            environment: self.environment.clone(),
            series: self.series.clone(),
            account: account.to_owned(),
            region: region.to_owned(),
            root: self.root.clone(),
            out: std::path::absolute(out).context("the current folder can't be read")?,
            state,
            disposable,
        };
        settings.check()?;
        Ok(settings)
    }
}
