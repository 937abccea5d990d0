//! The files of a Terraform module: a folder of the project, or what the user's own Terraform fetches into a scratch folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use oleoduto_bindgen::{ModuleInterface, ModuleSource};
use serde::Deserialize;
use serde_json::json;

use super::terraform_call::run;

/// The name of the call in the scratch folder.
const CALL: &str = "it";

/// A module as it was found.
pub(crate) struct FoundModule {
    /// What it takes and gives.
    pub(crate) interface: ModuleInterface,
    /// Its version, if a registry has it.
    pub(crate) version: Option<String>,
}

/// `.terraform/modules/modules.json`.
#[derive(Deserialize)]
struct Fetched {
    #[serde(rename = "Modules")]
    modules: Vec<FetchedModule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FetchedModule {
    key: String,
    #[serde(default)]
    version: Option<String>,
    dir: String,
}

/// Whether the source is a folder of the project.
pub(crate) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// Whether another day can give other files under the same source: a Git or Mercurial repository without a revision.
pub(crate) fn is_unpinned(source: &str) -> bool {
    let is_repository = ["git::", "hg::", "git@", "github.com/", "bitbucket.org/"].iter().any(|start| source.starts_with(start));
    is_repository && !source.contains("ref=") && !source.contains("rev=")
}

/// Read a module.
pub(crate) async fn read(terraform: &str, project: &Path, module: &ModuleSource) -> anyhow::Result<FoundModule> {
    if is_local(&module.source) {
        let interface = interface(&project.join(&module.source), &module.source)?;
        return Ok(FoundModule { interface, version: None });
    }
    let scratch = tempfile::tempdir().context("can't create a scratch folder")?;
    let mut call = json!({ "source": module.source });
    if let Some(version) = &module.version {
        call["version"] = version.as_str().into();
    }
    let configuration = json!({ "module": { CALL: call } });
    std::fs::write(scratch.path().join("main.tf.json"), configuration.to_string()).context("can't write in a scratch folder")?;
    run(terraform, scratch.path(), &["get", "-no-color"]).await.with_context(|| {
        let version = module.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        format!(
            "module {}{version} can't be fetched: correct its source or version, or what `terraform get` needs",
            module.source
        )
    })?;
    let manifest = scratch.path().join(".terraform").join("modules").join("modules.json");
    let text = std::fs::read_to_string(&manifest).context("`terraform get` wrote no list of modules")?;
    let fetched: Fetched =
        serde_json::from_str(&text).context("`terraform get` wrote no list of modules that this version reads")?;
    let Some(own) = fetched.modules.into_iter().find(|fetched| fetched.key == CALL) else {
        bail!("`terraform get` did not fetch {}", module.source)
    };
    let interface = interface(&scratch.path().join(own.dir), &module.source)?;
    Ok(FoundModule { interface, version: own.version.filter(|version| !version.is_empty()) })
}

fn interface(folder: &Path, source: &str) -> anyhow::Result<ModuleInterface> {
    let mut files = BTreeMap::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("module {source}: can't read {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("can't read {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".tf") || name.ends_with(".tf.json") {
            let text = std::fs::read_to_string(entry.path()).with_context(|| format!("can't read {}", entry.path().display()))?;
            files.insert(name, text);
        }
    }
    if files.is_empty() {
        bail!("module {source}: {} has no file that ends in .tf or .tf.json", folder.display());
    }
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    ModuleInterface::read(files).with_context(|| format!("module {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_pinned_by_its_revision() {
        for source in
            ["./a", "acme/a/aws", "git::https://x.example/a.git?ref=v1", "github.com/acme/a?ref=1", "https://x.example/a.zip"]
        {
            assert!(!is_unpinned(source), "{source}");
        }
        for source in ["git::https://x.example/a.git", "github.com/acme/a", "git@github.com:acme/a.git"] {
            assert!(is_unpinned(source), "{source}");
        }
    }
}
