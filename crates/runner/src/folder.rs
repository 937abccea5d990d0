//! The folder of a stack in the output, and what its `cdk.tf.json` tells a runner.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use oleoduto_cdk::{Manifest, ManifestStack};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::digest::{hex, sha256};
use crate::error::{Result, RunnerError};
use crate::files::{self, sorted_entries};
use crate::location::Location;
use crate::schema_filter;

/// The folder of a stack.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// The stack's name.
    pub(crate) name: String,
    /// The folder in which Terraform runs.
    pub(crate) path: PathBuf,
    /// The text of the configuration.
    pub(crate) text: String,
    /// The place of its state.
    pub(crate) location: Location,
    /// The digest of every file of the stack.
    pub(crate) digest: String,
    /// The ids of its remote-state data sources, by producer.
    pub(crate) remote_states: BTreeMap<String, String>,
    /// Whether one provider process can serve several of its commands: see [`shares_provider`].
    pub(crate) shares_provider: bool,
    /// Whether that process can serve other stacks too: see [`only_assets`].
    pub(crate) only_assets: bool,
    /// The names of its variables.
    pub(crate) variables: BTreeSet<String>,
    /// Its outputs, without those that exist only for other stacks.
    pub(crate) own_outputs: Vec<String>,
}

/// The name of Terraform's provider lock.
pub(crate) const LOCK_FILE: &str = ".terraform.lock.hcl";
/// The prefix that cdktf gives to outputs for other stacks.
pub(crate) const CROSS_STACK: &str = "cross-stack-output-";
const REMOTE_STATE: &str = "cross-stack-reference-input-";

impl Folder {
    fn of_manifest(out: &Path, stack: &ManifestStack) -> Result<Self> {
        Self::read(&stack.name, &out.join(&stack.working_directory), &out.join(&stack.synthesized_stack_path))
    }

    /// Reads the configuration in a folder.
    pub(crate) fn read(name: &str, path: &Path, file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(RunnerError::file("read", file))?;
        let json: Json = serde_json::from_str(&text).map_err(|error| RunnerError::Format {
            what: format!("`{}`", file.display()),
            why: format!("{error}; synthesize again"),
        })?;
        let remote = json["data"]["terraform_remote_state"].as_object();
        let producers = remote.into_iter().flatten().map(|(id, _)| (id.trim_start_matches(REMOTE_STATE).to_owned(), id.clone()));
        let outputs = json["output"].as_object().into_iter().flatten().map(|(name, _)| name);
        Ok(Self {
            name: name.to_owned(),
            location: Location::of(path, &backend(&json["terraform"])),
            digest: digest(path)?,
            remote_states: producers.collect(),
            shares_provider: shares_provider(&json),
            only_assets: !text.contains("${path.") && only_assets(path, &json),
            variables: json["variable"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            own_outputs: outputs.filter(|name| !name.starts_with(CROSS_STACK)).cloned().collect(),
            path: path.to_owned(),
            text,
        })
    }

    /// The folders of all stacks of a manifest.
    pub(crate) fn read_all(out: &Path, manifest: &Manifest) -> Result<BTreeMap<String, Self>> {
        manifest.stacks.iter().map(|(name, stack)| Ok((name.clone(), Self::of_manifest(out, stack)?))).collect()
    }

    /// The configuration, for what its text alone does not say.
    pub(crate) fn json(&self) -> Result<Json> {
        serde_json::from_str(&self.text).map_err(|error| RunnerError::Format {
            what: format!("the configuration of `{}`", self.name),
            why: format!("{error}; synthesize again"),
        })
    }

    /// The provider lock, which the first `init` may write; none without a lock.
    pub(crate) fn lock(&self) -> Result<Option<String>> {
        let content = files::read_if_exists(&self.path.join(LOCK_FILE))?;
        Ok(content.map(|content| String::from_utf8_lossy(&content).into_owned()))
    }

    /// The digest of the provider lock.
    pub(crate) fn lock_digest(&self) -> Result<Option<String>> {
        Ok(self.lock()?.map(sha256))
    }

    /// The words of the configuration that can be names of types of a provider, such as `aws_s3_bucket`.
    pub(crate) fn types(&self, prefix: &str) -> Result<BTreeSet<String>> {
        let mut found: BTreeSet<String> = schema_filter::names(&self.text, prefix).map(str::to_owned).collect();
        // Beside the file of the manifest, Terraform reads others that someone may have put there.
        for file in sorted_entries(&self.path) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".tf") || name.ends_with(".tf.json") {
                let text = std::fs::read_to_string(&file).map_err(RunnerError::file("read", &file))?;
                found.extend(schema_filter::names(&text, prefix).map(str::to_owned));
            }
        }
        Ok(found)
    }

    /// Whether the configuration reads an output of this name.
    pub(crate) fn reads(&self, output: &str) -> bool {
        let dotted = format!("outputs.{output}");
        let ends = |at: usize| !self.text[at..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        self.text.match_indices(&dotted).any(|(at, _)| ends(at + dotted.len()))
            || self.text.contains(&format!("outputs[\\\"{output}\\\"]"))
    }

    /// The outputs of a producer that the configuration reads.
    pub(crate) fn outputs_read(&self, producer: &str) -> BTreeSet<String> {
        let Some(id) = self.remote_states.get(producer) else { return BTreeSet::new() };
        let start = format!("data.terraform_remote_state.{id}.outputs.");
        let names = self.text.match_indices(&start).map(|(at, _)| {
            let rest = self.text[at + start.len()..].chars();
            rest.take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-').collect()
        });
        names.collect()
    }
}

/// The backend in the block `terraform`. HCP Terraform has a block of its own.
fn backend(terraform: &Json) -> Json {
    match terraform.get("cloud") {
        Some(cloud) => serde_json::json!({ "cloud": cloud }),
        None => terraform["backend"].clone(),
    }
}

/// Whether several commands may use one provider process. The stack must have one configuration of the `aws` provider (two
/// would overwrite each other in the process), no module that could add another one, and no setting that the process keeps
/// from its first configuration (those of its HTTP client).
fn shares_provider(json: &Json) -> bool {
    const KEPT_BY_THE_PROCESS: [&str; 5] = ["custom_ca_bundle", "http_proxy", "https_proxy", "insecure", "no_proxy"];
    let aws = &json["provider"]["aws"];
    let block = match aws {
        Json::Array(blocks) if blocks.len() == 1 => &blocks[0],
        Json::Object(_) => aws,
        _ => return false,
    };
    json.get("module").is_none()
        && block.get("alias").is_none()
        && KEPT_BY_THE_PROCESS.iter().all(|key| block.get(*key).is_none())
}

/// Whether the configuration names no files but its assets. A provider resolves relative paths against the folder of its
/// process. Assets resolve in a shared folder too, because their paths contain the hash of their content.
fn only_assets(folder: &Path, json: &Json) -> bool {
    match json {
        Json::Object(members) => members.values().all(|member| only_assets(folder, member)),
        Json::Array(items) => items.iter().all(|item| only_assets(folder, item)),
        Json::String(text) => {
            let path = Path::new(text);
            text.is_empty()
                || path.starts_with("assets")
                || path.is_absolute()
                || text.contains('\n')
                || !folder.join(path).exists()
        }
        _ => true,
    }
}

/// The digest of the names and contents of all files that `synth` wrote for a stack.
fn digest(folder: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')) {
        let entry = entry.map_err(|error| RunnerError::file("read", folder)(error.into()))?;
        let name = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy().into_owned();
        if entry.file_type().is_file() && !is_terraforms(&name) {
            let content = std::fs::read(entry.path()).map_err(RunnerError::file("read", entry.path()))?;
            for part in [name.as_bytes(), &content] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Whether Terraform, or a person by hand, wrote the file, and not `synth`.
fn is_terraforms(name: &str) -> bool {
    name == "crash.log" || name == "plan" || name.ends_with(".tfplan") || name.contains(".tfstate")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_process_serves_one_plain_configuration_only() {
        assert!(shares_provider(&json!({"provider": {"aws": [{"region": "sa-east-1"}]}})));
        let two = json!({"provider": {"aws": [{"region": "sa-east-1"}, {"alias": "us", "region": "us-east-1"}]}});
        assert!(!shares_provider(&two), "two configurations would overwrite each other");
        assert!(!shares_provider(&json!({"provider": {"aws": [{"custom_ca_bundle": "x.pem"}]}})));
        assert!(!shares_provider(&json!({"provider": {"aws": [{}]}, "module": {"m": {}}})));
        assert!(!shares_provider(&json!({"provider": {"google": [{}]}})));
    }

    #[test]
    fn files_beside_the_assets_need_a_process_in_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("page.html"), "x").unwrap();
        let object = |source: &str| json!({"resource": {"aws_s3_object": {"o": {"source": source}}}});
        assert!(only_assets(folder.path(), &object("assets/o/0A/page.html")));
        assert!(only_assets(folder.path(), &object("no-file")));
        assert!(!only_assets(folder.path(), &object("page.html")));
        assert!(!only_assets(folder.path(), &object("./page.html")));
    }

    #[test]
    fn the_digest_sees_assets_and_not_what_terraform_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("cdk.tf.json", "{}");
        write("assets/a/1.zip", "x");
        let first = digest(folder.path()).unwrap();
        for left in [".terraform/x", ".terraform.lock.hcl", "plan", "a.tfplan", "terraform.tfstate", "terraform.tfstate.backup"] {
            write(left, "y");
        }
        assert_eq!(digest(folder.path()).unwrap(), first);
        write("assets/a/1.zip", "z");
        assert_ne!(digest(folder.path()).unwrap(), first);
    }
}
