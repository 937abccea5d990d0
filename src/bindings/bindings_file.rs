//! `bindings.toml` of a project: its providers, their versions and the types that are bound, and its modules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use oleoduto_bindgen::{Bindings, ModuleSource};
use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::address::ProviderAddress;
use super::type_name::TypeList;
use oleoduto_cli::if_present;

/// The file's name; it is beside `Cargo.toml`.
pub(crate) const NAME: &str = "bindings.toml";

/// The table of modules, and the folder of their bindings.
pub(crate) const MODULES: &str = "modules";
/// The table of providers.
const PROVIDERS: &str = "providers";

const HEAD: &str = "# The bindings of this project: `oleoduto add` adds to them, `oleoduto bindings write` writes them after a change by hand.\n";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    providers: BTreeMap<String, Bindings>,
    #[serde(default)]
    modules: BTreeMap<String, ModuleSource>,
}

/// The file, which keeps its comments.
pub(crate) struct BindingsFile {
    path: PathBuf,
    document: DocumentMut,
}

impl BindingsFile {
    /// The file of a project; an empty one, if there is none.
    pub(crate) fn read(project: &Path) -> anyhow::Result<Self> {
        let path = project.join(NAME);
        let text = if_present(std::fs::read_to_string(&path)).with_context(|| format!("can't read {}", path.display()))?;
        let text = text.unwrap_or_else(|| HEAD.to_owned());
        let document = text.parse().with_context(|| format!("{} is no TOML", path.display()))?;
        let file = Self { path, document };
        file.content().map(|_| file)
    }

    /// The providers by their local names.
    pub(crate) fn providers(&self) -> anyhow::Result<BTreeMap<String, Bindings>> {
        Ok(self.content()?.providers)
    }

    /// The modules by their names in the project.
    pub(crate) fn modules(&self) -> anyhow::Result<BTreeMap<String, ModuleSource>> {
        Ok(self.content()?.modules)
    }

    fn content(&self) -> anyhow::Result<Content> {
        let content: Content =
            toml::from_str(&self.text()).with_context(|| format!("{} is not valid: correct it", self.path.display()))?;
        for (name, bindings) in &content.providers {
            if bindings.local_name() != name {
                bail!(
                    "{}: [providers.{name}] is of `{}`: name the table for the provider",
                    self.path.display(),
                    bindings.provider
                );
            }
        }
        if content.providers.contains_key(MODULES) && !content.modules.is_empty() {
            bail!("{}: a provider is named `{MODULES}`, which is where bindings of modules are", self.path.display());
        }
        Ok(content)
    }

    /// Note a module.
    pub(crate) fn module(&mut self, name: &str, module: &ModuleSource) -> anyhow::Result<()> {
        let table = self.table(MODULES, name)?;
        table["source"] = value(&module.source);
        match &module.version {
            Some(version) => table["version"] = value(version),
            None => drop(table.remove("version")),
        }
        Ok(())
    }

    /// Note the version of a provider.
    pub(crate) fn pin(&mut self, provider: &ProviderAddress, version: &str) -> anyhow::Result<()> {
        let name = provider.local_name();
        let table = self.table(PROVIDERS, name)?;
        let other = table.get("provider").and_then(Item::as_str).filter(|address| *address != provider.to_string());
        if let Some(other) = other {
            bail!("[providers.{name}] in {NAME} is `{other}`, not `{provider}`: a project has one provider of each name");
        }
        table["provider"] = value(provider.to_string());
        table["version"] = value(version);
        Ok(())
    }

    /// Bind everything that a provider has.
    pub(crate) fn bind_all(&mut self, provider: &ProviderAddress) -> anyhow::Result<()> {
        self.table(PROVIDERS, provider.local_name())?["all"] = value(true);
        Ok(())
    }

    /// Add a type to a list, unless it is there.
    pub(crate) fn list(&mut self, provider: &ProviderAddress, list: TypeList, name: &str) -> anyhow::Result<()> {
        let array = self.table(PROVIDERS, provider.local_name())?.entry(list.key()).or_insert(value(Array::new()));
        let array = array.as_array_mut().with_context(|| format!("`{}` in {NAME} is no list", list.key()))?;
        if array.iter().any(|other| other.as_str() == Some(name)) {
            return Ok(());
        }
        let place = array.iter().position(|other| other.as_str().is_some_and(|other| other > name)).unwrap_or(array.len());
        array.insert(place, name);
        // One line per type, as in a list that people sort and review.
        array.iter_mut().for_each(|item| item.decor_mut().set_prefix("\n    "));
        array.set_trailing("\n");
        array.set_trailing_comma(true);
        Ok(())
    }

    /// The text to write.
    pub(crate) fn text(&self) -> String {
        self.document.to_string()
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn table(&mut self, section: &str, name: &str) -> anyhow::Result<&mut Table> {
        // A file of comments only: they stay above the first table.
        let comments = self.document.is_empty().then(|| self.document.trailing().as_str().unwrap_or_default().to_owned());
        let mut parent = Table::new();
        parent.set_implicit(true);
        let mut table = Table::new();
        if let Some(comments) = comments {
            table.decor_mut().set_prefix(comments);
            self.document.set_trailing("");
        }
        let parent = self.document.entry(section).or_insert(Item::Table(parent));
        let parent = parent.as_table_mut().with_context(|| format!("`{section}` in {NAME} is no table"))?;
        let table = parent.entry(name).or_insert(Item::Table(table));
        table.as_table_mut().with_context(|| format!("`{section}.{name}` in {NAME} is no table"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn types_are_added_in_order_and_comments_stay() {
        let folder = tempfile::tempdir().unwrap();
        let random: ProviderAddress = "random".parse().unwrap();
        let mut file = BindingsFile::read(folder.path()).unwrap();
        file.pin(&random, "3.6.0").unwrap();
        for name in ["random_string", "random_id", "random_string"] {
            file.list(&random, TypeList::Resources, name).unwrap();
        }
        let text = format!(
            "{HEAD}[providers.random]\nprovider = \"registry.terraform.io/hashicorp/random\"\nversion = \"3.6.0\"\n\
             resources = [\n    \"random_id\",\n    \"random_string\",\n]\n"
        );
        assert_eq!(file.text(), text);
        let commented = text.replace("version = \"3.6.0\"", "version = \"3.6.0\" # tried")
            + "\n[providers.random.types.random_id]\nhex = \"Hex\"\n";
        std::fs::write(folder.path().join(NAME), &commented).unwrap();
        let mut file = BindingsFile::read(folder.path()).unwrap();
        file.list(&random, TypeList::Resources, "random_pet").unwrap();
        assert_eq!(file.text(), commented.replace("    \"random_string\"", "    \"random_pet\",\n    \"random_string\""));
        assert_eq!(file.providers().unwrap()["random"].types["random_id"]["hex"], "Hex");
    }

    #[test]
    fn what_the_file_does_not_allow_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            std::fs::write(folder.path().join(NAME), text).unwrap();
            BindingsFile::read(folder.path()).map(drop).map_err(|error| format!("{error:#}"))
        };
        assert!(read("providers = 1").unwrap_err().contains("bindings.toml is not valid"));
        assert!(read("[").unwrap_err().contains("is no TOML"));
        assert!(
            read("[providers.x]\nprovider = \"acme/y\"\nversion = \"1\"\n").unwrap_err().contains("[providers.x] is of `acme/y`")
        );
        std::fs::write(folder.path().join(NAME), "[providers.x]\nprovider = \"registry.terraform.io/acme/x\"\nversion = \"1\"\n")
            .unwrap();
        let error = BindingsFile::read(folder.path()).unwrap().pin(&"other/x".parse().unwrap(), "1").unwrap_err().to_string();
        assert!(error.contains("is `registry.terraform.io/acme/x`, not `registry.terraform.io/other/x`"), "{error}");
    }
}
