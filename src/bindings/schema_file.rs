//! Providers' schemas from files, for machines on which Terraform can install no provider.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use oleoduto_bindgen::Schema;

use super::address::ProviderAddress;

/// Outputs of `terraform providers schema -json`, each with its path.
pub(crate) struct SchemaFiles(Vec<(PathBuf, Schema)>);

impl SchemaFiles {
    /// Read them.
    pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
            let schema = serde_json::from_str(&text)
                .with_context(|| format!("{} is no schema: write it with `terraform providers schema -json`", path.display()))?;
            Ok((path.clone(), schema))
        };
        Ok(Self(paths.iter().map(read).collect::<anyhow::Result<_>>()?))
    }

    /// The schema of a provider, under the provider's own address, if a file describes it.
    pub(crate) fn find(&self, provider: &ProviderAddress) -> Option<Schema> {
        self.0.iter().find_map(|(_, schema)| provider.in_schema(schema))
    }

    /// Refuse files of which none describes the provider.
    pub(crate) fn demand(&self, provider: &ProviderAddress) -> anyhow::Result<()> {
        let Some((path, schema)) = self.0.first().filter(|_| self.find(provider).is_none()) else { return Ok(()) };
        let known: Vec<_> = schema.provider_schemas.keys().map(String::as_str).collect();
        bail!("{} does not describe {provider}; it has: {}", path.display(), known.join(", "))
    }
}
