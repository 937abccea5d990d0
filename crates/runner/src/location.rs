//! The place of a state, as the `backend` block of a stack names it.

use std::path::{Component, Path, PathBuf};

use serde_json::Value as Json;

/// The place of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A file.
    Local(PathBuf),
    /// An object.
    S3(S3Location),
    /// A backend that only Terraform can read.
    Other {
        /// Its type.
        kind: String,
        /// The folder in which Terraform keeps what it knows of the backend.
        folder: PathBuf,
    },
}

/// An object, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Location {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) region: String,
    pub(crate) profile: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) kms_key: Option<String>,
}

impl Location {
    /// The location in a `backend` block; `folder` is the folder in which Terraform runs.
    pub(crate) fn of(folder: &Path, backend: &Json) -> Self {
        let text = |value: &Json| value.as_str().map(str::to_owned);
        if let Some(local) = backend.get("local") {
            let path = local["path"].as_str().unwrap_or("terraform.tfstate");
            return Self::Local(path_from(folder, path));
        }
        if let Some(s3) = backend.get("s3")
            && let (Some(bucket), Some(key), Some(region)) = (text(&s3["bucket"]), text(&s3["key"]), text(&s3["region"]))
        {
            return Self::S3(S3Location {
                bucket,
                key,
                region,
                profile: text(&s3["profile"]),
                role: text(&s3["assume_role"]["role_arn"]),
                kms_key: text(&s3["kms_key_id"]),
            });
        }
        let kind = backend.as_object().and_then(|kinds| kinds.keys().next());
        match kind {
            Some(kind) => Self::Other { kind: kind.clone(), folder: folder.join(".terraform") },
            None => Self::Local(path_from(folder, "terraform.tfstate")),
        }
    }

    /// How a user gets an earlier version of the state back, for messages.
    pub(crate) fn earlier_versions(&self) -> String {
        match self {
            Self::Local(path) => format!("restore it, for example from `{}.backup`", path.display()),
            Self::S3(s3) => format!(
                "restore one of its versions (`aws s3api list-object-versions --bucket {} --prefix {}`)",
                s3.bucket, s3.key
            ),
            Self::Other { .. } => "restore it".to_owned(),
        }
    }

    /// The name without the folders; none in a backend that only Terraform can read.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Local(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Self::S3(s3) => s3.key.rsplit('/').next().map(str::to_owned),
            Self::Other { .. } => None,
        }
    }

    /// The location of another name in the same folder.
    pub(crate) fn sibling(&self, name: &str) -> Self {
        match self {
            Self::Local(path) => Self::Local(path.with_file_name(name)),
            Self::S3(s3) => {
                let folder = s3.key.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
                Self::S3(S3Location { key: format!("{folder}{name}"), ..s3.clone() })
            }
            Self::Other { .. } => self.clone(),
        }
    }

    /// The location of a file beside this one: the name with a suffix. If only Terraform can write there, the file is in the stack's
    /// folder.
    pub(crate) fn beside(&self, suffix: &str) -> Self {
        match self {
            Self::Local(path) => Self::Local(PathBuf::from(format!("{}{suffix}", path.display()))),
            Self::S3(s3) => Self::S3(S3Location { key: format!("{}{suffix}", s3.key), ..s3.clone() }),
            Self::Other { folder, .. } => Self::Local(folder.join(format!("state{suffix}"))),
        }
    }
}

/// A path from a folder without `..`: from the folders of two stacks, the same file has the same path.
fn path_from(folder: &Path, path: &str) -> PathBuf {
    // As the system follows it, which is not as it is written if the folder is reached by a link. One that does not exist has none.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut found = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if found.file_name().is_some() => {
                found.pop();
            }
            part => found.push(part),
        }
    }
    found
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::S3(s3) => write!(f, "s3://{}/{}", s3.bucket, s3.key),
            Self::Other { kind, folder } => write!(f, "{kind} (backend of {})", folder.parent().unwrap_or(folder).display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn backends_are_located() {
        let of = |backend: Json| Location::of(Path::new("/out/stacks/a"), &backend).to_string();
        assert_eq!(of(json!({"local": {"path": "../../a.tfstate"}})), "/out/a.tfstate");
        assert_eq!(of(json!({"s3": {"bucket": "b", "key": "k/a", "region": "r"}})), "s3://b/k/a");
        assert_eq!(of(json!({"gcs": {"bucket": "b"}})), "gcs (backend of /out/stacks/a)");
        assert_eq!(of(json!({"local": {"path": "/x/./a.tfstate"}})), "/x/a.tfstate");
        assert_eq!(path_from(Path::new("a"), "../../b").display().to_string(), "../b");
        assert_eq!(of(json!({})), "/out/stacks/a/terraform.tfstate");
        let s3 = Location::of(Path::new("/"), &json!({"s3": {"bucket": "b", "key": "k/a.tfstate", "region": "r"}}));
        assert_eq!(s3.beside(".tflock").to_string(), "s3://b/k/a.tfstate.tflock");
        assert_eq!(
            (s3.name().unwrap().as_str(), s3.sibling("b.tfstate").to_string().as_str()),
            ("a.tfstate", "s3://b/k/b.tfstate")
        );
    }
}
