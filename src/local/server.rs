//! The local AWS's process: start, find, stop.

use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::Context;

/// The local AWS's fictitious account and region: nothing of a real account ever reaches it.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// What the server writes when it is ready.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Endpoint {
    /// Address for AWS tools.
    pub(crate) url: String,
    host: String,
    port: u16,
    /// The server's process.
    pub(crate) pid: i32,
    /// Its account.
    pub(crate) account: String,
    /// Its region.
    pub(crate) region: String,
}

impl Endpoint {
    /// What points AWS tools and Terraform at it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_S3_USE_PATH_STYLE", "true".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_REGION", self.region.clone()),
            // What version 1 of the AWS command line reads.
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// The body of the health answer.
    async fn health(&self) -> anyhow::Result<serde_json::Value> {
        let ask = async {
            let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
            let request = format!("GET /_oleoduto/health HTTP/1.0\r\nHost: {}:{}\r\n\r\n", self.host, self.port);
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
            Ok::<_, anyhow::Error>(serde_json::from_str(body)?)
        };
        tokio::time::timeout(Duration::from_secs(5), ask).await?
    }
}

fn read(data: &Path) -> Option<Endpoint> {
    serde_json::from_str(&std::fs::read_to_string(data.join("endpoint.json")).ok()?).ok()
}

/// The server that answers, if one does.
pub(crate) async fn running(context: &Context) -> Option<Endpoint> {
    let endpoint = read(&context.data())?;
    let health = endpoint.health().await.ok()?;
    (health["status"] == "ok").then_some(endpoint)
}

/// The running server, or what to do.
pub(crate) async fn require(context: &Context) -> anyhow::Result<Endpoint> {
    running(context).await.context("the local AWS is not running: start it with `oleoduto local up`")
}

/// Start the server in a process group of its own and wait until it is ready.
pub(crate) async fn start(context: &Context, port: u16) -> anyhow::Result<Endpoint> {
    let data = context.data();
    // Its AWS is empty after a start: states and outputs of an earlier one describe nothing any more.
    for stale in ["state", "cdktf.out", "work", "logs", "endpoint.json"] {
        remove(&data.join(stale))?;
    }
    let logs = data.join("logs");
    std::fs::create_dir_all(&logs).with_context(|| format!("can't make {}", logs.display()))?;
    let log_path = logs.join("server.log");
    let log = std::fs::File::create(&log_path).with_context(|| format!("can't write {}", log_path.display()))?;
    let mut child = Command::new(context.venv_python())
        .args(["-m", "oleoduto_local", "serve", "--data-dir"])
        .arg(&data)
        .args(["--account", ACCOUNT, "--region", REGION, "--port", &port.to_string(), "--jobs-src"])
        .arg(context.root.join("jobs/src"))
        .arg("--dockerfile")
        .arg(context.root.join("Dockerfile"))
        .arg("--jars")
        .arg(context.root.join(".oleoduto/cache/jars"))
        .env("PYTHONPATH", context.root.join("local/src"))
        .current_dir(&context.root)
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("can't share the server's log")?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .context("the local AWS could not be started")?;
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(endpoint) = running(context).await {
            return Ok(endpoint);
        }
        if let Some(status) = child.try_wait()? {
            bail!("the local AWS ended at start ({status}): {}", tail(&log_path));
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

/// Print what is running.
pub(crate) async fn status(context: &Context) -> anyhow::Result<ExitCode> {
    let Some(endpoint) = running(context).await else {
        println!("not running");
        return Ok(ExitCode::from(3));
    };
    println!("running at {} (pid {}, account {}, region {})", endpoint.url, endpoint.pid, endpoint.account, endpoint.region);
    let health = endpoint.health().await?;
    for job in health["running"].as_array().into_iter().flatten() {
        println!("  {} {} since {}", job["service"], job["name"], job["since"]);
    }
    for execution in super::execution::list(&endpoint).await? {
        println!("  {execution}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Stop the server and remove its data.
pub(crate) async fn down(context: &Context) -> anyhow::Result<()> {
    match running(context).await {
        Some(endpoint) => {
            stop(&endpoint).await?;
            println!("stopped the local AWS (pid {})", endpoint.pid);
        }
        None => println!("the local AWS is not running"),
    }
    remove(&context.data())
}

/// End the server, which ends its jobs.
pub(crate) async fn stop(endpoint: &Endpoint) -> anyhow::Result<()> {
    // It answered as ours a moment ago, so the pid is not another program's.
    let status = Command::new("kill").arg(endpoint.pid.to_string()).status().await.context("`kill` could not be run")?;
    if !status.success() {
        bail!("the local AWS (pid {}) could not be stopped", endpoint.pid);
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    while endpoint.health().await.is_ok() {
        if Instant::now() > deadline {
            bail!("the local AWS (pid {}) still runs 30 s after it was asked to stop", endpoint.pid);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    let result = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
