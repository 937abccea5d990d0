//! Copies of states that are about to be changed by hand.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::files;
use crate::state::StateId;

/// Keeps the content of a state in `backups/STACK.SERIAL.tfstate` of the output folder, which only the user can read: states can
/// contain secrets. Returns the absolute path.
pub(crate) fn keep(out: &Path, stack: &str, content: &[u8]) -> Result<PathBuf> {
    let folder = out.join("backups");
    files::create_private_folder(&folder)?;
    let serial = serde_json::from_slice::<StateId>(content).unwrap_or_default().serial;
    let path = files::absolute(&folder.join(format!("{stack}.{serial}.tfstate")))?;
    files::write(&path, content)?;
    Ok(path)
}
