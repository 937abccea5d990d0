//! The workflow files on disk.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use oleoduto_cli::if_present;

/// Where GitHub looks for workflows.
const FOLDER: &str = ".github/workflows";
/// The first words of each file that this program writes; other files are not touched.
pub(super) const MARK: &str = "# Written by `oleoduto ci generate`";

/// Write the files atomically, and remove those that earlier runs wrote and this one does not.
pub(super) fn write(root: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<Vec<PathBuf>> {
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let what = || format!("can't write {}", path.display());
        let mut file = tempfile::NamedTempFile::new_in(&folder).with_context(what)?;
        file.write_all(text.as_bytes()).with_context(what)?;
        readable(file.as_file()).with_context(what)?;
        file.persist(&path).with_context(what)?;
        written.push(path);
    }
    for path in orphans(&folder, files)? {
        std::fs::remove_file(&path).with_context(|| format!("can't remove {}", path.display()))?;
    }
    Ok(written)
}

/// Let everybody read a file; only its owner may read a temporary one.
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}

/// The differences between the folder and the files, a line each.
pub(super) fn drift(root: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<Vec<String>> {
    let folder = root.join(FOLDER);
    let mut found = Vec::new();
    for (name, wanted) in files {
        let text = std::fs::read_to_string(folder.join(name));
        match if_present(text).with_context(|| format!("can't read {FOLDER}/{name}"))? {
            Some(text) if text == *wanted => {}
            Some(text) => found.push(format!("{FOLDER}/{name}:{} differs", first_difference(&text, wanted))),
            None => found.push(format!("{FOLDER}/{name} is missing")),
        }
    }
    for path in orphans(&folder, files)? {
        found.push(format!("{} is no longer written", path.strip_prefix(root).unwrap_or(&path).display()));
    }
    Ok(found)
}

/// The first line that differs, from 1.
fn first_difference(left: &str, right: &str) -> usize {
    let same = left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count();
    same + 1
}

/// Files that earlier runs wrote and this one would not.
fn orphans(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<Vec<PathBuf>> {
    let entries = if_present(std::fs::read_dir(folder)).with_context(|| format!("can't read {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries.into_iter().flatten() {
        let path = entry.with_context(|| format!("can't read {}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if files.contains_key(&name) || !path.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        if text.starts_with(MARK) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn drift_has_its_line_and_foreign_files_stay() {
        let root = tempfile::tempdir().unwrap();
        let files = BTreeMap::from([("a.yaml".to_owned(), format!("{MARK}\none\ntwo\n"))]);
        assert_eq!(drift(root.path(), &files).unwrap(), [".github/workflows/a.yaml is missing"]);
        write(root.path(), &files).unwrap();
        assert!(drift(root.path(), &files).unwrap().is_empty());

        let folder = root.path().join(FOLDER);
        std::fs::write(folder.join("a.yaml"), format!("{MARK}\none\nthree\n")).unwrap();
        std::fs::write(folder.join("old.yaml"), format!("{MARK}\n")).unwrap();
        std::fs::write(folder.join("own.yaml"), "name: own\n").unwrap();
        let expected = [".github/workflows/a.yaml:3 differs", ".github/workflows/old.yaml is no longer written"];
        assert_eq!(drift(root.path(), &files).unwrap(), expected);

        write(root.path(), &files).unwrap();
        assert!(drift(root.path(), &files).unwrap().is_empty());
        assert!(folder.join("own.yaml").is_file() && !folder.join("old.yaml").exists());
    }
}
