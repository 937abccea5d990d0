//! The files that the stacks ship: entry scripts, the jobs package, the Lambda function's zip.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use oleoduto_cdk::Asset;
use sha2::{Digest, Sha256};

use super::jobs::{GlueJob, PerJob};
use crate::parameters::check_codes;

/// A file of the repository can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// It can't be read.
    #[error("a file of the repository can't be read: run oleoduto in its repository, or name the repository with --project-dir")]
    Read(#[from] Error),
    /// The file of series can't be used.
    #[error("`additional_series` names {path}, which can't be used: {reason}")]
    Series {
        /// The file.
        path: String,
        /// What is wrong, and where.
        reason: String,
    },
}

/// Every file, read and hashed.
pub(crate) struct Files {
    pub(crate) scripts: PerJob<Asset>,
    /// What pip installs for each job, with hashes.
    pub(crate) requirements: PerJob<Asset>,
    pub(crate) package: Asset,
    pub(crate) training_vars: Asset,
    /// The codes of series beside the main one, if the environment names a file.
    pub(crate) series: Option<Asset>,
    /// `.terraform.lock.hcl` of the repository, if it exists: every stack gets it.
    pub(crate) lock_file: Option<String>,
    /// A tag that changes exactly when the image's inputs do.
    pub(crate) image_tag: String,
}

impl Files {
    pub(crate) fn read(root: &Path, series: Option<&str>) -> Result<Self, FilesError> {
        let source = root.join("jobs/src");
        let package_files = python_files(&source, "oleoduto_jobs")?;
        let script = |job: GlueJob| Asset::from_file(&format!("script_{job}"), &root.join("jobs/scripts").join(job.script()));
        let scripts = PerJob::try_new(script)?;
        let beside = ["Dockerfile", "jobs/image.lock", "jobs/sbom.lock"].map(|name| (name.to_owned(), root.join(name)));
        let image_tag = tag_of(package_files.iter().chain(&beside))?;
        // What only the image has is no reason to run a Glue job with another package.
        let glue_files: Vec<_> = package_files.into_iter().filter(|(name, _)| !is_of_image_only(name)).collect();
        let lambda_files = ["__init__", "function", "recovery", "training_vars"].map(|module| {
            let name = format!("oleoduto_jobs/{module}.py");
            (name.clone(), source.join(name))
        });
        Ok(Self {
            scripts,
            requirements: PerJob::try_new(|job| {
                Asset::from_file(&format!("requirements_{job}"), &root.join("jobs/glue").join(format!("{job}.lock")))
            })?,
            package: Asset::zip("package", "oleoduto_jobs.zip", &glue_files)?,
            training_vars: Asset::zip("training_vars", "training_vars.zip", &lambda_files)?,
            series: series.map(|path| codes(root, path)).transpose()?,
            lock_file: if_exists(&root.join(".terraform.lock.hcl"))?,
            image_tag,
        })
    }
}

/// The file of codes, which must have them one a line.
fn codes(root: &Path, path: &str) -> Result<Asset, FilesError> {
    let unusable = |reason: String| FilesError::Series { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(root.join(path)).map_err(|error| unusable(error.to_string()))?;
    check_codes(&text).map_err(unusable)?;
    Ok(Asset::from_bytes("series", "series.txt", text.into_bytes()))
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("can't read {}: {error}", path.display()))
}

fn if_exists(path: &Path) -> Result<Option<String>, Error> {
    match read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Twelve hexadecimal digits that change with the name or the content of a file.
fn tag_of<'a>(files: impl IntoIterator<Item = &'a (String, PathBuf)>) -> Result<String, Error> {
    let mut digest = Sha256::new();
    for (name, path) in files {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        digest.update(format!("{name} {} ", bytes.len()));
        digest.update(bytes);
    }
    Ok(digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect())
}

/// Whether the Glue jobs do without a file: `ml/` is the image's, `contract.py` prints what the stacks read of it.
fn is_of_image_only(name: &str) -> bool {
    name.starts_with("oleoduto_jobs/ml/") || name == "oleoduto_jobs/contract.py"
}

/// Whether a file belongs to a package: its sources, and what its pages are made of.
fn is_of_package(name: &str) -> bool {
    [".py", ".css", ".js"].iter().any(|end| name.ends_with(end)) || name == "py.typed"
}

/// `(name in the archive, path)` of a package's files, without caches.
fn python_files(base: &Path, package: &str) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(base.join(package)).sort_by_file_name() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && is_of_package(&name) {
            let relative = entry.path().strip_prefix(base).unwrap_or(entry.path());
            files.push((relative.to_string_lossy().replace('\\', "/"), entry.path().to_owned()));
        }
    }
    Ok(files)
}
