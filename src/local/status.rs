//! `oleoduto local status`.

use std::process::ExitCode;

use super::context::LocalContext;
use super::{endpoint, execution};

/// Print the server, its jobs and its executions.
pub(crate) async fn status(context: &LocalContext) -> anyhow::Result<ExitCode> {
    let Some(endpoint) = endpoint::running(context).await else {
        outln!("not running");
        return Ok(ExitCode::from(3));
    };
    outln!("running at {} (pid {}, account {}, region {})", endpoint.url, endpoint.pid, endpoint.account, endpoint.region);
    let health = endpoint.health().await?;
    for job in health["running"].as_array().into_iter().flatten() {
        outln!("  {} {} since {}", job["service"], job["name"], job["since"]);
    }
    for execution in execution::list(&endpoint).await? {
        outln!("  {execution}");
    }
    Ok(ExitCode::SUCCESS)
}
