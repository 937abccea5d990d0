//! The prerequisites: Terraform, Java and the project's Python environment.

use anyhow::{Context as _, bail};
use oleoduto_cli::doctor::{Verdict, room};
use tokio::process::Command;

use super::context::LocalContext;
use crate::doctor::programs;
use crate::process_group;

/// Update the Python environment to the lock file; quick if it is up to date.
pub(crate) async fn environment(context: &LocalContext) -> anyhow::Result<()> {
    let mut command = Command::new(&context.python);
    command.arg("local/setup.py").current_dir(&context.root);
    let mut reason = "the Python environment could not be set up (see above)".to_owned();
    let hear = |line: &str| match line.strip_prefix("error: ") {
        Some(sentence) => sentence.clone_into(&mut reason),
        None => errln!("{line}"),
    };
    let status = process_group::heard(&mut command, hear)
        .await
        .with_context(|| format!("`{}` was not found: install Python 3.11 or newer, or set OLEODUTO_PYTHON", context.python))?;
    if !status.success() {
        bail!("{reason}");
    }
    Ok(())
}

/// Check that Terraform and Java answer and are new enough, and that the disk has room for a provider.
pub(crate) async fn tools(context: &LocalContext) -> anyhow::Result<()> {
    let data = context.data();
    let disk = room(data.ancestors().find(|folder| folder.exists()).unwrap_or(&context.root));
    for found in programs::for_local_run(&context.terraform).await.into_iter().chain([disk]) {
        if found.verdict == Verdict::Failure {
            bail!("{}: {}: {}", found.what, found.found, found.fix);
        }
    }
    Ok(())
}
