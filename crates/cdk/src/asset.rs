//! Files shipped with a stack.

use std::io::{Cursor, Write};
use std::path::{Component, Path, PathBuf};

use md5::{Digest, Md5};
use zip::write::SimpleFileOptions;

/// Each of the two headers of a file in an archive has about as many bytes, and its name.
const ENTRY_BYTES: usize = 64;

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
    /// A file can't be read, or two have one name.
    pub fn zip(id: &str, file_name: &str, files: &[(String, PathBuf)]) -> std::io::Result<Self> {
        let mut files = files.to_vec();
        files.sort();
        // A fixed time (the zip epoch), fixed rights and no compression: nothing that varies by machine or library.
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        let contents: Vec<_> = files.iter().map(|(name, path)| Ok((name, read(path)?))).collect::<std::io::Result<_>>()?;
        let size = contents.iter().map(|(name, bytes)| bytes.len() + 2 * (name.len() + ENTRY_BYTES)).sum();
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::with_capacity(size)));
        for (name, bytes) in contents {
            let refused = |error| std::io::Error::other(format!("can't add {name} to {file_name}: {error}"));
            writer.start_file(name.as_str(), options).map_err(refused)?;
            writer.write_all(&bytes)?;
        }
        let bytes = writer.finish().map_err(std::io::Error::other)?.into_inner();
        Ok(Self::from_bytes(id, file_name, bytes))
    }

    /// The files of a module's folder, and the path of that folder relative to the stack's.
    ///
    /// # Errors
    /// A file can't be read, there is no `.tf` file, or one takes a module from outside of the folder.
    pub(crate) fn folder(id: &str, folder: &Path) -> std::io::Result<(String, Vec<Self>)> {
        let mut names = Vec::new();
        list(folder, Path::new(""), &mut names)?;
        names.sort();
        let files: Vec<(PathBuf, Vec<u8>)> =
            names.into_iter().map(|name| read(&folder.join(&name)).map(|bytes| (name, bytes))).collect::<Result<_, _>>()?;
        if !files.iter().any(|(name, _)| is_configuration(name)) {
            return Err(std::io::Error::other(format!("{} has no .tf file", folder.display())));
        }
        let mut digest = Md5::new();
        for (name, bytes) in &files {
            stays_within(folder, name, bytes)?;
            digest.update(format!("{} {} ", name.to_string_lossy().replace('\\', "/"), bytes.len()));
            digest.update(bytes);
        }
        let hash = digest.finalize().iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        let own = Path::new("assets").join(id).join(&hash);
        let asset = |(name, bytes)| Self { relative: own.join(name), bytes, hash: hash.clone() };
        Ok((own.to_string_lossy().replace('\\', "/"), files.into_iter().map(asset).collect()))
    }

    /// The folder with its hash in the name: `assets/<id>/<MD5>`.
    pub(crate) fn version(&self) -> PathBuf {
        self.relative.components().take(3).collect()
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

/// The files below a folder, without what Terraform and Git leave there.
fn list(root: &Path, below: &Path, names: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let folder = if below.as_os_str().is_empty() { root.to_owned() } else { root.join(below) };
    let failed = |error: std::io::Error| std::io::Error::new(error.kind(), format!("can't read {}: {error}", folder.display()));
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, path) = (entry.file_name(), entry.path());
        let shown = name.to_string_lossy();
        if [".git", ".terraform", ".terraform.lock.hcl"].contains(&&*shown) || shown.contains(".tfstate") {
            continue;
        }
        if path.is_dir() { list(root, &below.join(&name), names)? } else { names.push(below.join(&name)) }
    }
    Ok(())
}

fn is_configuration(name: &Path) -> bool {
    let name = name.to_string_lossy();
    name.ends_with(".tf") || name.ends_with(".tf.json")
}

/// A module that takes another one by a path needs it in its own folder: nothing else is shipped.
fn stays_within(folder: &Path, name: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if !is_configuration(name) {
        return Ok(());
    }
    let depth = name.components().count() - 1;
    let text = String::from_utf8_lossy(bytes);
    let sources = text.lines().map(str::trim).filter(|line| line.trim_start_matches('"').starts_with("source"));
    for path in sources.filter_map(|line| line.split('"').find(|word| word.starts_with("../"))) {
        if path.split('/').take_while(|part| *part == "..").count() > depth {
            let file = folder.join(name);
            let message = format!("{} takes the module `{path}`, which is outside of {}", file.display(), folder.display());
            return Err(std::io::Error::other(message));
        }
    }
    Ok(())
}
