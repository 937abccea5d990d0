//! Terraform's machine-readable output (`-json`), as far as the runner uses it.
//! Source: <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of Terraform's output.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// `planned_change`, `apply_complete`, `diagnostic`, ...
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The line for a person.
    #[serde(rename = "@message", default)]
    pub text: String,
    /// Part of `diagnostic`.
    pub diagnostic: Option<Diagnostic>,
    /// Part of `planned_change` and `resource_drift`.
    pub change: Option<Change>,
    /// Part of `change_summary`.
    pub changes: Option<Changes>,
    /// Part of `apply_start`, `apply_complete`, `apply_errored` and similar messages.
    pub hook: Option<Hook>,
    /// Part of `outputs`.
    pub outputs: Option<BTreeMap<String, OutputChange>>,
}

/// The change of an output.
#[derive(Clone, Debug, Deserialize)]
pub struct OutputChange {
    /// `noop` if the output stays the same; absent after an apply.
    #[serde(default)]
    pub action: Option<String>,
}

/// An error or a warning of Terraform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The message in one line.
    pub summary: String,
    /// The rest of the message; may be empty.
    #[serde(default)]
    pub detail: String,
    /// The resource that it concerns, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command failed.
    Error,
    /// The command continued.
    Warning,
}

/// A resource.
#[derive(Clone, Debug, Deserialize)]
pub struct Resource {
    /// Its address, such as `aws_s3_bucket.data`.
    pub addr: String,
}

/// A planned change of a resource, or one that was made outside Terraform.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// The resource.
    pub resource: Resource,
    /// What is done to it.
    pub action: Action,
}

/// An action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// No change.
    Noop,
    /// Created.
    Create,
    /// Changed in place.
    Update,
    /// Destroyed and created again.
    Replace,
    /// Destroyed.
    #[serde(alias = "remove")]
    Delete,
    /// Removed from the state; the resource continues to exist.
    Forget,
    /// Moved to another address.
    Move,
    /// Imported into the state.
    Import,
    /// Read.
    Read,
    /// An action this version does not know.
    #[serde(other)]
    Other,
}

impl Action {
    /// Whether an existing resource is destroyed.
    pub fn destroys(self) -> bool {
        matches!(self, Self::Replace | Self::Delete)
    }

    /// Terraform's symbol for the action.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "-/+",
            Self::Delete => "-",
            Self::Read => "<=",
            Self::Forget | Self::Move | Self::Import | Self::Noop | Self::Other => "",
        }
    }

    /// The word for the action in texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Noop => "no change",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "destroy",
            Self::Forget => "forget",
            Self::Move => "move",
            Self::Import => "import",
            Self::Read => "read",
            Self::Other => "change",
        }
    }
}

/// Numbers of resources that change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Created, including replacements.
    #[serde(default)]
    pub add: usize,
    /// Changed in place.
    #[serde(default)]
    pub change: usize,
    /// Destroyed, including replacements.
    #[serde(default, rename = "remove")]
    pub destroy: usize,
    /// Imported into the state.
    #[serde(default)]
    pub import: usize,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl std::ops::Add for Changes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            add: self.add + other.add,
            change: self.change + other.change,
            destroy: self.destroy + other.destroy,
            import: self.import + other.import,
        }
    }
}

/// Progress of one resource.
#[derive(Clone, Debug, Deserialize)]
pub struct Hook {
    /// The resource.
    pub resource: Option<Resource>,
    /// What is done to it.
    pub action: Option<Action>,
    /// The resource's id, once it has one.
    #[serde(default)]
    pub id_value: Option<String>,
    /// Seconds since the start of the action.
    #[serde(default)]
    pub elapsed_seconds: Option<f64>,
}

impl Message {
    /// Parses a line; none if it is not a message of Terraform (but of a crash or a wrapper).
    pub(crate) fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraforms_lines_are_understood() {
        let line = r#"{"@level":"info","@message":"aws_s3_bucket.b: Plan to replace","type":"planned_change","change":{"resource":{"addr":"aws_s3_bucket.b","module":""},"action":"replace","reason":"cannot_update"}}"#;
        let change = Message::parse(line).unwrap().change.unwrap();
        assert_eq!((change.resource.addr.as_str(), change.action), ("aws_s3_bucket.b", Action::Replace));
        assert!(change.action.destroys());
        let line = r#"{"type":"change_summary","changes":{"add":1,"change":2,"import":0,"remove":3,"operation":"plan"}}"#;
        assert_eq!(Message::parse(line).unwrap().changes.unwrap(), Changes { add: 1, change: 2, destroy: 3, import: 0 });
        let line = r#"{"@level":"error","@message":"Error: x","type":"diagnostic","diagnostic":{"severity":"error","summary":"x","detail":"y","range":{}}}"#;
        assert_eq!(Message::parse(line).unwrap().diagnostic.unwrap().severity, Severity::Error);
        assert!(Message::parse("panic: runtime error").is_none());
    }

    #[test]
    fn a_new_action_of_a_newer_terraform_is_no_error() {
        let line = r#"{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"levitate"}}"#;
        assert_eq!(Message::parse(line).unwrap().change.unwrap().action, Action::Other);
    }
}
