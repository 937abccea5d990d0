//! Which commit is deployed: an object beside the states, so that it is true whoever deployed from wherever.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use oleoduto_stacks::{Settings, StateStore};

use crate::config::Config;

/// What a workflow has done.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum What {
    /// Every stack is as this commit says
    Applied,
    /// Nothing is left
    Destroyed,
}

/// The object that names the commit.
pub(super) struct Marker {
    client: Client,
    bucket: String,
    key: String,
}

/// The configuration of the clients that reach an environment's states.
pub(super) async fn sdk(settings: &Settings) -> aws_config::SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(settings.region.to_string()));
    if let StateStore::S3(state) = &settings.state
        && let Some(profile) = &state.profile
    {
        loader = loader.profile_name(profile.as_str());
    }
    loader.load().await
}

impl Marker {
    /// The marker of an environment; nothing is asked yet.
    pub(super) async fn of(config: &Config, settings: &Settings) -> anyhow::Result<Self> {
        if !config.has_state_bucket() {
            bail!(
                "[env.{0}] keeps its states in files, which only this machine sees; workflows need \
                 [env.{0}.backend] type = \"s3\"",
                settings.environment
            );
        }
        let bucket = config.state_bucket(settings)?.bucket.into();
        Ok(Self { client: Client::new(&sdk(settings).await), bucket, key: format!("{}/deployed", settings.scope()) })
    }

    /// The commit that is deployed; none when there is none.
    pub(super) async fn read(&self) -> anyhow::Result<Option<String>> {
        let what = || format!("s3://{}/{} can't be read", self.bucket, self.key);
        let object = match self.client.get_object().bucket(&self.bucket).key(&self.key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => return Ok(None),
            Err(error) => return Err(anyhow::Error::new(error).context(what())),
        };
        let bytes = object.body.collect().await.with_context(what)?.into_bytes();
        let commit = String::from_utf8_lossy(&bytes).trim().to_owned();
        let hash = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
        if !hash {
            bail!("s3://{}/{} holds `{commit}`, which is no commit: delete it, and all stacks run", self.bucket, self.key);
        }
        Ok(Some(commit))
    }

    /// Say what was done.
    pub(super) async fn write(&self, what: What, root: &Path) -> anyhow::Result<()> {
        let context = || format!("s3://{}/{} can't be written", self.bucket, self.key);
        match what {
            What::Applied => {
                let commit = head(root)?;
                let body = aws_sdk_s3::primitives::ByteStream::from(commit.clone().into_bytes());
                self.client.put_object().bucket(&self.bucket).key(&self.key).body(body).send().await.with_context(context)?;
                println!("{commit} is deployed");
            }
            What::Destroyed => {
                self.client.delete_object().bucket(&self.bucket).key(&self.key).send().await.with_context(context)?;
                println!("nothing is deployed");
            }
        }
        Ok(())
    }
}

fn head(root: &Path) -> anyhow::Result<String> {
    // The commit of the workflow's run, where there is no checkout.
    if let Ok(commit) = std::env::var("GITHUB_SHA")
        && !commit.is_empty()
    {
        return Ok(commit);
    }
    let git = Command::new("git").arg("-C").arg(root).args(["rev-parse", "HEAD"]).output();
    let git = git.context("`git` could not be started: install it")?;
    if !git.status.success() {
        bail!("{} has no commit: {}", root.display(), String::from_utf8_lossy(&git.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&git.stdout).trim().to_owned())
}
