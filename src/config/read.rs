//! Read the file, find its mistakes, know the lines of its keys.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use oleoduto_stacks::check_names;
use oleoduto_stacks::parameters::{BucketText, EnvironmentName};

use super::file::{BackendType, Environment, File, NAME, default_bucket};
use super::mistake::Mistake;

/// Names are checked with it where no region is known yet: the shortest there is, so that only what can never work is refused.
pub(crate) const SHORTEST_REGION: &str = "us-east-1";

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
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("can't read {}: run oleoduto in its repository, or name it with --project-dir", path.display())
        })?;
        Ok(Self::parse(path, text)?)
    }

    /// Check a text.
    pub(crate) fn parse(path: PathBuf, text: String) -> Result<Self, Mistake> {
        let file = toml::from_str(&text).map_err(|error| Mistake::of_toml(&path.display().to_string(), &text, &error))?;
        let read = Self { path, text, file };
        read.file.env.iter().try_for_each(|(name, section)| read.check(name, section))?;
        Ok(read)
    }

    /// What one value alone does not tell.
    fn check(&self, name: &EnvironmentName, section: &Environment) -> Result<(), Mistake> {
        let here = ["env", name.as_str()];
        let project = &self.file.project;
        let region = section.region.as_ref().map_or(SHORTEST_REGION, |region| region.as_str());
        check_names(project.name.as_str(), name.as_str(), project.series.as_str(), region)
            .map_err(|why| self.mistake(&here, format!("project, environment and series make too long a name: {why}"), None))?;
        if section.mlflow.as_ref().is_some_and(|mlflow| mlflow.server.is_some() && mlflow.tracking_uri.is_some()) {
            let help = format!("leave `server` away to use that one, or `tracking_uri` to let [env.{name}.mlflow] make one");
            return Err(self.mistake(
                &[here[0], here[1], "mlflow", "tracking_uri"],
                "`tracking_uri` names a server that there is, and `server` makes another".to_owned(),
                Some(help),
            ));
        }
        let in_backend = |key| [here[0], here[1], "backend", key];
        let backend = &section.backend;
        match (backend.r#type, backend.key_of_s3()) {
            (BackendType::Local, Some(key)) => {
                let help = format!("write `type = \"s3\"` in [env.{name}.backend], or leave `{key}` away");
                return Err(self.mistake(
                    &in_backend(key),
                    format!("`{key}` is of a backend in S3, and this one is local"),
                    Some(help),
                ));
            }
            (BackendType::S3, _) if backend.bucket.is_none() => {
                let bucket = default_bucket(&project.name, &"0".repeat(12), region);
                let help = "name one with `bucket`, or shorten the project's name";
                BucketText::try_from(bucket).map_err(|_| {
                    let message =
                        format!("the bucket's name {} would be too long", default_bucket(&project.name, "ACCOUNT", region));
                    self.mistake(&in_backend("type"), message, Some(help.to_owned()))
                })?;
            }
            _ => {}
        }
        Ok(())
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

#[cfg(test)]
mod tests;
