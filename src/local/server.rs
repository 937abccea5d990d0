//! The process of the local AWS: start and stop.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::process::Command;

use super::context::LocalContext;
use super::endpoint::{Endpoint, running};
use super::setup;
use crate::process_group::ProcessGroup;
use oleoduto_cli::{private_folder, remove};

/// The local AWS's fictitious account and region: nothing of a real account ever reaches it.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// The port of the local AWS.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PortArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// `oleoduto local up`.
pub(super) async fn up(context: &LocalContext, args: PortArgs) -> anyhow::Result<()> {
    if let Some(endpoint) = running(context).await {
        bail!("the local AWS is already running at {} (pid {}); `oleoduto local down` stops it", endpoint.url, endpoint.pid);
    }
    setup::environment(context).await?;
    let endpoint = start(context, &args, SparkStart::WithJob).await?;
    outln!("local AWS at {} (pid {}, account {}, region {})", endpoint.url, endpoint.pid, endpoint.account, endpoint.region);
    Ok(())
}

/// When Spark starts.
pub(crate) enum SparkStart {
    /// With the server, because a job of it comes soon.
    WithServer,
    /// With its first job.
    WithJob,
}

/// Start the server in a process group of its own and wait until it is ready.
pub(crate) async fn start(context: &LocalContext, args: &PortArgs, spark: SparkStart) -> anyhow::Result<Endpoint> {
    let data = context.data();
    // The local AWS is empty after a start: states and outputs of an earlier one are stale.
    for stale in ["state", "cdktf.out", "work", "logs", "endpoint.json"] {
        remove(&data.join(stale))?;
    }
    let logs = data.join("logs");
    // States, plans, logs and tables: only the user may read them.
    private_folder(&data)?;
    private_folder(&logs)?;
    let log_path = logs.join("server.log");
    let mut options = std::fs::File::options();
    let log = options.write(true).create(true).truncate(true).mode(0o600).open(&log_path);
    let unwritable = || format!("can't write {}: is the folder writable, and is there space?", log_path.display());
    let mut log = log.with_context(unwritable)?;
    // A full disk refuses the first byte, and not the file.
    writeln!(log, "starting").with_context(unwritable)?;
    let mut child = Command::new(context.venv_python())
        .args(["-m", "oleoduto_local", "serve", "--data-dir"])
        .arg(&data)
        .args(["--account", ACCOUNT, "--region", REGION, "--port", &args.port.to_string(), "--jobs-src"])
        .arg(context.root.join("jobs/src"))
        .arg("--dockerfile")
        .arg(context.root.join("Dockerfile"))
        .arg("--jars")
        .arg(context.root.join(".oleoduto/cache/jars"))
        .args(match spark {
            SparkStart::WithServer => Some("--warm-spark"),
            SparkStart::WithJob => None,
        })
        .env("PYTHONPATH", context.root.join("local/src"))
        .current_dir(&context.root)
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("can't share the server's log")?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .context("the local AWS could not be started")?;
    let starting = ProcessGroup::of(&child)?;
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(endpoint) = running(context).await {
            starting.release();
            return Ok(endpoint);
        }
        if let Some(status) = child.try_wait()? {
            bail!("the local AWS exited during start-up ({status}): {}", tail(&log_path));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    child.kill().await.context("the local AWS did not answer and could not be stopped")?;
    bail!("the local AWS did not answer within 60 s: {}", tail(&log_path))
}

/// The last lines of a file.
pub(crate) fn tail(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

/// Stop the server and remove its data.
pub(crate) async fn down(context: &LocalContext) -> anyhow::Result<()> {
    match running(context).await {
        Some(endpoint) => {
            stop(&endpoint).await?;
            outln!("stopped the local AWS (pid {})", endpoint.pid);
        }
        None => outln!("the local AWS is not running"),
    }
    remove(&context.data())
}

/// End the server, which ends its jobs.
pub(crate) async fn stop(endpoint: &Endpoint) -> anyhow::Result<()> {
    // It just answered as ours, so the pid is not that of another program.
    let status = Command::new("kill").arg(endpoint.pid.to_string()).status().await.context("`kill` could not be run")?;
    if !status.success() {
        bail!("the local AWS (pid {}) could not be stopped", endpoint.pid);
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    while endpoint.health().await.is_ok() {
        if Instant::now() > deadline {
            bail!("the local AWS (pid {}) still runs 30 s after the signal to stop", endpoint.pid);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
