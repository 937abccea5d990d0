//! The user's own Terraform, in a scratch folder.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, bail};

/// What of the environment would change another folder than the scratch one, or another command than is meant.
const FOREIGN: [&str; 7] = [
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_get",
    "TF_CLI_ARGS_init",
    "TF_CLI_ARGS_providers_schema",
    "TF_CLI_ARGS_version",
    "TF_DATA_DIR",
    "TF_WORKSPACE",
];

/// A command of Terraform that must succeed.
pub(super) async fn run(terraform: &str, folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = tokio::process::Command::new(terraform);
    command.args(arguments).current_dir(folder).kill_on_drop(true);
    FOREIGN.iter().for_each(|name| {
        command.env_remove(name);
    });
    let output = command
        .output()
        .await
        .with_context(|| format!("{terraform} can't be run: install Terraform or OpenTofu, or name it with --terraform"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("`{terraform} {}` failed:\n{}", arguments.join(" "), text.trim());
    }
    Ok(output)
}
