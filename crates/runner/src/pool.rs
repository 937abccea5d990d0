//! The provider processes of one run, each of which serves one Terraform command at a time.
//!
//! Sharing a process is safe for four reasons. The lock file names the checksum of the package, which is computed once per
//! run. A process serves one command at a time, and each command configures it again. Its folder contains the assets of all stacks under
//! the paths that the configurations name; a stack that names other files gets a process in its own folder. Only stacks that
//! [`crate::folder`] permits use a shared process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use crate::error::Result;
use crate::files::{self, sorted_entries};
use crate::folder::Folder;
use crate::mutex::locked;
use crate::package_hash::PackageHashes;
use crate::provider::{self, Provider};
use crate::provider_package::Package;

/// The file in the plugin cache that says where the provider of the last run is. Nobody believes it that the provider is genuine.
const INSTALLED: &str = "oleoduto-provider.json";

/// The providers of one run.
pub(crate) struct Pool {
    package: Mutex<Option<Package>>,
    hashes: PackageHashes,
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

impl Pool {
    pub(crate) fn new(out: &Path, cache: &Path) -> Self {
        let installed = files::read_json(&cache.join(INSTALLED)).filter(Package::is_below_providers);
        Self {
            package: Mutex::new(installed),
            hashes: PackageHashes::default(),
            idle: Arc::default(),
            shared: OnceCell::new(),
            out: out.to_owned(),
            cache: cache.to_owned(),
        }
    }

    /// Starts to compute the checksum of the provider that an earlier run used, because this run needs it soon.
    pub(crate) fn expect(&self) {
        if let Some(package) = self.installed() {
            self.hashes.start(&package.folder);
        }
    }

    /// Keeps the place of an installed provider, for this run and for later ones.
    pub(crate) fn keep(&self, package: Package) -> Result<()> {
        let mut known = locked(&self.package);
        if known.as_ref() != Some(&package) {
            files::write_json(&self.cache.join(INSTALLED), &package)?;
            *known = Some(package);
        }
        Ok(())
    }

    /// The installed provider, for commands that do not run it.
    pub(crate) fn installed(&self) -> Option<Package> {
        locked(&self.package).clone()
    }

    /// The installed provider, if a lock file names its checksum.
    pub(crate) async fn verified(&self, lock: Option<&str>) -> Option<Package> {
        let package = self.installed()?;
        self.is_genuine(&package, lock?).await.then_some(package)
    }

    /// Whether a lock file names the checksum of a package.
    pub(crate) async fn is_genuine(&self, package: &Package, lock: &str) -> bool {
        let names = |text: &str| lock.contains(&format!("\"{text}\""));
        names(&package.address()) && self.hashes.of(&package.folder).await.is_some_and(|hash| names(&hash))
    }

    /// A provider of its own for one user, in a folder.
    pub(crate) async fn lease_alone(package: &Package, cwd: &Path, environment: &[(String, String)]) -> Result<Lease> {
        let provider = provider::start(package, cwd, environment).await?;
        Ok(Lease { provider, idle: None })
    }

    /// A provider for a stack: an idle one, or a new one. `folders` are those of all stacks.
    pub(crate) async fn lease(
        &self,
        package: &Package,
        folder: &Folder,
        folders: impl Iterator<Item = &Path>,
        environment: &[(String, String)],
    ) -> Result<Lease> {
        if !folder.only_assets {
            return Self::lease_alone(package, &folder.path, environment).await;
        }
        let idle = locked(&self.idle).pop();
        let provider = match idle {
            Some(provider) => provider,
            None => {
                let cwd = self.shared.get_or_try_init(|| async { link_assets(&self.out.join("provider"), folders) }).await?;
                provider::start(package, cwd, environment).await?
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

    /// A lock file with the checksum that the package has now.
    async fn lock_of(package: &Package) -> String {
        let hash = PackageHashes::default().of(&package.folder).await.unwrap();
        format!("provider \"registry.example/hashicorp/aws\" {{\n  hashes = [\n    \"{hash}\",\n  ]\n}}\n")
    }

    #[tokio::test]
    async fn only_a_package_whose_checksum_is_in_the_lock_file_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let package = fake(folder.path(), LISTENS);
        let lock = lock_of(&package).await;
        let pool = || Pool::new(folder.path(), folder.path());
        assert_eq!(pool().verified(Some(&lock)).await, None, "nothing is known before the first run");
        pool().keep(package.clone()).unwrap();
        assert_eq!(pool().verified(Some(&lock)).await, Some(package.clone()));
        assert_eq!(pool().verified(None).await, None, "no lock file");
        assert_eq!(pool().verified(Some("another lock file")).await, None);

        // The same size and the same times, as whoever can write the cache may leave them.
        let file = package.binary().unwrap();
        let times = std::fs::metadata(&file).unwrap().modified().unwrap();
        std::fs::write(&file, LISTENS.replace("300", "301")).unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(times).unwrap();
        assert_eq!(pool().verified(Some(&lock)).await, None);
    }

    #[tokio::test]
    async fn the_record_of_an_earlier_run_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let genuine = fake(&folder.path().join("genuine"), LISTENS);
        let lock = lock_of(&genuine).await;
        let other = fake(&folder.path().join("other"), "#!/bin/sh\nexit 1\n");
        let pool = Pool::new(folder.path(), folder.path());
        pool.keep(other).unwrap();
        assert_eq!(Pool::new(folder.path(), folder.path()).verified(Some(&lock)).await, None);
        let outside = Package { relative: "../../outside".into(), ..genuine };
        pool.keep(outside).unwrap();
        assert_eq!(Pool::new(folder.path(), folder.path()).installed(), None, "links are made at this path");
    }
}
