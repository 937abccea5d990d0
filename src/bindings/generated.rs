//! The files of a project's bindings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oleoduto_bindgen::{
    Bindings, ModuleSource, Schema, folder, generate, generate_module, index_of_modules, index_of_providers, module_of_provider,
};

use super::bindings_file::{BindingsFile, MODULES};
use super::module_files;
use super::rust_project::RustProject;

/// The generated files of one provider or of all modules, and the folder that they belong in.
pub(crate) struct Generated {
    folder: PathBuf,
    files: BTreeMap<String, String>,
}

impl Generated {
    /// The bindings of a provider.
    pub(crate) fn new(project: &RustProject, schema: &Schema, bindings: &Bindings) -> anyhow::Result<Self> {
        let folder = project.bindings().join(module_of_provider(bindings.local_name()));
        Ok(Self { folder, files: generate(schema, bindings, false)? })
    }

    /// The bindings of modules; none, if there is no module.
    pub(crate) async fn modules(
        project: &RustProject,
        terraform: &str,
        modules: &BTreeMap<String, ModuleSource>,
    ) -> anyhow::Result<Option<Self>> {
        if modules.is_empty() {
            return Ok(None);
        }
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (name, module) in modules {
            let found = module_files::read(terraform, &project.root, module).await?;
            files.insert(format!("{name}.rs"), generate_module(name, module, &found.interface)?);
        }
        files.insert("mod.rs".to_owned(), index_of_modules(modules.keys().map(String::as_str)));
        Ok(Some(Self { folder: project.bindings().join(MODULES), files }))
    }

    /// The module that holds all of them.
    pub(crate) fn index(project: &RustProject, file: &BindingsFile) -> anyhow::Result<Self> {
        let providers = file.providers()?;
        let modules = file.modules()?;
        let modules = Some(MODULES).filter(|_| !modules.is_empty());
        let index = index_of_providers(providers.keys().map(String::as_str).chain(modules));
        Ok(Self { folder: project.bindings(), files: [("mod.rs".to_owned(), index)].into() })
    }

    /// The names of the files that differ. See [`folder::differences`].
    pub(crate) fn differences(&self) -> anyhow::Result<Vec<String>> {
        Ok(folder::differences(&self.folder, &self.files)?)
    }

    /// Write what differs; returns the number of files that did.
    pub(crate) fn write(&self) -> anyhow::Result<usize> {
        Ok(folder::write(&self.folder, &self.files)?.len())
    }

    /// The folder, relative to the project.
    pub(crate) fn folder<'a>(&'a self, project: &'a RustProject) -> &'a Path {
        self.folder.strip_prefix(&project.root).unwrap_or(&self.folder)
    }

    /// The number of files.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }
}
