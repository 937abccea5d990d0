//! The address of the local AWS.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use oleoduto_stacks::parameters::{AccountId, Region};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::context::LocalContext;
use oleoduto_cli::aws::LocalPlace;

/// The address of a server, which the server writes when it is ready.
#[derive(Clone, Deserialize)]
pub(crate) struct Endpoint {
    /// Address for AWS tools.
    pub(crate) url: String,
    host: String,
    port: u16,
    /// The server's process.
    pub(crate) pid: i32,
    /// Its account.
    pub(crate) account: AccountId,
    /// Its region.
    pub(crate) region: Region,
    access_key_id: String,
    secret_access_key: String,
}

impl Endpoint {
    /// The variables that point AWS tools and Terraform at it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_S3_USE_PATH_STYLE", "true".to_owned()),
            ("AWS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
            ("AWS_REGION", self.region.to_string()),
            // Version 1 of the AWS command line reads this one.
            ("AWS_DEFAULT_REGION", self.region.to_string()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// The address and the administrator's keys, for an SDK.
    pub(crate) fn place(&self) -> LocalPlace<'_> {
        LocalPlace { url: &self.url, access_key_id: &self.access_key_id, secret_access_key: &self.secret_access_key }
    }

    /// The body of the health answer.
    pub(super) async fn health(&self) -> anyhow::Result<serde_json::Value> {
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

/// The running server, if it answers.
pub(crate) async fn running(context: &LocalContext) -> Option<Endpoint> {
    let endpoint = read(&context.data())?;
    let health = endpoint.health().await.ok()?;
    (health["status"] == "ok").then_some(endpoint)
}

/// The running server, or an error.
pub(crate) async fn require(context: &LocalContext) -> anyhow::Result<Endpoint> {
    running(context).await.context("the local AWS is not running: start it with `oleoduto local up`")
}
