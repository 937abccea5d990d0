//! Where a stack keeps its state.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::diagnostics::Diagnostic;
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
            pairs.push(("assume_role".into(), Expr::of_pairs([("role_arn", role.into())])));
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

impl From<S3Backend> for Backend {
    fn from(backend: S3Backend) -> Self {
        Self::S3(backend)
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

    /// Its arguments.
    pub(crate) fn arguments(&self) -> Vec<(Key, Expr)> {
        match self {
            Self::Local { path } => vec![("path".into(), path.to_string_lossy().into_owned().into())],
            Self::S3(s3) => s3.config(),
            Self::Other { config, .. } => config.clone(),
        }
    }
    /// The kind and the arguments by which `terraform_remote_state` finds the state.
    pub(crate) fn state(&self) -> (&str, Vec<(Key, Expr)>) {
        let mut config = self.arguments();
        if self.kind() != "cloud" {
            return (self.kind(), config);
        }
        for (_, workspaces) in config.iter_mut().filter(|(key, _)| key == "workspaces") {
            if let Expr::Object(pairs) = workspaces {
                pairs.retain(|(key, _)| key == "name");
            }
        }
        ("remote", config)
    }

    /// The same for another stack of the app, in its own folder.
    pub(crate) fn state_of(&self, producer: &str) -> (&str, Vec<(Key, Expr)>) {
        let (kind, mut config) = self.state();
        if kind == "local" {
            let path = beside(producer, Path::new(local_path(&config)));
            config.retain(|(key, _)| key != "path");
            config.push(("path".into(), path.into()));
        }
        (kind, config)
    }

    /// What tells the state of stack `name` from others: the arguments that say where it is.
    fn place(&self, name: &str) -> Vec<String> {
        let config = self.arguments();
        let shown = |(key, value): &(Key, Expr)| format!("{key} {value:?}");
        let mut place = match (self.kind(), state_arguments(self.kind())) {
            ("local", _) => {
                vec![format!("path {}", beside(name, Path::new(local_path(&config))))]
            }
            (_, Some(names)) => config.iter().filter(|(key, _)| names.contains(&&**key)).map(shown).collect(),
            (_, None) => config.iter().map(shown).collect(),
        };
        place.sort();
        place.insert(0, format!("backend {}", self.kind()));
        place
    }
}

/// Two stacks with one state: the second apply would destroy what the first created.
pub(crate) fn shared_states<'a>(stacks: impl Iterator<Item = (&'a str, &'a Backend)>) -> Vec<Diagnostic> {
    let mut owners: HashMap<Vec<String>, &str> = HashMap::new();
    let mut mistakes = Vec::new();
    for (name, backend) in stacks {
        let place = backend.place(name);
        if let Some(owner) = owners.get(&place).filter(|owner| **owner != name) {
            mistakes.push(Diagnostic::error(
                format!("{name}/backend"),
                format!("stacks `{owner}` and `{name}` keep their state in the same place: {}", place.join(", ")),
                "give each a state of its own: an apply of one would destroy the resources of the other",
            ));
        } else {
            owners.insert(place, name);
        }
    }
    mistakes
}

/// The arguments of a kind of backend that say where its state is, if they are known.
fn state_arguments(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "azurerm" => &["storage_account_name", "container_name", "key"],
        "consul" => &["address", "path"],
        "cos" | "oss" => &["bucket", "prefix", "key"],
        "gcs" => &["bucket", "prefix"],
        "http" => &["address"],
        "pg" => &["conn_str", "schema_name"],
        "s3" => &["bucket", "key"],
        _ => return None,
    })
}

/// The path of a local state; Terraform's own without one.
fn local_path(config: &[(Key, Expr)]) -> &str {
    let path = config.iter().find(|(key, _)| key == "path").and_then(|(_, value)| value.literal());
    path.unwrap_or("terraform.tfstate")
}

/// A path that is relative to the folder of stack `name`, relative to a folder beside it.
fn beside(name: &str, path: &Path) -> String {
    if path.is_absolute() {
        return path.to_string_lossy().into_owned();
    }
    let mut names = vec!["..".to_owned(), name.to_owned()];
    for component in path.components() {
        match component {
            Component::ParentDir if names.last().is_some_and(|last| last != "..") => drop(names.pop()),
            Component::CurDir => {}
            other => names.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    names.join("/")
}
