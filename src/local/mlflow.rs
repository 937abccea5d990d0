//! `oleoduto local mlflow`: the training jobs in MLflow's UI.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::context::LocalContext;
use super::endpoint;
use super::endpoint::Endpoint;
use super::open;
use crate::process_group::{self, ProcessGroup};
use oleoduto_cli::{Signals, remove};

/// Time for the UI to start: its first start creates its tables.
const START: Duration = Duration::from_secs(180);

/// Record the training jobs in MLflow and open its UI, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Tracking URI of MLflow [default: a SQLite file, kept in the bucket]
    #[arg(long)]
    tracking_uri: Option<String>,
    /// Only record, without the UI
    #[arg(long, conflicts_with_all = ["port", "open"])]
    record_only: bool,
    /// Port of the UI on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Open the UI in the browser
    #[arg(long)]
    open: bool,
}

impl Args {
    /// Record, then serve until Ctrl-C.
    pub(super) async fn run(self, context: &LocalContext) -> anyhow::Result<ExitCode> {
        let endpoint = endpoint::require(context).await?;
        let bucket = context.names.bucket(&endpoint.account, &endpoint.region);
        let folder = context.data().join("mlflow");
        let mut record = python(context, &endpoint);
        record
            .args(["-m", "oleoduto_jobs.ml.tracking", "--bucket", &bucket, "--series", &context.series, "--folder"])
            .arg(&folder);
        record.args(self.tracking_uri.iter().map(|uri| format!("--tracking-uri={uri}")));
        let mut signals = Signals::listen()?;
        let recorded = tokio::select! {
            status = process_group::status(&mut record) => status.context("the training jobs could not be recorded")?,
            code = signals.next() => return Ok(ExitCode::from(code)),
        };
        if !recorded.success() {
            return Ok(ExitCode::FAILURE);
        }
        if self.record_only {
            return Ok(ExitCode::SUCCESS);
        }
        let store = self.tracking_uri.clone().unwrap_or_else(|| format!("sqlite:///{}", folder.join("mlflow.db").display()));
        if !store.starts_with("sqlite:") {
            outln!("the UI is that of {store}");
            return Ok(ExitCode::SUCCESS);
        }
        let port = free_port(self.port)?;
        let mut child = python(context, &endpoint)
            .args(["-m", "mlflow", "server", "--backend-store-uri", &store, "--host", "127.0.0.1", "--workers", "1", "--port"])
            .arg(port.to_string())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .context("MLflow's UI could not be started")?;
        let _ended_with_this = ProcessGroup::of(&child)?;
        tokio::select! {
            ready = wait(&mut child, port) => ready?,
            code = signals.next() => return Ok(ExitCode::from(code)),
        }
        let url = format!("http://127.0.0.1:{port}");
        let announcement = Announcement::write(&folder, &url, &context.series)?;
        outln!("{url}  (Ctrl-C ends it)");
        if self.open {
            open::in_browser(url.as_ref())?;
        }
        tokio::select! {
            status = child.wait() => bail!("MLflow's UI exited ({}); its output is above", status?),
            _ = signals.next() => {}
        }
        announcement.remove()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where the UI is, for the page of the local AWS (`local/src/oleoduto_local/ui/source.py`), which links to it while this process
/// lives.
struct Announcement(PathBuf);

impl Announcement {
    fn write(folder: &Path, url: &str, series: &str) -> anyhow::Result<Self> {
        let path = folder.join("ui.json");
        let text = serde_json::json!({ "url": url, "series": series, "pid": std::process::id() }).to_string();
        std::fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
        Ok(Self(path))
    }

    fn remove(self) -> anyhow::Result<()> {
        remove(&self.0)
    }
}

/// The project's Python, pointed at the local AWS.
fn python(context: &LocalContext, endpoint: &Endpoint) -> Command {
    let mut python = Command::new(context.venv_python());
    python
        .env("PYTHONPATH", context.root.join("jobs/src"))
        .envs(endpoint.environment())
        .env("AWS_DEFAULT_REGION", endpoint.region.as_str())
        .env("MLFLOW_S3_ENDPOINT_URL", &endpoint.url)
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        // Nothing here runs inside the server, and its executors make the start slow.
        .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
        .current_dir(&context.root);
    python
}

fn free_port(wanted: u16) -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", wanted))
        .with_context(|| format!("port {wanted} is taken: give another with --port, or 0 for a free one"))?;
    Ok(listener.local_addr().context("the free port is not known")?.port())
}

async fn wait(child: &mut Child, port: u16) -> anyhow::Result<()> {
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            bail!("MLflow's UI exited during start-up ({status}); its output is above");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("MLflow's UI did not answer within {} s", START.as_secs())
}
