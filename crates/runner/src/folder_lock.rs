//! The lock on an output folder.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::error::{Result, RunnerError};
use crate::files;

/// Holds an output folder for one run, so that a second run can't change its files.
#[derive(Debug)]
pub struct FolderLock(File);

impl FolderLock {
    /// Take the lock.
    ///
    /// # Errors
    /// Another run holds the lock, or the folder can't be written.
    pub fn take(out: &Path) -> Result<Self> {
        files::create_folder(out)?;
        let path = out.join(".run.lock");
        let mut options = File::options();
        let mut file =
            options.create(true).truncate(false).read(true).write(true).open(&path).map_err(RunnerError::file("open", &path))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                let pid = std::fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                RunnerError::Busy { pid, folder: out.to_owned() }
            }
            TryLockError::Error(error) => RunnerError::file("lock", &path)(error),
        })?;
        file.set_len(0).map_err(RunnerError::file("write", &path))?;
        writeln!(file, "{}", std::process::id()).map_err(RunnerError::file("write", &path))?;
        Ok(Self(file))
    }

    /// Lets other runs use the folder from now on.
    pub(crate) fn free(&self, out: &Path) -> Result<()> {
        self.0.unlock().map_err(RunnerError::file("unlock", out))
    }
}
