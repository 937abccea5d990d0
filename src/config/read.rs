//! `oleoduto.toml`, parsed and checked, with the lines of its keys.

use std::ops::Range;
use std::path::{Path, PathBuf};

use oleoduto_stacks::Names;
use oleoduto_stacks::parameters::{AccountId, BackendType, Environment, EnvironmentName, KeyMistake, Region};

use super::file::{File, NAME, default_bucket, default_bucket_name};
use super::mistake::Mistake;

/// A file that was read and is valid.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) file: File,
}

impl Read {
    /// Read and check the file of a project. An error names the line, and what to do.
    pub(crate) fn from(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(NAME);
        let text = std::fs::read_to_string(&path).map_err(|error| anyhow::Error::new(error).context(unreadable(&path)))?;
        Ok(Self::parse(path, text)?)
    }

    /// Check a text.
    pub(crate) fn parse(path: PathBuf, text: String) -> Result<Self, Mistake> {
        let file = toml::from_str(&text).map_err(|error| Mistake::of_toml(&path.display().to_string(), &text, &error))?;
        let read = Self { path, text, file };
        read.file.env.iter().try_for_each(|(name, section)| read.check(name, section))?;
        Ok(read)
    }

    /// Check what depends on more than one value.
    fn check(&self, name: &EnvironmentName, section: &Environment) -> Result<(), Mistake> {
        let region = section.region.clone().unwrap_or_else(Region::shortest);
        let project = &self.file.project;
        Names::new(&project.name, name, &project.series)
            .check(&region)
            .map_err(|why| self.mistake(&["env", name], why.to_string(), None))?;
        if section.mlflow.as_ref().is_some_and(|mlflow| mlflow.server.is_some() && mlflow.tracking_uri.is_some()) {
            let message = "`tracking_uri` names an existing server, but `server` asks for a new one";
            let help = "remove `server` to use the existing one, or `tracking_uri` to have one created";
            let keys = ["env", name, "mlflow", "tracking_uri"];
            return Err(self.mistake(&keys, message.to_owned(), Some(help.to_owned())));
        }
        let security = section.mistake_of_security(section.account.as_ref(), section.region.as_ref());
        let place = section.mistake_of_place(section.region.as_ref());
        let mistake = place.or_else(|| section.mistake_of_monitoring(section.region.as_ref())).or(security);
        if let Some(KeyMistake { keys, message, help }) = mistake {
            let keys: Vec<&str> = ["env", name.as_str()].into_iter().chain(keys).collect();
            return Err(self.mistake(&keys, message, Some(help)));
        }
        self.check_backend(name, section, &region)
    }

    fn check_backend(&self, name: &EnvironmentName, section: &Environment, region: &Region) -> Result<(), Mistake> {
        let place = |key| ["env", name, "backend", key];
        match (section.backend.r#type, section.backend.key_of_s3()) {
            (BackendType::Local, Some(key)) => {
                let message = format!("`{key}` only applies to an S3 backend, but this one is local");
                let help = format!("write `type = \"s3\"` in [env.{name}.backend], or remove `{key}`");
                Err(self.mistake(&place(key), message, Some(help)))
            }
            (BackendType::S3, _) if section.backend.bucket.is_none() => {
                let project = &self.file.project.name;
                default_bucket(project, &AccountId::placeholder(), region).map(drop).map_err(|_| {
                    let bucket = default_bucket_name(project, "ACCOUNT", region);
                    let help = "name one with `bucket`, or shorten the project's name".to_owned();
                    self.mistake(&place("type"), format!("the bucket's name {bucket} would be too long"), Some(help))
                })
            }
            (BackendType::Local | BackendType::S3, _) => Ok(()),
        }
    }

    fn mistake(&self, keys: &[&str], message: String, help: Option<String>) -> Mistake {
        Mistake::new(&self.path.display().to_string(), &self.text, self.span(keys).unwrap_or_default(), message, help)
    }

    /// The line of a key, from 1; none if the file does not have it.
    pub(crate) fn line(&self, keys: &[&str]) -> Option<usize> {
        Some(self.text.get(..self.span(keys)?.start)?.matches('\n').count() + 1)
    }

    /// `oleoduto.toml:12`.
    pub(crate) fn origin(&self, keys: &[&str]) -> Option<String> {
        self.line(keys).map(|line| format!("{NAME}:{line}"))
    }

    /// Where a key stands.
    fn span(&self, keys: &[&str]) -> Option<Range<usize>> {
        let table = toml::de::DeTable::parse(&self.text).ok()?;
        let (last, parents) = keys.split_last()?;
        let mut at = table.get_ref();
        for key in parents {
            at = at.get(*key)?.get_ref().as_table()?;
        }
        at.get_key_value(*last).map(|(key, _)| key.span())
    }
}

/// Why the file can't be read, and what to do.
fn unreadable(path: &Path) -> String {
    let shown = path.display();
    if path.is_dir() {
        format!("{shown} is a folder: the configuration is a file of this name")
    } else if path.is_file() {
        format!("can't read {shown}: it must be UTF-8 text that you may read (`iconv -f UTF-16 -t UTF-8` converts UTF-16)")
    } else {
        format!("can't read {shown}: run oleoduto in its repository, or name the repository with --project-dir")
    }
}

#[cfg(test)]
mod tests;
