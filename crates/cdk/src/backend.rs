//! Where a stack keeps its state.

use std::path::PathBuf;

use serde_json::{Map as JsonMap, Value as Json, json};

/// A Terraform state backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file; a relative path is relative to the stack's own folder.
    Local {
        /// The state file.
        path: PathBuf,
    },
    /// An S3 object with native locking.
    S3 {
        /// The bucket of the states.
        bucket: String,
        /// The object's key.
        key: String,
        /// The bucket's region.
        region: String,
    },
}

impl Backend {
    /// The name of the backend's type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local { .. } => "local",
            Self::S3 { .. } => "s3",
        }
    }

    pub(crate) fn config(&self) -> Json {
        match self {
            Self::Local { path } => json!({ "path": path.to_string_lossy() }),
            Self::S3 { bucket, key, region } => {
                json!({ "bucket": bucket, "encrypt": true, "key": key, "region": region, "use_lockfile": true })
            }
        }
    }

    pub(crate) fn block(&self) -> Json {
        Json::Object(JsonMap::from_iter([(self.kind().to_owned(), self.config())]))
    }
}
