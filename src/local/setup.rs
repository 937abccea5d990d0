//! The prerequisites: Terraform, Java and the project's Python environment.

use anyhow::{Context as _, bail};
use oleoduto_cli::doctor::Verdict;
use tokio::process::Command;

use super::context::LocalContext;
use crate::doctor::programs;
use crate::process_group;

/// Update the Python environment to the lock file; quick if it is up to date.
pub(crate) async fn environment(context: &LocalContext) -> anyhow::Result<()> {
    let mut command = Command::new(&context.python);
    command.arg("local/setup.py").current_dir(&context.root);
    let status = process_group::status(&mut command)
        .await
        .with_context(|| format!("`{}` was not found: install Python 3.11 or newer, or set OLEODUTO_PYTHON", context.python))?;
    if !status.success() {
        bail!("the Python environment could not be set up (see above)");
    }
    Ok(())
}

/// Check that Terraform and Java answer, and are new enough.
pub(crate) async fn tools(context: &LocalContext) -> anyhow::Result<()> {
    for found in programs::for_local_run(&context.terraform).await {
        if found.verdict == Verdict::Failure {
            bail!("{}: {}: {}", found.what, found.found, found.fix);
        }
    }
    Ok(())
}
