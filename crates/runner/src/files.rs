//! File operations whose errors name the file.

use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Result, RunnerError};

pub(crate) fn create_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(RunnerError::file("create", path))
}

/// Creates a folder that only the user can enter, or makes an existing one so.
pub(crate) fn create_private_folder(path: &Path) -> Result<()> {
    create_folder(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(RunnerError::file("protect", path))
}

/// A folder that only the user can read, empty at first. It goes when this is dropped, because what is put into it can be secret.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(crate) fn create(path: PathBuf) -> Result<Self> {
        remove_folder(&path)?;
        create_private_folder(&path)?;
        Ok(Self(path))
    }

    /// An existing folder, which goes when this is dropped.
    pub(crate) fn of(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Nothing depends on it: who makes it again begins with an empty folder, or fails and says why.
        drop(remove_folder(&self.0));
    }
}

pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(RunnerError::file("find", path))
}

/// Links `place` to `target`, a file or a folder. An existing `place` stays.
pub(crate) fn symlink(target: &Path, place: &Path) -> Result<()> {
    if place.exists() {
        return Ok(());
    }
    create_folder(place.parent().unwrap_or(place))?;
    std::os::unix::fs::symlink(absolute(target)?, place).map_err(RunnerError::file("link", place))
}

/// Copies a file, or a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return std::fs::copy(from, to).map(drop).map_err(RunnerError::file("copy", from));
    }
    create_folder(to)?;
    sorted_entries(from).iter().try_for_each(|entry| copy(entry, &to.join(entry.file_name().unwrap_or_default())))
}

/// The content of a file; none if the file is missing.
pub(crate) fn read_if_exists(path: &Path) -> Result<Option<Vec<u8>>> {
    if_exists(std::fs::read(path)).map_err(RunnerError::file("read", path))
}

/// The content of a JSON file; none if it is missing or has another format.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The paths in a folder, sorted; none if it can't be read.
pub(crate) fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Makes room for a new `NAME.log`: the present one becomes `NAME.1.log`, and so on; the oldest of `count` goes.
pub(crate) fn keep_earlier(path: &Path, count: usize) -> Result<()> {
    let numbered = |number: usize| path.with_extension(format!("{number}.log"));
    for number in (1..count).rev() {
        rename_if_exists(&numbered(number), &numbered(number + 1))?;
    }
    rename_if_exists(path, &numbered(1))
}

fn rename_if_exists(from: &Path, to: &Path) -> Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(RunnerError::file("move", from)(error)),
        _ => Ok(()),
    }
}

/// Removes a file; a missing one is no error.
pub(crate) fn remove_file(path: &Path) -> Result<()> {
    if_exists(std::fs::remove_file(path)).map_err(RunnerError::file("remove", path)).map(drop)
}

/// Removes a folder and its content; a missing one is no error.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    if_exists(std::fs::remove_dir_all(path)).map_err(RunnerError::file("remove", path)).map(drop)
}

fn if_exists<T>(result: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Writes a file atomically.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(RunnerError::file("write", path))?;
    file.write_all(content).map_err(RunnerError::file("write", path))?;
    file.persist(path).map_err(|error| RunnerError::file("write", path)(error.error))?;
    Ok(())
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| RunnerError::Format { what: format!("`{}`", path.display()), why: error.to_string() })?;
    write(path, (text + "\n").as_bytes())
}
