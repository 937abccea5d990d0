//! What differs between accounts, environments and series.

use std::path::PathBuf;

use oleoduto_aws::types::{BucketName, RetentionDays};
use oleoduto_cdk::{Backend, S3Backend, StringLike};

use crate::parameters::{AccountId, EnvironmentName, Parameters, ProjectName, Region, SeriesCode};

/// Where states are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateStore {
    /// Files `terraform.<stack>.tfstate` in a folder.
    Local(PathBuf),
    /// Objects `<project>/<environment>/<series>/<stack>.tfstate` in a bucket.
    S3(StateBucket),
}

/// A bucket of states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateBucket {
    /// Its name.
    pub bucket: String,
    /// The KMS key that encrypts; S3's own without it.
    pub kms_key_id: Option<String>,
    /// The role that reaches it.
    pub role_arn: Option<String>,
    /// The profile of the AWS configuration that reaches it.
    pub profile: Option<String>,
    /// The DynamoDB table that locks, for Terraform before 1.10; S3 itself locks without it.
    pub dynamodb_table: Option<String>,
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
    /// What else an environment says.
    pub parameters: Parameters,
}

/// A parameter is not usable.
#[derive(Debug, thiserror::Error)]
#[error("{what} `{value}` can't be used: {why}")]
pub struct SettingsError {
    what: &'static str,
    value: String,
    why: String,
}

/// A series' code as it stands in names: `eia366-pbrent366`.
pub fn slug(series: &str) -> String {
    series.to_ascii_lowercase().replace('_', "-")
}

fn prefix(project: &str, environment: &str, series: &str) -> String {
    format!("{project}-{environment}-{}", slug(series))
}

/// Refuse what together makes a name that AWS refuses. The bucket's name is the one with the least room: with any
/// account and region every other name is shorter than its limit if the bucket's is.
///
/// # Errors
/// Why not, and what to do.
pub fn check_names(project: &str, environment: &str, series: &str, region: &str) -> Result<(), String> {
    let bucket = format!("{}-{}-{region}", prefix(project, environment, series), "0".repeat(12));
    match bucket.len() {
        length if length > 63 => Err(format!(
            "the data bucket's name {}-ACCOUNT-{region} would have {length} characters, and a bucket's has at most 63; shorten one of them",
            prefix(project, environment, series)
        )),
        _ => BucketName::check(&bucket),
    }
}

impl StateBucket {
    /// The backend of a state with a key.
    pub fn backend(&self, key: &str, region: &str) -> S3Backend {
        let mut backend = S3Backend::new(&self.bucket, key, region);
        if let Some(key) = &self.kms_key_id {
            backend = backend.kms_key_id(key);
        }
        if let Some(role) = &self.role_arn {
            backend = backend.assume_role(role);
        }
        if let Some(profile) = &self.profile {
            backend = backend.profile(profile);
        }
        match &self.dynamodb_table {
            Some(table) => backend.dynamodb_table(table),
            None => backend,
        }
    }
}

impl Settings {
    /// The series' code as it stands in names: `eia366-pbrent366`.
    pub fn slug(&self) -> String {
        slug(&self.series)
    }

    /// The first part of every name: project, environment, series.
    pub fn prefix(&self) -> String {
        prefix(&self.project, &self.environment, &self.series)
    }

    /// The first part of the names of the roles that workflows take: `-plan`, `-apply` and `-backend` follow.
    pub fn ci_roles(&self) -> String {
        format!("{}-ci", self.prefix())
    }

    /// What the states belong to: `project/environment/series`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}", self.project, self.environment, self.slug())
    }

    /// How long logs are kept. The parameter was checked when it was read.
    pub(crate) fn log_retention(&self) -> RetentionDays {
        RetentionDays::of_days(self.parameters.retention.log_days).unwrap_or(RetentionDays::Month)
    }

    /// Refuse what would make names that AWS refuses.
    ///
    /// # Errors
    /// The first parameter that can't be used.
    pub fn check(&self) -> Result<(), SettingsError> {
        let fail = |what, value: &str, why: &str| Err(SettingsError { what, value: value.to_owned(), why: why.to_owned() });
        let checks = [
            ("project", &self.project, ProjectName::try_from(self.project.clone()).err()),
            ("environment", &self.environment, EnvironmentName::try_from(self.environment.clone()).err()),
            ("series", &self.series, SeriesCode::try_from(self.series.clone()).err()),
            ("account", &self.account, AccountId::try_from(self.account.clone()).err()),
            ("region", &self.region, Region::try_from(self.region.clone()).err()),
        ];
        for (what, value, mistake) in checks {
            if let Some(why) = mistake {
                return fail(what, value, why.split_once(": ").map_or(why.as_str(), |(_, why)| why));
            }
        }
        check_names(&self.project, &self.environment, &self.series, &self.region)
            .or_else(|why| fail("project, environment and series", &self.prefix(), &why))
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
            StateStore::S3(store) => Backend::S3(store.backend(&format!("{}/{stack}.tfstate", self.scope()), &self.region)),
        }
    }
}
