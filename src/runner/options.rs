//! What every run of Terraform is given, whichever command starts it.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::config::Config;

/// Terraform's plugin cache, in the project's folder.
pub(crate) fn plugin_cache(config: &Config) -> anyhow::Result<PathBuf> {
    let cache = config.root().join(".oleoduto/cache/terraform-plugins");
    std::fs::create_dir_all(&cache).with_context(|| format!("can't create {}", cache.display()))?;
    Ok(cache)
}

/// What to do if the bucket of a state does not exist.
pub(crate) const MISSING_BUCKET_HELP: &str = "create it with `oleoduto backend up`";

/// The command that frees a stack's lock.
pub(crate) fn unlock_command(stack: &str) -> String {
    format!("oleoduto unlock {stack}")
}
