//! What differs between accounts, environments and series.

use std::path::PathBuf;

use oleoduto_aws::types::BucketName;
use oleoduto_cdk::{Backend, S3Backend, StringLike};

/// Where states are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateStore {
    /// Files `terraform.<stack>.tfstate` in a folder.
    Local(PathBuf),
    /// Objects `<environment>/<series>/<stack>.tfstate` in a bucket, locked by S3 itself.
    S3(String),
}

/// The parameters of the app.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Project name, the first part of every name.
    pub project: String,
    /// Environment, such as `dev`.
    pub environment: String,
    /// Ipeadata code of the series.
    pub series: String,
    /// Account id, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// The repository's root, where `jobs/` and the `Dockerfile` are.
    pub root: PathBuf,
    /// The output folder.
    pub out: PathBuf,
    /// Where states are kept.
    pub state: StateStore,
    /// Whether `terraform destroy` may delete data and images.
    pub disposable: bool,
}

/// A parameter is not usable.
#[derive(Debug, thiserror::Error)]
#[error("{what} `{value}` can't be used: {why}")]
pub struct SettingsError {
    what: &'static str,
    value: String,
    why: String,
}

impl Settings {
    /// The series' code as it stands in names: `eia366-pbrent366`.
    pub fn slug(&self) -> String {
        self.series.to_ascii_lowercase().replace('_', "-")
    }

    /// The first part of every name: project, environment, series.
    pub fn prefix(&self) -> String {
        format!("{}-{}-{}", self.project, self.environment, self.slug())
    }

    /// What the states belong to: `project/environment/series`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}", self.project, self.environment, self.slug())
    }

    /// Refuse what would make names that AWS refuses.
    ///
    /// # Errors
    /// The first parameter that can't be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        let fail = |what, value: &str, why: &str| Err(SettingsError { what, value: value.to_owned(), why: why.to_owned() });
        let word =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !word(&self.project) {
            return fail("project", &self.project, "use lower-case letters, digits and `-`");
        }
        if !word(&self.environment) {
            return fail("environment", &self.environment, "use lower-case letters, digits and `-`");
        }
        if self.series.is_empty() || !self.series.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return fail("series", &self.series, "an Ipeadata code holds letters, digits and `_`, as in EIA366_PBRENT366");
        }
        if self.account.len() != 12 || !self.account.chars().all(|c| c.is_ascii_digit()) {
            return fail("account", &self.account, "an AWS account id has 12 digits");
        }
        if self.region.matches('-').count() < 2 || !word(&self.region) {
            return fail("region", &self.region, "a region looks like sa-east-1");
        }
        let bucket = format!("{}-{}-{}", self.prefix(), self.account, self.region);
        BucketName::check(&bucket)
            .or_else(|why| fail("project, environment and series", &bucket, &format!("{why}; shorten one of them")))
    }

    /// The backend of a stack. Local paths are relative to the stack's own folder, so that the output is the same
    /// wherever the project lies.
    pub(crate) fn backend(&self, stack: &str) -> Backend {
        match &self.state {
            StateStore::Local(folder) => {
                let file = folder.join(format!("terraform.{stack}.tfstate"));
                let from = self.out.join("stacks").join(stack);
                Backend::Local { path: pathdiff::diff_paths(&file, from).unwrap_or(file) }
            }
            StateStore::S3(bucket) => {
                let key = format!("{}/{}/{}/{stack}.tfstate", self.project, self.environment, self.slug());
                Backend::S3(S3Backend::new(bucket, key, &self.region))
            }
        }
    }
}
