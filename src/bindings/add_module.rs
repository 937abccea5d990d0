//! `oleoduto add --module`: the binding of a Terraform module in any Rust project.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use oleoduto_bindgen::{ModuleSource, folder};

use super::bindings_file::BindingsFile;
use super::generated::Generated;
use super::module_files;
use super::rust_project::RustProject;
use crate::global::Global;

/// A module, as the command line names it.
pub(super) struct NewModule {
    pub(super) source: String,
    pub(super) version: Option<String>,
    /// The name in the project.
    pub(super) name: Option<String>,
}

impl NewModule {
    /// Read the module, write its binding, and print what is next.
    pub(super) async fn add(self, global: &Global) -> anyhow::Result<ExitCode> {
        let project = RustProject::find(&global.overrides.project_dir)?;
        let mut file = BindingsFile::read(&project.root)?;
        if module_files::is_unpinned(&self.source) {
            bail!("`{}` names no revision, so that it may change: add `?ref=REVISION`", self.source);
        }
        let name = self.name.clone().unwrap_or_else(|| name_of(&self.source));
        let known = file.modules()?.remove(&name);
        let outputs = known.map(|known| known.outputs).unwrap_or_default();
        let mut module = ModuleSource { source: self.source, version: self.version, outputs };
        let found = module_files::read(&global.terraform, &project.root, &module).await?;
        module.version = found.version.or(module.version);
        file.module(&name, &module)?;
        let all = Generated::modules(&project, &global.terraform, &file.modules()?).await?.context("no module was noted")?;
        let index = Generated::index(&project, &file)?;
        // All that can be refused is, before anything is written.
        all.differences()?;
        index.differences()?;
        let changed = all.write()?;
        index.write()?;
        folder::replace(file.path(), &file.text())?;
        outln!("{}: {} files in {}, {changed} changed", module.source, all.len(), all.folder(&project).display());
        project.next_steps()?.iter().for_each(|step| outln!("next: {step}"));
        outln!("the module is in bindings::modules::{name}: see src/bindings/modules/{name}.rs");
        Ok(ExitCode::SUCCESS)
    }
}

/// A name for a module: the last part of its source that is one, without the provider of a registry's address.
fn name_of(source: &str) -> String {
    let path = source.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let path = path.rsplit("//").next().unwrap_or(path);
    let parts: Vec<&str> = path.split(['/', ':']).filter(|part| !part.is_empty()).collect();
    let is_registry = !module_files::is_local(source) && !source.contains("://") && !source.contains("::") && parts.len() == 3;
    let part = if is_registry { parts.get(1) } else { parts.last() };
    let part = part.copied().unwrap_or("module").trim_end_matches(".git").trim_start_matches("terraform-");
    let name: String =
        part.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' }).collect();
    name.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_for_its_source() {
        for (source, name) in [
            ("./modules/names", "names"),
            ("../net-work/", "net_work"),
            ("terraform-aws-modules/vpc/aws", "vpc"),
            ("git::https://x.example/terraform-names.git?ref=v1", "names"),
            ("git::https://x.example/all.git//modules/queue?ref=v1", "queue"),
            ("https://x.example/bucket", "bucket"),
        ] {
            assert_eq!(name_of(source), name, "{source}");
        }
    }
}
