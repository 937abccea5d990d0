//! The files of a project's bindings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oleoduto_bindgen::{Bindings, Schema, folder, generate, index_of_providers, module_of_provider};

use super::rust_project::RustProject;

/// The generated files of one provider, and the folder that they belong in.
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

    /// The module that holds those of all providers.
    pub(crate) fn index<'a>(project: &RustProject, local_names: impl IntoIterator<Item = &'a str>) -> Self {
        let files = [("mod.rs".to_owned(), index_of_providers(local_names))].into();
        Self { folder: project.bindings(), files }
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
