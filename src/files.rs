//! Files and folders that may be missing.

use std::io::{ErrorKind, Result};
use std::path::Path;

/// The result of a call about a file, or none if the file is missing.
pub(crate) fn if_present<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Remove a file or a folder with everything in it, if it exists.
pub(crate) fn remove(path: &Path) -> anyhow::Result<()> {
    let result = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if_present(result).map(drop).map_err(|error| anyhow::Error::new(error).context(format!("can't remove {}", path.display())))
}
