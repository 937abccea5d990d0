//! The configuration of AWS clients.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use oleoduto_runner::AwsAccess;

/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for a question about the account, with its retries.
pub const QUICK: Duration = Duration::from_secs(15);
/// Time for a call that lists, reads or changes something, with its retries.
pub const PATIENT: Duration = Duration::from_secs(30);

/// Where calls go, who makes them, and how long each may take.
#[derive(Debug)]
pub struct Place<'a> {
    region: &'a str,
    profile: Option<&'a str>,
    role: Option<&'a str>,
    local: Option<LocalPlace<'a>>,
    patience: Duration,
}

/// The address of a local AWS, and the keys of its start.
#[derive(Clone, Copy)]
pub struct LocalPlace<'a> {
    /// Its address.
    pub url: &'a str,
    /// The administrator's access key.
    pub access_key_id: &'a str,
    /// The secret of that key.
    pub secret_access_key: &'a str,
}

impl std::fmt::Debug for LocalPlace<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalPlace").field("url", &self.url).field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl<'a> Place<'a> {
    /// A region, with the credentials of the environment.
    pub fn of(region: &'a str, patience: Duration) -> Self {
        Self { region, profile: None, role: None, local: None, patience }
    }

    /// A region, with the credentials of a profile, if one is named.
    pub fn of_profile(region: &'a str, profile: Option<&'a str>) -> Self {
        Self { profile, ..Self::of(region, QUICK) }
    }

    /// A bucket of states and its lock table, with the profile and the role of their backend.
    pub fn of_states(region: &'a str, profile: Option<&'a str>, role: Option<&'a str>) -> Self {
        Self { profile, role, ..Self::of(region, PATIENT) }
    }

    /// A local AWS, whatever the user's own credentials are.
    pub fn of_local(local: LocalPlace<'a>, region: &'a str) -> Self {
        Self { local: Some(local), ..Self::of(region, PATIENT) }
    }

    /// The configuration of clients.
    pub async fn config(self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(self.patience).build();
        let access = AwsAccess {
            region: self.region,
            profile: self.profile,
            role: self.role,
            endpoint: self.local.map(|local| local.url),
            keys: self.local.map(|local| (local.access_key_id, local.secret_access_key)),
            timeouts: Some(timeouts),
        };
        access.config().await
    }
}
