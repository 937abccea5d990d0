//! `oleoduto local permissions`.

use anyhow::{Context as _, bail};
use tokio::process::Command;

use super::context::LocalContext;

/// Print what the roles used of their permissions, and what they were denied.
pub(super) async fn print(context: &LocalContext) -> anyhow::Result<()> {
    let status = Command::new(context.venv_python())
        .args(["-m", "oleoduto_local", "permissions", "--data-dir"])
        .arg(context.data())
        .env("PYTHONPATH", context.root.join("local/src"))
        .status()
        .await
        .context("the report of permissions can't be started: `oleoduto local setup` installs its Python")?;
    if !status.success() {
        bail!("the permissions could not be shown (see above)");
    }
    Ok(())
}
