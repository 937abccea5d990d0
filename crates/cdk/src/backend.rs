//! Where a stack keeps its state.

use std::path::PathBuf;

use crate::expr::{Expr, Key};

/// A Terraform state backend.
#[derive(Clone, Debug, PartialEq)]
pub enum Backend {
    /// A file; a relative path is relative to the stack's own folder.
    Local {
        /// The state file.
        path: PathBuf,
    },
    /// An S3 object.
    S3(S3Backend),
    /// Any other backend that Terraform knows (`gcs`, `azurerm`, `http`, ...), with its arguments.
    Other {
        /// The backend's type.
        kind: String,
        /// Its arguments.
        config: Vec<(Key, Expr)>,
    },
}

/// The `s3` backend: an encrypted object, locked by S3 itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Backend {
    bucket: String,
    key: String,
    region: String,
    use_lockfile: bool,
    dynamodb_table: Option<String>,
    assume_role: Option<String>,
    kms_key_id: Option<String>,
    profile: Option<String>,
}

impl S3Backend {
    /// An encrypted object with native locking (`use_lockfile`, Terraform 1.10 and later).
    pub fn new(bucket: impl Into<String>, key: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            key: key.into(),
            region: region.into(),
            use_lockfile: true,
            dynamodb_table: None,
            assume_role: None,
            kms_key_id: None,
            profile: None,
        }
    }

    /// Lock with a DynamoDB table instead: Terraform before 1.10 requires it.
    #[must_use]
    pub fn dynamodb_table(mut self, table: impl Into<String>) -> Self {
        self.dynamodb_table = Some(table.into());
        self.use_lockfile = false;
        self
    }

    /// Access the bucket with this role (`assume_role.role_arn`; Terraform 1.10 no longer takes a `role_arn` beside it).
    #[must_use]
    pub fn assume_role(mut self, role_arn: impl Into<String>) -> Self {
        self.assume_role = Some(role_arn.into());
        self
    }

    /// Encrypt with this KMS key.
    #[must_use]
    pub fn kms_key_id(mut self, key: impl Into<String>) -> Self {
        self.kms_key_id = Some(key.into());
        self
    }

    /// Use this profile of the AWS configuration.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    fn config(&self) -> Vec<(Key, Expr)> {
        let mut pairs: Vec<(Key, Expr)> = Vec::new();
        if let Some(role) = &self.assume_role {
            pairs.push(("assume_role".into(), Expr::object([("role_arn", role.into())])));
        }
        pairs.push(("bucket".into(), (&self.bucket).into()));
        let optional = [("dynamodb_table", &self.dynamodb_table), ("kms_key_id", &self.kms_key_id), ("profile", &self.profile)];
        pairs.extend(optional.into_iter().filter_map(|(key, value)| Some((key.into(), value.as_ref()?.into()))));
        pairs.push(("encrypt".into(), true.into()));
        pairs.push(("key".into(), (&self.key).into()));
        pairs.push(("region".into(), (&self.region).into()));
        if self.use_lockfile {
            pairs.push(("use_lockfile".into(), true.into()));
        }
        pairs
    }
}

impl Backend {
    /// The name of the backend's type.
    pub fn kind(&self) -> &str {
        match self {
            Self::Local { .. } => "local",
            Self::S3(_) => "s3",
            Self::Other { kind, .. } => kind,
        }
    }

    pub(crate) fn config(&self) -> Expr {
        match self {
            Self::Local { path } => Expr::object([("path", Expr::from(path.to_string_lossy().into_owned()))]),
            Self::S3(s3) => Expr::Object(s3.config()),
            Self::Other { config, .. } => Expr::Object(config.clone()),
        }
    }
}
