//! Where a new project takes the engine from.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail};

/// The checkout that this program was built in.
const BUILT_IN: &str = env!("CARGO_MANIFEST_DIR");
/// The version of the crates, which share one.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A checkout, a Git repository, or the registry of crates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Checkout(PathBuf),
    Git { url: String, revision: Option<String> },
    Registry,
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "registry" {
            return Ok(Self::Registry);
        }
        if !text.contains("://") && !text.starts_with("git@") {
            return Ok(Self::Checkout(PathBuf::from(text)));
        }
        let (url, revision) = text.split_once('#').map_or((text, None), |(url, revision)| (url, Some(revision.to_owned())));
        if revision.as_deref() == Some("") {
            return Err(format!("`{text}` names no revision after `#`: write URL#REVISION, or URL"));
        }
        Ok(Self::Git { url: url.to_owned(), revision })
    }
}

impl Default for Engine {
    /// The checkout that this program was built in, if it is still there.
    fn default() -> Self {
        if manifest(Path::new(BUILT_IN), "cdk").is_file() { Self::Checkout(PathBuf::from(BUILT_IN)) } else { Self::Registry }
    }
}

impl Engine {
    /// The value of the dependency on a crate, such as `aws` or `cdk`, with features of it, in `Cargo.toml`.
    pub(crate) fn dependency(&self, name: &str, features: &[&str]) -> anyhow::Result<String> {
        let text = |text: &str| toml::Value::from(text).to_string();
        let features = if features.is_empty() { String::new() } else { format!(", features = {features:?}") };
        Ok(match self {
            Self::Registry if features.is_empty() => text(VERSION),
            Self::Registry => format!("{{ version = {}{features} }}", text(VERSION)),
            Self::Git { url, revision } => {
                let revision = revision.as_deref().map_or_else(String::new, |revision| format!(", rev = {}", text(revision)));
                format!("{{ git = {}{revision}{features} }}", text(url))
            }
            Self::Checkout(folder) => {
                let folder = std::path::absolute(folder).context("the current folder can't be read")?;
                let manifest = manifest(&folder, name);
                if !manifest.is_file() {
                    bail!("{} is no checkout of Oleoduto: {} is missing", folder.display(), manifest.display());
                }
                let path = manifest.with_file_name("");
                let path = path.to_str().with_context(|| format!("{} is not UTF-8, which Cargo.toml must be", path.display()))?;
                format!("{{ path = {}{features} }}", text(path.trim_end_matches('/')))
            }
        })
    }
}

fn manifest(checkout: &Path, name: &str) -> PathBuf {
    checkout.join("crates").join(name).join("Cargo.toml")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn the_engine_is_a_folder_a_repository_or_a_version() {
        let dependency = |text: &str| text.parse::<Engine>().unwrap().dependency("cdk", &[]);
        assert_eq!(dependency(BUILT_IN).unwrap(), format!("{{ path = \"{BUILT_IN}/crates/cdk\" }}"));
        assert_eq!(dependency("https://git.example/o.git#v1").unwrap(), "{ git = \"https://git.example/o.git\", rev = \"v1\" }");
        assert_eq!(dependency("git@git.example:o.git").unwrap(), "{ git = \"git@git.example:o.git\" }");
        assert_eq!(dependency("registry").unwrap(), format!("\"{VERSION}\""));
        let tested = |text: &str| text.parse::<Engine>().unwrap().dependency("cdk", &["testing"]).unwrap();
        assert_eq!(tested("registry"), format!("{{ version = \"{VERSION}\", features = [\"testing\"] }}"));
        assert!(tested("https://git.example/o.git").ends_with("o.git\", features = [\"testing\"] }"));
        assert!(dependency("/nowhere").unwrap_err().to_string().contains("/nowhere is no checkout of Oleoduto"));
        assert!("https://git.example/o.git#".parse::<Engine>().is_err());
        assert_eq!(Engine::default(), Engine::Checkout(BUILT_IN.into()));
    }
}
