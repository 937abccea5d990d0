//! The prerequisites: Terraform, Java and the project's Python environment.

use anyhow::{Context as _, bail};
use tokio::process::Command;

use super::context::LocalContext;
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

/// Check that Terraform and Java answer.
pub(crate) async fn tools(context: &LocalContext) -> anyhow::Result<()> {
    answers(&context.terraform, "version", "install Terraform 1.10 or newer, or set TERRAFORM_BINARY_NAME").await?;
    answers("java", "-version", "install Java 17: Spark needs it").await
}

async fn answers(program: &str, argument: &str, help: &str) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    let output = command.arg(argument).kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("`{program}` was not found: {help}"))?;
    if !output.status.success() {
        bail!("`{program} {argument}` failed: {}; {help}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
