//! Files shipped with a stack.

use std::io::{Cursor, Write};
use std::path::{Component, Path, PathBuf};

use md5::{Digest, Md5};
use zip::write::SimpleFileOptions;

/// A file asset: its bytes are read when it is created, so that its hash is known and a missing file is an error.
#[derive(Clone, Debug)]
pub struct Asset {
    pub(crate) relative: PathBuf,
    pub(crate) bytes: Vec<u8>,
    hash: String,
}

impl Asset {
    /// An asset from bytes, stored as `assets/<id>/<MD5>/<file name>` like cdktf's.
    pub fn from_bytes(id: &str, file_name: &str, bytes: Vec<u8>) -> Self {
        let hash = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        Self { relative: Path::new("assets").join(id).join(&hash).join(file_name), bytes, hash }
    }

    /// An asset from a file.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn from_file(id: &str, path: &Path) -> std::io::Result<Self> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self::from_bytes(id, &name, read(path)?))
    }

    /// A zip asset from `(name in the archive, file)` pairs: the same bytes on every machine.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn zip(id: &str, file_name: &str, files: &[(String, PathBuf)]) -> std::io::Result<Self> {
        let mut files = files.to_vec();
        files.sort();
        // A fixed time (the zip epoch), fixed rights and no compression: nothing that varies by machine or library.
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, path) in &files {
            writer.start_file(name.as_str(), options).map_err(std::io::Error::other)?;
            writer.write_all(&read(path)?)?;
        }
        let bytes = writer.finish().map_err(std::io::Error::other)?.into_inner();
        Ok(Self::from_bytes(id, file_name, bytes))
    }

    /// The path relative to the stack's folder, with `/`.
    pub fn path(&self) -> String {
        self.relative.to_string_lossy().replace('\\', "/")
    }

    /// Whether it is below `assets/`, and has an id: writes and removals stay in the stack's folder.
    pub(crate) fn stays_inside(&self) -> bool {
        let names: Option<Vec<_>> = self
            .relative
            .components()
            .map(|component| match component {
                Component::Normal(name) => Some(name),
                _ => None,
            })
            .collect();
        names.is_some_and(|names| names.len() >= 4 && names[0] == "assets")
    }

    /// The MD5 of the bytes, 32 upper-case hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("can't read asset {}: {error}", path.display())))
}
