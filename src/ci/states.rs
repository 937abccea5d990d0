//! An environment's states, as workflows reach them.

use anyhow::bail;
use oleoduto_cli::backend::Bucket;
use oleoduto_stacks::Settings;
use serde_json::Value as Json;

use crate::config::Config;
use crate::global::state_place;

/// The bucket, and the folder of the environment in it.
pub(super) struct States {
    pub(super) bucket: Bucket,
    pub(super) scope: String,
}

impl States {
    /// The states of an environment, which must be in a bucket; nothing is asked yet.
    pub(super) async fn of(config: &Config, settings: &Settings) -> anyhow::Result<Self> {
        if !config.has_state_bucket() {
            bail!(
                "[env.{0}] keeps its states in files, which only this machine sees; workflows need \
                 [env.{0}.backend] type = \"s3\"",
                settings.environment
            );
        }
        let bucket = Bucket::of(&state_place(&config.state_bucket(settings)?, settings)).await;
        Ok(Self { bucket, scope: settings.scope() })
    }

    /// A stack's state; none if the stack was never applied.
    pub(super) async fn state(&self, stack: &str) -> anyhow::Result<Option<Json>> {
        self.bucket.find_json(&format!("{}/{stack}.tfstate", self.scope), None).await
    }
}
