//! Files and folders that may be missing.

use std::fs::{DirBuilder, Permissions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use anyhow::Context as _;

/// The result of a call about a file, or none if the file is missing.
///
/// # Errors
/// All others.
pub fn if_present<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Remove a file or a folder with everything in it, if it exists.
///
/// # Errors
/// It can't be removed.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    let result = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if_present(result).map(drop).map_err(|error| anyhow::Error::new(error).context(format!("can't remove {}", path.display())))
}

/// Create a folder that only the user can enter, or make an existing one so.
///
/// # Errors
/// It can't be created or changed.
pub fn private_folder(path: &Path) -> anyhow::Result<()> {
    let create = || {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o700))
    };
    create().with_context(|| format!("can't create {} for this user only", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn a_private_folder_is_the_users_alone_whether_it_existed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        std::fs::create_dir(&old).unwrap();
        std::fs::set_permissions(&old, Permissions::from_mode(0o755)).unwrap();
        for path in [&old, &folder.path().join("new/states")] {
            private_folder(path).unwrap();
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
