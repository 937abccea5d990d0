//! The Rust project that bindings are written into.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use oleoduto_cli::if_present;

/// A crate with a `Cargo.toml`.
pub(crate) struct RustProject {
    /// The folder of `Cargo.toml`.
    pub(crate) root: PathBuf,
    manifest: toml::Table,
}

impl RustProject {
    /// The crate of a folder or of the nearest one above it.
    pub(crate) fn find(folder: &Path) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder).context("the current folder can't be read")?;
        for root in folder.ancestors() {
            let path = root.join("Cargo.toml");
            let read = if_present(std::fs::read_to_string(&path)).with_context(|| format!("can't read {}", path.display()))?;
            let Some(text) = read else { continue };
            let manifest: toml::Table = text.parse().with_context(|| format!("{} is not valid", path.display()))?;
            if !manifest.contains_key("package") {
                bail!("{} is a workspace without a package: name the folder of a crate with --project-dir", path.display());
            }
            return Ok(Self { root: root.to_owned(), manifest });
        }
        bail!(
            "there is no Cargo.toml in {} or above it: run `cargo new` or `oleoduto new`, or give --project-dir",
            folder.display()
        )
    }

    /// The folder of the bindings.
    pub(crate) fn bindings(&self) -> PathBuf {
        self.root.join("src").join("bindings")
    }

    /// What a program needs before it can use the bindings.
    pub(crate) fn next_steps(&self) -> anyhow::Result<Vec<String>> {
        let missing = self.missing_dependencies();
        let mut steps = Vec::new();
        if missing.contains(&"bon") {
            steps.push("cargo add bon@3".to_owned());
        }
        if missing.contains(&"oleoduto-cdk") {
            steps.push("cargo add oleoduto-cdk, with --path or --git as in the README of the engine".to_owned());
        }
        if let Some(path) = self.undeclared()? {
            steps.push(format!("add to {}:\n  #[rustfmt::skip]\n  mod bindings;", path.display()));
        }
        Ok(steps)
    }

    /// What `cargo add` must add before the bindings compile.
    fn missing_dependencies(&self) -> Vec<&'static str> {
        let has = |name: &str| {
            let dependencies = self.manifest.get("dependencies").and_then(toml::Value::as_table);
            dependencies.is_some_and(|dependencies| dependencies.contains_key(name))
        };
        ["bon", "oleoduto-cdk"].into_iter().filter(|name| !has(name)).collect()
    }

    /// The file that must declare the module `bindings`, if it does not.
    fn undeclared(&self) -> anyhow::Result<Option<PathBuf>> {
        let mut first = None;
        for name in ["src/lib.rs", "src/main.rs"] {
            let path = self.root.join(name);
            let Some(text) =
                if_present(std::fs::read_to_string(&path)).with_context(|| format!("can't read {}", path.display()))?
            else {
                continue;
            };
            let declares = |line: &str| line.ends_with("mod bindings;") && !line.starts_with("//");
            if text.lines().map(str::trim).any(declares) {
                return Ok(None);
            }
            first = first.or(Some(PathBuf::from(name)));
        }
        Ok(Some(first.unwrap_or_else(|| PathBuf::from("src/main.rs"))))
    }
}
