//! The lock that Terraform holds on a state.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{F_UNLCK, F_WRLCK, SEEK_SET, flock};

use serde::{Deserialize, Serialize};

use crate::error::{Result, RunnerError};
use crate::files;
use crate::location::Location;
use crate::report;
use crate::store::{self, Store};

/// What Terraform writes into a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LockInfo {
    /// The argument of `force-unlock`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The operation that took the lock, such as `OperationTypeApply`.
    pub operation: String,
    /// `user@host`.
    pub who: String,
    /// The time at which it was taken, RFC 3339.
    pub created: String,
}

impl LockInfo {
    /// A lock whose content is not Terraform's: empty, or cut off.
    pub fn unreadable() -> Self {
        let unknown = || "unknown".to_owned();
        Self { id: String::new(), operation: unknown(), who: unknown(), created: unknown() }
    }

    /// The age of the lock; none if its time can't be parsed.
    pub fn age(&self) -> Option<Duration> {
        let created: jiff::Timestamp = self.created.parse().ok()?;
        Duration::try_from(jiff::Timestamp::now().duration_since(created)).ok()
    }
}

/// A lock that is held.
pub(crate) struct Held {
    pub(crate) info: LockInfo,
    /// Where it is.
    pub(crate) place: Location,
}

/// The lock on a state; none if the state is not locked. What a killed Terraform left beside a state file is no lock, since the
/// file itself is free, and is removed.
pub(crate) async fn read(store: &Store, location: &Location) -> Result<Option<Held>> {
    let place = match location {
        Location::Local(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let place = Location::Local(path.with_file_name(format!(".{name}.lock.info")));
            if !is_locked(path)? {
                store.remove(&place).await?;
                return Ok(None);
            }
            place
        }
        Location::S3(_) => location.beside(".tflock"),
        Location::Other { .. } => return Err(store::only_terraform(location)),
    };
    let Some(content) = store.read(&place).await? else { return Ok(None) };
    let info = serde_json::from_slice(&content).unwrap_or_else(|_| LockInfo::unreadable());
    Ok(Some(Held { info, place }))
}

/// A lock that this process took.
pub(crate) enum Taken {
    /// An object with this id.
    Object(Location, String),
    /// A file, whose lock ends when it is closed.
    File(#[allow(dead_code, reason = "held, not read: closing the file frees the lock")] File),
}

/// Takes the lock on a state as Terraform does: an object beside it in S3 (`use_lockfile`), the system's lock on a file.
pub(crate) async fn take(store: &Store, location: &Location, operation: &str) -> Result<Taken> {
    match location {
        Location::S3(_) => {
            let place = location.beside(".tflock");
            let user = std::env::var("USER").unwrap_or_else(|_| "oleoduto".to_owned());
            let created = report::now();
            let info = LockInfo { id: created.clone(), operation: operation.to_owned(), who: user, created: created.clone() };
            store.create_json(&place, &info).await?;
            Ok(Taken::Object(place, created))
        }
        Location::Local(path) => lock_file(path).map(Taken::File),
        Location::Other { .. } => Err(store::only_terraform(location)),
    }
}

/// Frees a lock, unless somebody else has it by now: who frees the locks of others may take this one too.
pub(crate) async fn free(store: &Store, taken: Taken) -> Result<()> {
    let Taken::Object(place, id) = taken else { return Ok(()) };
    let content = store.read(&place).await?.unwrap_or_default();
    match serde_json::from_slice::<LockInfo>(&content) {
        Ok(info) if info.id == id => store.remove(&place).await,
        _ => Ok(()),
    }
}

/// Locks a state file, which is made if it is missing, as by Terraform.
fn lock_file(path: &Path) -> Result<File> {
    files::create_folder(path.parent().unwrap_or(path))?;
    let mut options = File::options();
    let opened = options.read(true).write(true).create(true).truncate(false).open(path);
    let file = opened.map_err(RunnerError::file("open", path))?;
    let wanted = flock { l_type: F_WRLCK as i16, l_whence: SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 };
    // A lock of the open file, where there is such: one of the process would end with the next read of this file.
    #[cfg(target_os = "linux")]
    let lock = FcntlArg::F_OFD_SETLK(&wanted);
    #[cfg(not(target_os = "linux"))]
    let lock = FcntlArg::F_SETLK(&wanted);
    fcntl(&file, lock).map_err(|error| RunnerError::file("lock", path)(error.into()))?;
    Ok(file)
}

/// Whether a process holds the lock of a state file, which is the operating system's and ends with the process.
/// Source: `internal/states/statemgr/filesystem_lock_unix.go` of Terraform.
fn is_locked(path: &Path) -> Result<bool> {
    let file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        other => other.map_err(RunnerError::file("open", path))?,
    };
    let mut found = flock { l_type: F_WRLCK as i16, l_whence: SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 };
    fcntl(&file, FcntlArg::F_GETLK(&mut found)).map_err(|error| RunnerError::file("look at the lock of", path)(error.into()))?;
    Ok(found.l_type != F_UNLCK as i16)
}

#[cfg(test)]
mod tests {
    use std::io::BufRead;
    use std::process::Stdio;

    use super::*;

    #[tokio::test]
    async fn a_lock_on_a_file_keeps_others_out_until_it_is_freed() {
        let (folder, store) = (tempfile::tempdir().unwrap(), Store::default());
        let location = Location::Local(folder.path().join("a.tfstate"));
        let taken = take(&store, &location, "move").await.unwrap();
        assert_eq!(store.read(&location).await.unwrap(), Some(Vec::new()), "a read does not end it");
        assert!(take(&store, &location, "move").await.is_err());
        free(&store, taken).await.unwrap();
        assert!(take(&store, &location, "move").await.is_ok());
    }

    #[tokio::test]
    async fn a_lock_without_a_holder_is_shown_and_a_leftover_is_none() {
        let (folder, store) = (tempfile::tempdir().unwrap(), Store::default());
        let state = folder.path().join("a.tfstate");
        let location = Location::Local(state.clone());
        let leftover = folder.path().join(".a.tfstate.lock.info");
        std::fs::write(&leftover, "{}").unwrap();
        assert!(read(&store, &location).await.unwrap().is_none());
        assert!(!leftover.exists(), "nobody can have the lock of a state that does not exist");

        std::fs::write(&state, "{}").unwrap();
        std::fs::write(&leftover, "{}").unwrap();
        assert!(read(&store, &location).await.unwrap().is_none());
        assert!(!leftover.exists());

        // Another process, since a process's own lock does not hold it up.
        let program =
            "import fcntl, sys\nfile = open(sys.argv[1], 'r+')\nfcntl.lockf(file, fcntl.LOCK_EX)\nprint()\nsys.stdin.read()";
        let mut command = std::process::Command::new("python3");
        let mut holder = command.args(["-uc", program]).arg(&state).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::BufReader::new(holder.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        std::fs::write(&leftover, "").unwrap();
        assert_eq!(read(&store, &location).await.unwrap().map(|held| held.info), Some(LockInfo::unreadable()));
        drop(holder.stdin.take());
        holder.wait().unwrap();
        assert!(read(&store, &location).await.unwrap().is_none());
    }
}
