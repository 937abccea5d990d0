//! The package of a provider in Terraform's folders.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::sorted_entries;

/// The package of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    /// Its folder under `.terraform/providers`, such as `registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64`.
    pub(crate) relative: PathBuf,
    /// The same folder with all links resolved.
    pub(crate) folder: PathBuf,
}

impl Package {
    /// The `aws` provider of an initialized folder.
    pub(crate) fn find(terraform_folder: &Path) -> Option<Self> {
        let providers = terraform_folder.join("providers");
        let registry = sorted_entries(&providers).into_iter().find(|path| path.join("hashicorp/aws").is_dir())?;
        let version = sorted_entries(&registry.join("hashicorp/aws")).pop()?;
        let platform = sorted_entries(&version).pop()?;
        let folder = platform.canonicalize().ok()?;
        let relative = platform.strip_prefix(&providers).ok()?.to_owned();
        Some(Self { relative, folder }).filter(|package| package.binary().is_some())
    }

    /// The program in the package.
    pub(crate) fn binary(&self) -> Option<PathBuf> {
        let is_provider =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("terraform-provider-aws"));
        sorted_entries(&self.folder).into_iter().find(is_provider)
    }

    /// Whether the folder under `.terraform/providers` stays in it.
    pub(crate) fn is_below_providers(&self) -> bool {
        self.relative.components().all(|part| matches!(part, Component::Normal(_)))
    }

    /// Path, size and time of the program. They tell whether another provider was installed, not that it is genuine.
    pub(crate) fn stamp(&self) -> Option<String> {
        let file = self.binary()?;
        let data = std::fs::metadata(&file).ok()?;
        let modified = data.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(format!("{} {} {}", file.display(), data.len(), modified.as_nanos()))
    }

    /// A value of `TF_REATTACH_PROVIDERS` for commands that do not use the provider, such as `init` and `output`. Terraform
    /// then does not compute the checksum of the provider again.
    pub(crate) fn stand_in(&self) -> String {
        let nowhere = serde_json::json!({"Protocol": "grpc", "ProtocolVersion": 5, "Pid": std::process::id(), "Test": true,
            "Addr": {"Network": "unix", "String": "/nonexistent"}});
        serde_json::json!({ self.address(): nowhere }).to_string()
    }

    /// `registry.terraform.io/hashicorp/aws`.
    pub(crate) fn address(&self) -> String {
        self.relative.components().take(3).map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}
