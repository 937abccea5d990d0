//! The lock that Terraform holds on a state.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Result, RunnerError};
use crate::location::Location;
use crate::store::Store;

/// What Terraform writes into a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LockInfo {
    /// The argument of `force-unlock`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The operation that took the lock, such as `OperationTypeApply`.
    pub operation: String,
    /// `user@host`.
    pub who: String,
    /// The time at which it was taken, RFC 3339.
    pub created: String,
}

impl LockInfo {
    /// The age of the lock; none if its time can't be parsed.
    pub fn age(&self) -> Option<Duration> {
        let created: jiff::Timestamp = self.created.parse().ok()?;
        Duration::try_from(jiff::Timestamp::now().duration_since(created)).ok()
    }
}

/// The lock on a state; none if the state is not locked.
pub(crate) async fn read(store: &Store, location: &Location) -> Result<Option<LockInfo>> {
    let place = match location {
        Location::Local(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Location::Local(path.with_file_name(format!(".{name}.lock.info")))
        }
        Location::S3(_) => location.beside(".tflock"),
        Location::Other(_) => return Ok(None),
    };
    let Some(content) = store.read(&place).await?.filter(|content| !content.is_empty()) else { return Ok(None) };
    let info = serde_json::from_slice(&content);
    info.map(Some).map_err(|error| RunnerError::State { place: place.to_string(), why: format!("it is not a lock: {error}") })
}
