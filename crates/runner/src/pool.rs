//! The provider processes of one run, each of which serves one Terraform command at a time.
//!
//! Sharing a process is safe for four reasons. Terraform itself verified the binary against the lock file (`init`). A process
//! serves one command at a time, and each command configures it again. Its folder contains the assets of all stacks under
//! the paths that the configurations name; a stack that names other files gets a process in its own folder. Only stacks that
//! [`crate::folder`] permits use a shared process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::error::Result;
use crate::files::{self, sorted_entries};
use crate::folder::Folder;
use crate::mutex::locked;
use crate::provider::{self, Binary, Provider};

/// The file in the plugin cache that names the verified provider.
const VERIFIED: &str = "oleoduto-verified.json";

/// The providers of one run.
pub(crate) struct Pool {
    binary: Mutex<Option<Binary>>,
    idle: Arc<Mutex<Vec<Provider>>>,
    /// The folder of shared processes, created when the first one starts.
    shared: OnceCell<PathBuf>,
    out: PathBuf,
    cache: PathBuf,
}

/// A provider for the commands of one stack. A shared provider returns to the pool when the lease is dropped.
pub(crate) struct Lease {
    provider: Provider,
    idle: Option<Arc<Mutex<Vec<Provider>>>>,
}

impl Lease {
    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(idle) = &self.idle {
            locked(idle).push(self.provider.clone());
        }
    }
}

/// The provider that Terraform verified on this machine, kept in its plugin cache.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    #[serde(flatten)]
    binary: Binary,
    stamp: String,
}

impl Pool {
    pub(crate) fn new(out: &Path, cache: &Path) -> Self {
        let shared = OnceCell::new();
        Self { binary: Mutex::default(), idle: Arc::default(), shared, out: out.to_owned(), cache: cache.to_owned() }
    }

    /// Keeps a binary that Terraform verified, for this run and for later ones while the file stays the same.
    pub(crate) fn keep_verified(&self, binary: Binary) -> Result<()> {
        if let (Some(_), Some(stamp)) = (&binary.lock_digest, binary.stamp()) {
            files::write_json(&self.cache.join(VERIFIED), &Verified { binary: binary.clone(), stamp })?;
        }
        locked(&self.binary).get_or_insert(binary);
        Ok(())
    }

    /// The verified binary, if it is the one that a lock file names.
    pub(crate) fn binary(&self, lock_digest: Option<&String>) -> Option<Binary> {
        let mut known = locked(&self.binary);
        if known.is_none() {
            *known = self.verified_before();
        }
        known.clone().filter(|binary| binary.lock_digest.as_ref() == lock_digest)
    }

    fn verified_before(&self) -> Option<Binary> {
        let Verified { binary, stamp } = files::read_json(&self.cache.join(VERIFIED))?;
        (binary.stamp()? == stamp).then_some(binary)
    }

    /// A provider for a stack: an idle one, or a new one. `folders` are those of all stacks.
    pub(crate) async fn lease(
        &self,
        binary: &Binary,
        folder: &Folder,
        folders: impl Iterator<Item = &Path>,
        environment: &[(String, String)],
    ) -> Result<Lease> {
        if !folder.only_assets {
            let provider = provider::start(binary, &folder.path, environment).await?;
            return Ok(Lease { provider, idle: None });
        }
        let idle = locked(&self.idle).pop();
        let provider = match idle {
            Some(provider) => provider,
            None => {
                let cwd = self.shared.get_or_try_init(|| async { link_assets(&self.out.join("provider"), folders) }).await?;
                provider::start(binary, cwd, environment).await?
            }
        };
        Ok(Lease { provider, idle: Some(self.idle.clone()) })
    }
}

/// Makes a folder with links to the assets of all stacks: `assets/NAME/HASH`.
fn link_assets<'a>(place: &Path, folders: impl Iterator<Item = &'a Path>) -> Result<PathBuf> {
    files::remove_folder(place)?;
    files::create_folder(&place.join("assets"))?;
    for folder in folders {
        for hash in sorted_entries(&folder.join("assets")).iter().flat_map(|name| sorted_entries(name)) {
            // The same name and hash in two stacks is the same content: the first link stays.
            files::symlink(&hash, &place.join(hash.strip_prefix(folder).unwrap_or(&hash)))?;
        }
    }
    Ok(place.to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::provider::tests::{LISTENS, fake};

    #[test]
    fn the_shared_folder_has_every_stacks_assets_under_their_own_paths() {
        let folder = tempfile::tempdir().unwrap();
        for (stack, asset) in [("a", "script/0A/x.py"), ("b", "script/0B/x.py"), ("b", "package/0C/p.zip")] {
            let path = folder.path().join("stacks").join(stack).join("assets").join(asset);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, asset).unwrap();
        }
        let stacks = ["a", "b", "none"].map(|name| folder.path().join("stacks").join(name));
        let shared = link_assets(&folder.path().join("provider"), stacks.iter().map(PathBuf::as_path)).unwrap();
        for asset in ["script/0A/x.py", "script/0B/x.py", "package/0C/p.zip"] {
            assert_eq!(std::fs::read_to_string(shared.join("assets").join(asset)).unwrap(), asset);
        }
    }

    #[test]
    fn a_binary_that_changed_is_not_taken_as_verified() {
        let folder = tempfile::tempdir().unwrap();
        let mut binary = fake(folder.path(), LISTENS);
        binary.lock_digest = Some("lock".to_owned());
        let pool = || Pool::new(folder.path(), folder.path());
        assert_eq!(pool().binary(Some(&"lock".to_owned())), None);
        pool().keep_verified(binary.clone()).unwrap();
        assert_eq!(pool().binary(Some(&"lock".to_owned())), Some(binary.clone()));
        assert_eq!(pool().binary(Some(&"other".to_owned())), None, "another lock file, perhaps another version");
        std::fs::write(&binary.file, "exchanged").unwrap();
        assert_eq!(pool().binary(Some(&"lock".to_owned())), None);
    }
}
