//! The checksum by which a lock file knows a provider package: `h1:`, Go's `dirhash.Hash1` over the package's folder.
//! Source: <https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1>.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256, digest};
use tokio::sync::watch;

use crate::digest::hex;
use crate::mutex::locked;

/// The number of bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// The checksums of the packages of one run, each computed once, on a thread of its own: a provider has 700 MB, which takes
/// half a second, and the thread does not hold up the end of the process.
#[derive(Default)]
pub(crate) struct PackageHashes(Mutex<HashMap<PathBuf, watch::Receiver<Option<Outcome>>>>);

/// The checksum; none if the package can't be read.
type Outcome = Option<String>;

impl PackageHashes {
    /// Starts to compute the checksum of a package, if that has not begun.
    pub(crate) fn start(&self, package: &Path) -> watch::Receiver<Option<Outcome>> {
        let mut known = locked(&self.0);
        let begin = || {
            let (sender, receiver) = watch::channel(None);
            let package = package.to_owned();
            // A failed send means that nobody waits any more.
            std::thread::spawn(move || drop(sender.send(Some(h1(&package).ok()))));
            receiver
        };
        known.entry(package.to_owned()).or_insert_with(begin).clone()
    }

    /// The checksum of a package; none if it can't be read.
    pub(crate) async fn of(&self, package: &Path) -> Outcome {
        let mut receiver = self.start(package);
        receiver.wait_for(Option::is_some).await.ok()?.clone().flatten()
    }
}

/// Computes the checksum of a folder: the SHA-256 of a line per file, which has the SHA-256 of the file and its name.
fn h1(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.map_err(Error::from)?;
        if !entry.file_type().is_dir() {
            let name = entry.path().strip_prefix(folder).map_err(Error::other)?;
            let name = name.to_str().filter(|name| !name.contains('\n'));
            let name = name.ok_or_else(|| Error::new(ErrorKind::InvalidData, "the name of a file has no checksum"))?;
            files.push((name.to_owned(), entry.into_path()));
        }
    }
    files.sort();
    let mut lines = String::new();
    for (name, path) in files {
        lines += &format!("{}  {name}\n", file_digest(&path)?);
    }
    Ok(format!("h1:{}", STANDARD.encode(digest(&SHA256, lines.as_bytes()))))
}

/// The SHA-256 of a file. This implementation is fast in builds without optimization too.
fn file_digest(path: &Path) -> Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Context::new(&SHA256);
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(hash.finish().as_ref())),
            count => hash.update(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    /// The expected text was computed with `printf 'SHA256  NAME\n' ... | sha256sum`, as Go's documentation gives the rule.
    #[test]
    fn the_checksum_is_that_of_gos_dirhash() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        std::fs::write(folder.path().join("b/x"), "one\n").unwrap();
        std::fs::write(folder.path().join("b.txt"), "two\n").unwrap();
        assert_eq!(h1(folder.path()).unwrap(), "h1:R+mZOT4X9KVeyve6IESj6e9RmBcHIGI5Y2+ZUtdcZ4I=");
        std::fs::write(folder.path().join("b.txt"), "Two\n").unwrap();
        assert_ne!(h1(folder.path()).unwrap(), "h1:R+mZOT4X9KVeyve6IESj6e9RmBcHIGI5Y2+ZUtdcZ4I=");
    }

    #[tokio::test]
    async fn a_package_that_cannot_be_read_has_no_checksum() {
        assert_eq!(PackageHashes::default().of(Path::new("/nonexistent")).await, None);
    }
}
