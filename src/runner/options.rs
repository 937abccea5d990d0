//! What every run of Terraform is given, whichever command starts it.

use std::path::PathBuf;

use crate::config::Config;

/// Terraform's plugin cache, in the project's folder.
pub(crate) fn plugin_cache(config: &Config) -> PathBuf {
    config.root().join(".oleoduto/cache/terraform-plugins")
}

/// What to do about stacks that left the program.
pub(crate) const ORPHANS_HELP: &str =
    "`oleoduto destroy --orphans` destroys them; if the stack was renamed, `oleoduto state mv OLD NEW` keeps them";

/// What to do if the bucket of a state does not exist.
pub(crate) const MISSING_BUCKET_HELP: &str = "create it with `oleoduto backend up`";

/// The command that frees a stack's lock.
pub(crate) fn unlock_command(stack: &str) -> String {
    format!("oleoduto unlock {stack}")
}
