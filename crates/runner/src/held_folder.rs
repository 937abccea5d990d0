//! Folders that belong to processes. If those are killed, whoever needs such a folder next removes what they left.

use std::fs::{File, Permissions};
use std::io::Result;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::files;

/// The file in a folder whose lock says that the folder is in use.
const HELD: &str = "held";

/// Creates a folder that only the user can enter. It is held as long as a process has the returned file open. Folders of the same
/// parent and prefix that nobody holds any more are removed.
pub(crate) fn create(parent: &Path, prefix: &str) -> Result<(PathBuf, File)> {
    let folder = tempfile::Builder::new().prefix(prefix).permissions(Permissions::from_mode(0o700)).tempdir_in(parent)?.keep();
    // It gets its name when it is locked, so that nobody takes the folder for an abandoned one in between.
    let unlocked = folder.join("unlocked");
    let held = File::create(&unlocked)?;
    held.lock()?;
    std::fs::rename(&unlocked, folder.join(HELD))?;
    let user = std::fs::metadata(&folder)?.uid();
    for other in files::sorted_entries(parent) {
        if other.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)) {
            remove_if_abandoned(&other, user);
        }
    }
    Ok((folder, held))
}

/// Looks at folders of the user only: others may be anything. One that can't be removed now is met again by the next run.
fn remove_if_abandoned(folder: &Path, user: u32) {
    let is_own = std::fs::symlink_metadata(folder).is_ok_and(|data| data.is_dir() && data.uid() == user);
    if is_own
        && let Ok(held) = File::open(folder.join(HELD))
        && held.try_lock().is_ok()
    {
        drop(files::remove_folder(folder));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn folders_of_the_same_prefix_that_nobody_holds_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let (abandoned, held) = create(parent.path(), "a-").unwrap();
        drop(held);
        let (other, _) = create(parent.path(), "b-").unwrap();
        let (used, _held) = create(parent.path(), "a-").unwrap();
        assert!(!abandoned.exists() && other.exists());
        let (next, _next) = create(parent.path(), "a-").unwrap();
        assert!(used.exists() && next.exists() && other.exists());
        assert_eq!(std::fs::metadata(&used).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
