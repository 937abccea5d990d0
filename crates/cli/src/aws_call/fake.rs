//! A service that tests call: it gives its answers one after the other, and keeps the requests.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_smithy_types::timeout::TimeoutConfig;

/// A request: its line and headers in lower case, and its body.
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The service, and the configuration that leads to it.
pub(crate) struct Service {
    pub(crate) sdk: SdkConfig,
    thread: JoinHandle<Vec<Asked>>,
}

impl Service {
    /// A service with these answers, each a status and a body. It is gone after them.
    pub(crate) async fn with(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answers: Vec<_> = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let thread = std::thread::spawn(move || answers.into_iter().map(|answer| serve(&listener, answer)).collect());
        let region = Region::new("sa-east-1");
        let access = oleoduto_runner::AwsAccess { endpoint: Some(&url), keys: Some(("KEY", "secret")), ..Default::default() };
        let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(20)).build();
        let sdk = access.config().await.into_builder().region(region).retry_config(retry).timeout_config(timeouts).build();
        Self { sdk, thread }
    }

    /// The requests, once all answers are given.
    pub(crate) fn asked(self) -> Vec<Asked> {
        self.thread.join().unwrap()
    }
}

fn serve(listener: &TcpListener, (status, body): (u16, String)) -> Asked {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut asked = vec![0; length];
    reader.read_exact(&mut asked).unwrap();
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
    Asked { head, body: String::from_utf8(asked).unwrap() }
}

/// A configuration without an endpoint.
pub(crate) fn in_region(region: &'static str) -> aws_types::sdk_config::Builder {
    let keys = Credentials::new("KEY", "secret", None, None, "test");
    let keys = aws_sdk_s3::config::SharedCredentialsProvider::new(keys);
    SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new(region)).credentials_provider(keys)
}
