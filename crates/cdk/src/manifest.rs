//! `manifest.json`: the contract with every runner of the output.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::diagnostics::Diagnostic;

/// The version of the cdktf output format that the files follow.
pub const FORMAT_VERSION: &str = "0.24.0";

/// The stacks of an output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The stacks by name.
    pub stacks: BTreeMap<String, ManifestStack>,
    /// The format's version.
    pub version: String,
}

/// A message of the app about a part of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// The place.
    pub construct_path: String,
    /// `@cdktf/error`, `@cdktf/warn` or `@cdktf/info`.
    pub level: String,
    /// The message and its help.
    pub message: String,
    /// Always empty: `construct_path` names the place.
    #[serde(default)]
    pub stacktrace: Vec<String>,
}

/// One stack of the manifest. Fields are in the order of their JSON names, as cdktf writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestStack {
    /// Messages for the runner.
    pub annotations: Vec<Annotation>,
    /// The path in the construct tree.
    pub construct_path: String,
    /// Names of the stacks that must be applied before, in the order of first use.
    pub dependencies: Vec<String>,
    /// The stack's name.
    pub name: String,
    /// Where HCL mode keeps metadata.
    pub stack_metadata_path: String,
    /// The configuration, relative to the output folder.
    pub synthesized_stack_path: String,
    /// The folder to run Terraform in, relative to the output folder.
    pub working_directory: String,
}

/// Why a manifest can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file is missing or unreadable.
    #[error("can't read {path}: {source}. Run synth again: the last one did not finish, or there was none")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a manifest.
    #[error("{path} is not a manifest: {source}. Run synth again")]
    Format {
        /// The file.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl Manifest {
    /// Read the manifest of an output folder. Synth removes it before it changes anything and writes it last: a folder
    /// with a manifest is complete.
    ///
    /// # Errors
    /// The manifest is missing or can't be read.
    pub fn read(out: &Path) -> Result<Self, ManifestError> {
        let path = out.join("manifest.json");
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| ManifestError::Read { path: shown.clone(), source })?;
        serde_json::from_str(&text).map_err(|source| ManifestError::Format { path: shown, source })
    }
}

impl ManifestStack {
    pub(crate) fn new<'a>(name: &str, dependencies: Vec<String>, warnings: impl Iterator<Item = &'a Diagnostic>) -> Self {
        let annotations = warnings.map(|warning| Annotation {
            construct_path: warning.path.clone(),
            level: warning.level.annotation().to_owned(),
            message: format!("{}. {}", warning.message, warning.help),
            stacktrace: Vec::new(),
        });
        Self {
            annotations: annotations.collect(),
            construct_path: name.to_owned(),
            dependencies,
            name: name.to_owned(),
            stack_metadata_path: format!("stacks/{name}/metadata.json"),
            synthesized_stack_path: format!("stacks/{name}/cdk.tf.json"),
            working_directory: format!("stacks/{name}"),
        }
    }
}
