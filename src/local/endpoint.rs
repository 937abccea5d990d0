//! The address of the local AWS.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use oleoduto_stacks::parameters::{AccountId, Region};
use serde::Deserialize;
use sha2::Sha256;
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

    /// The one-time key of the page, for a moment; `local/src/oleoduto_local/ui/sessions.py` checks it.
    pub(super) fn page_key(&self, nanoseconds: u128) -> anyhow::Result<String> {
        let mut signature =
            Hmac::<Sha256>::new_from_slice(self.secret_access_key.as_bytes()).context("the secret key is no key")?;
        signature.update(format!("oleoduto local ui\n{nanoseconds}").as_bytes());
        let digits: String = signature.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{nanoseconds}-{digits}"))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    /// `local/tests/test_ui_guard.py` has the same key.
    #[test]
    fn the_page_takes_the_key() {
        let endpoint: Endpoint = serde_json::from_value(serde_json::json!({
            "url": "http://127.0.0.1:1", "host": "127.0.0.1", "port": 1, "pid": 1, "account": "123456789012",
            "region": "us-east-1", "access_key_id": "AKIA", "secret_access_key": "secret",
        }))
        .unwrap();
        let key = "1700000000000000000-27f592172e8ff6ea04094daa03002a78d8ba9c5b2afdea10abc5c66b969a48ef";
        assert_eq!(endpoint.page_key(1_700_000_000_000_000_000).unwrap(), key);
    }
}
