//! The files that travel with the stacks: entry scripts, the jobs package, the Lambda's zip.

use std::path::{Path, PathBuf};

use oleoduto_cdk::Asset;

/// A file of the repository can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{source}. Run oleoduto in its repository, or name it with --project-dir")]
pub struct FilesError {
    #[from]
    source: std::io::Error,
}

/// Every file, read and hashed.
pub(crate) struct Files {
    pub(crate) scripts: Vec<(&'static str, Asset)>,
    pub(crate) package: Asset,
    pub(crate) training_vars: Asset,
    /// `.terraform.lock.hcl` of the repository, where there is one: every stack gets it.
    pub(crate) lock_file: Option<String>,
    /// A tag that changes exactly when the image's inputs do.
    pub(crate) image_tag: String,
}

/// The Glue jobs in the order of the pipeline.
pub(crate) const GLUE_JOBS: [&str; 2] = ["etl", "quality"];

impl Files {
    pub(crate) fn read(root: &Path) -> Result<Self, FilesError> {
        let source = root.join("jobs/src");
        let package_files = python_files(&source, "oleoduto_jobs")?;
        let mut scripts = Vec::new();
        for job in GLUE_JOBS {
            scripts.push((job, Asset::from_file(&format!("script_{job}"), &root.join(format!("jobs/scripts/{job}.py")))?));
        }
        let mut image_files = package_files.clone();
        for name in ["Dockerfile", "jobs/image.lock", "jobs/sbom.lock"] {
            image_files.push((name.to_owned(), root.join(name)));
        }
        let lambda_file = ("training_vars.py".to_owned(), source.join("oleoduto_jobs/training_vars.py"));
        let image_hash = Asset::zip("image", "image.zip", &image_files)?.hash().to_ascii_lowercase();
        Ok(Self {
            scripts,
            package: Asset::zip("package", "oleoduto_jobs.zip", &package_files)?,
            training_vars: Asset::zip("training_vars", "training_vars.zip", &[lambda_file])?,
            lock_file: lock_file(&root.join(".terraform.lock.hcl"))?,
            image_tag: image_hash.chars().take(12).collect(),
        })
    }
}

fn lock_file(path: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(std::io::Error::new(error.kind(), format!("can't read {}: {error}", path.display()))),
    }
}

/// `(name in the archive, path)` of a package's sources, without caches.
fn python_files(base: &Path, package: &str) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(base.join(package)).sort_by_file_name() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && (name.ends_with(".py") || name == "py.typed") {
            let relative = entry.path().strip_prefix(base).unwrap_or(entry.path());
            files.push((relative.to_string_lossy().replace('\\', "/"), entry.path().to_owned()));
        }
    }
    Ok(files)
}
