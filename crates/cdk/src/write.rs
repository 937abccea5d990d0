//! Writing the output folder: whole or not at all.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::app::Synthesized;

/// Exists while files are being replaced; if it is left behind, a synth was interrupted.
const STAGING: &str = ".staging";
/// The extension of new files until all of them are written.
const STAGED: &str = "staged";
const LOCK: &str = ".synth.lock";
const MANIFEST: &str = "manifest.json";

/// The output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {}: is the folder writable, and is there space?", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> WriteError + '_ {
    |source| WriteError { path: path.to_owned(), source }
}

/// A file that has to change.
struct Change<'a> {
    path: PathBuf,
    bytes: &'a [u8],
}

impl Synthesized {
    /// Write `manifest.json`, `stacks/<name>/cdk.tf.json` and the assets under `out`.
    ///
    /// The folder is never mixed: new files are written beside the old ones first, then the manifest is removed, the files
    /// are renamed to their places, and the new manifest comes last. After a crash in between there is no manifest, every
    /// reader refuses the folder, and the next synth completes it. Two synths at once wait for each other. Files that
    /// hold the right bytes are not touched. Terraform's own files (`.terraform`, lock files, states) are left alone,
    /// and so are folders of stacks that no longer exist: they may be needed to destroy their resources.
    ///
    /// # Errors
    /// A file can't be written. If that was before the renames, the old output is unchanged.
    pub fn write(&self, out: &Path) -> Result<(), WriteError> {
        fs::create_dir_all(out).map_err(failed(out))?;
        let lock = out.join(LOCK);
        let held = File::create(&lock).map_err(failed(&lock))?;
        held.lock().map_err(failed(&lock))?;
        let staging = out.join(STAGING);
        if staging.exists() {
            sweep(&out.join("stacks"))?;
        }
        let manifest_text = self.manifest_json();
        let manifest = out.join(MANIFEST);
        let changes = self.changes(out);
        if !changes.is_empty() || !holds(&manifest, manifest_text.as_bytes()) {
            replace(&staging, &manifest, &changes, manifest_text.as_bytes())?;
        }
        self.remove_stale_assets(out)
    }

    /// The text of `manifest.json`.
    pub fn manifest_json(&self) -> String {
        format!("{:#}", serde_json::json!(self.manifest))
    }

    fn changes(&self, out: &Path) -> Vec<Change<'_>> {
        let mut changes = Vec::new();
        for stack in &self.stacks {
            let folder = out.join("stacks").join(&stack.name);
            let assets = stack.assets.iter().map(|asset| (folder.join(&asset.relative), asset.bytes.as_slice()));
            for (path, bytes) in assets.chain([(folder.join("cdk.tf.json"), stack.json.as_bytes())]) {
                if !holds(&path, bytes) {
                    changes.push(Change { path, bytes });
                }
            }
            if let Some(lock_file) = &self.lock_file {
                let path = folder.join(".terraform.lock.hcl");
                if !locks_the_same(&path, lock_file) {
                    changes.push(Change { path, bytes: lock_file.as_bytes() });
                }
            }
        }
        changes
    }

    /// Old versions of assets pile up otherwise, since each has its hash in its path.
    fn remove_stale_assets(&self, out: &Path) -> Result<(), WriteError> {
        for stack in &self.stacks {
            let folder = out.join("stacks").join(&stack.name);
            let assets = folder.join("assets");
            let kept: HashSet<PathBuf> = stack.assets.iter().map(|asset| folder.join(asset.version())).collect();
            let Ok(ids) = fs::read_dir(&assets) else { continue };
            for id in ids {
                let id = id.map_err(failed(&assets))?.path();
                let Ok(hashes) = fs::read_dir(&id) else { continue };
                for hash in hashes {
                    let hash = hash.map_err(failed(&id))?.path();
                    if !kept.contains(&hash) {
                        fs::remove_dir_all(&hash).map_err(failed(&hash))?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn replace(staging: &Path, manifest: &Path, changes: &[Change<'_>], manifest_bytes: &[u8]) -> Result<(), WriteError> {
    write_new(staging, b"")?;
    let mut folder = Path::new("");
    for change in changes {
        let own = change.path.parent().unwrap_or(folder);
        if own != folder {
            fs::create_dir_all(own).map_err(failed(own))?;
            folder = own;
        }
        write_new(&staged(&change.path), change.bytes)?;
    }
    write_new(&staged(manifest), manifest_bytes)?;
    match fs::remove_file(manifest) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(manifest)(error)),
        _ => {}
    }
    for path in changes.iter().map(|change| change.path.as_path()).chain([manifest]) {
        fs::rename(staged(path), path).map_err(failed(path))?;
    }
    fs::remove_file(staging).map_err(failed(staging))
}

fn staged(path: &Path) -> PathBuf {
    path.with_added_extension(STAGED)
}

/// Remove new files that an interrupted synth left.
fn sweep(folder: &Path) -> Result<(), WriteError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(failed(folder))?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != ".terraform") {
            sweep(&path)?;
        } else if path.extension().is_some_and(|ending| ending == STAGED) {
            fs::remove_file(&path).map_err(failed(&path))?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    File::create(path).and_then(|mut file| file.write_all(bytes)).map_err(failed(path))
}

/// Whether a file has exactly these bytes; its size is compared first.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() == bytes.len() as u64) && fs::read(path).is_ok_and(|old| old == bytes)
}

/// Whether a lock file locks the same versions. Terraform may have added checksums to it: those stay.
fn locks_the_same(path: &Path, lock_file: &str) -> bool {
    let versions = |text: &str| -> BTreeSet<String> {
        let is_version = |line: &&str| line.starts_with("provider ") || line.starts_with("version");
        text.lines().map(str::trim).filter(is_version).map(|line| line.replace(' ', "")).collect()
    };
    fs::read_to_string(path).is_ok_and(|old| versions(&old) == versions(lock_file))
}
