//! The project's folder: the current one, or the nearest above it that has an oleoduto.toml.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::FILE_NAME;

/// Work in the project's folder, as npm does in a package's; paths of flags are relative to it then.
///
/// # Errors
///
/// The current folder can't be read, or the project's can't be entered.
pub(crate) fn enter() -> io::Result<()> {
    if let Some(root) = above(&std::env::current_dir()?) {
        std::env::set_current_dir(&root)?;
        errln!("notice: working in {}, where {FILE_NAME} is", root.display());
    }
    Ok(())
}

/// The nearest folder above that is a project; `None` if the folder is one itself, or none is.
fn above(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|folder| folder.join(FILE_NAME).is_file())?;
    (root != folder).then(|| root.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn the_nearest_project_counts() {
        let temporary = tempfile::tempdir().unwrap();
        let (outer, inner) = (temporary.path().join("outer"), temporary.path().join("outer/inner/src"));
        std::fs::create_dir_all(&inner).unwrap();
        assert_eq!(above(&inner), None);
        std::fs::write(outer.join(FILE_NAME), "").unwrap();
        assert_eq!(above(&inner), Some(outer.clone()));
        assert_eq!(above(&outer), None);
        std::fs::write(outer.join("inner").join(FILE_NAME), "").unwrap();
        assert_eq!(above(&inner), Some(outer.join("inner")));
    }
}
