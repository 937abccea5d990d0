//! Writing the output folder: every file whole, the manifest last.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::app::Synthesised;

/// The output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {}: {source}. Is the folder writable, and is there space?", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

impl Synthesised {
    /// Write `manifest.json`, `stacks/<name>/cdk.tf.json` and the assets under `out`. Terraform's own files
    /// (`.terraform`, lock files, states) are left alone, and so are folders of stacks that no longer exist: they may
    /// hold the only way to destroy what they applied.
    ///
    /// # Errors
    /// A file can't be written; the manifest is then the old one.
    pub fn write(&self, out: &Path) -> Result<(), WriteError> {
        for stack in &self.stacks {
            let folder = out.join("stacks").join(&stack.name);
            for asset in &stack.assets {
                write_file(&folder.join(&asset.relative), &asset.bytes)?;
            }
            write_file(&folder.join("cdk.tf.json"), stack.json.as_bytes())?;
        }
        write_file(&out.join("manifest.json"), self.manifest_json().as_bytes())
    }

    /// The text of `manifest.json`.
    pub fn manifest_json(&self) -> String {
        format!("{:#}", serde_json::json!(self.manifest))
    }
}

/// Write a file through a neighbour and a rename, unless it already holds these bytes.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let fail = |source| WriteError { path: path.to_owned(), source };
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    // A temporary file is private to its owner; the output is like any other generated file.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(fail)?;
    }
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}
