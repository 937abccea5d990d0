//! `manifest.json`: the contract with every runner of the output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The stacks of an output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The stacks by name.
    pub stacks: BTreeMap<String, ManifestStack>,
    /// The format's version.
    pub version: String,
}

/// One stack of the manifest. Fields stand in the order of their JSON names, as cdktf writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestStack {
    /// Messages for the runner.
    pub annotations: Vec<serde_json::Value>,
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

impl ManifestStack {
    pub(crate) fn new(name: &str, dependencies: Vec<String>) -> Self {
        Self {
            annotations: Vec::new(),
            construct_path: name.to_owned(),
            dependencies,
            name: name.to_owned(),
            stack_metadata_path: format!("stacks/{name}/metadata.json"),
            synthesized_stack_path: format!("stacks/{name}/cdk.tf.json"),
            working_directory: format!("stacks/{name}"),
        }
    }
}
