//! A provider's schema: from a file, or as the user's own Terraform gives it in a scratch folder.

use anyhow::{Context as _, bail};
use oleoduto_bindgen::Schema;
use serde::Deserialize;
use serde_json::json;

use super::address::ProviderAddress;
use super::lock_file;
use super::schema_file::SchemaFiles;
use super::terraform_call::run;

/// A provider as it is installed.
pub(crate) struct Installed {
    /// Its schema, under the provider's own address.
    pub(crate) schema: Schema,
    /// Its version; that of Terraform, if it is built in.
    pub(crate) version: String,
    /// Its entry in a lock file, unless the schema comes from a file.
    pub(crate) lock_entry: Option<String>,
}

#[derive(Deserialize)]
struct Versions {
    terraform_version: String,
    #[serde(default)]
    provider_selections: std::collections::BTreeMap<String, String>,
}

/// Where schemas come from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// Files; what they do not describe comes from Terraform.
    pub(crate) files: &'a SchemaFiles,
    /// Terraform's or OpenTofu's binary.
    pub(crate) terraform: &'a str,
}

/// Read the schema of a provider. A file does not say the version, so that one must be given.
pub(crate) async fn read(
    source: Source<'_>,
    provider: &ProviderAddress,
    version: Option<&str>,
    locked: Option<&str>,
) -> anyhow::Result<Installed> {
    let Some(schema) = source.files.find(provider) else {
        return install(source.terraform, provider, version, locked).await;
    };
    let Some(version) = version else {
        bail!("a schema in a file does not say which version of {provider} it describes: give --provider-version");
    };
    Ok(Installed { schema, version: version.to_owned(), lock_entry: None })
}

/// Install a provider in a scratch folder and read its schema. The checksums of a locked entry are demanded; another version than
/// the locked one gets its own.
async fn install(
    terraform: &str,
    provider: &ProviderAddress,
    version: Option<&str>,
    locked: Option<&str>,
) -> anyhow::Result<Installed> {
    let scratch = tempfile::tempdir().context("can't create a scratch folder")?;
    let folder = scratch.path();
    let mut required = json!({ "source": provider.to_string() });
    if let Some(version) = version.filter(|_| !provider.is_builtin()) {
        required["version"] = version.into();
    }
    let configuration = json!({ "terraform": { "required_providers": { provider.local_name(): required } } });
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).with_context(|| format!("can't write {name} in a scratch folder"))
    };
    write("versions.tf.json", &configuration.to_string())?;
    let locked = locked.filter(|entry| version.is_none_or(|version| lock_file::version(entry) == Some(version)));
    if let Some(entry) = locked {
        write(lock_file::NAME, &lock_file::of_entry(entry))?;
    }
    run(terraform, folder, &["init", "-input=false", "-no-color", "-backend=false"]).await.with_context(|| {
        let version = version.map_or_else(String::new, |version| format!(" {version}"));
        format!("provider {provider}{version} can't be installed: correct its name or version, or what `terraform init` needs")
    })?;
    let schema = run(terraform, folder, &["providers", "schema", "-json", "-no-color"]).await?;
    let schema: Schema = serde_json::from_slice(&schema.stdout)
        .with_context(|| format!("`{terraform} providers schema -json` gave no schema that this version reads"))?;
    let Some(schema) = provider.in_schema(&schema) else {
        bail!("`{terraform} providers schema -json` does not describe {provider}");
    };
    let versions = run(terraform, folder, &["version", "-json"]).await?;
    let versions: Versions = serde_json::from_slice(&versions.stdout)
        .with_context(|| format!("`{terraform} version -json` gave no versions that this version reads"))?;
    let lock_entry = lock_file::read(&folder.join(lock_file::NAME))?.and_then(|text| lock_file::entry(&text, provider));
    let selected = versions.provider_selections.into_iter().find(|(address, _)| provider.is(address)).map(|(_, version)| version);
    let version = match (provider.is_builtin(), selected.as_deref().or(version)) {
        (true, _) => versions.terraform_version,
        (false, Some(version)) => version.to_owned(),
        (false, None) => {
            bail!("Terraform names no version of {provider}, as with an override for development: give --provider-version")
        }
    };
    Ok(Installed { schema, version, lock_entry })
}
