//! What differs between accounts, environments and series.

use std::path::PathBuf;

use oleoduto_aws::types::RetentionDays;
use oleoduto_cdk::{Backend, S3Backend};

use crate::parameters::{
    AccountId, Credentials, Environment, EnvironmentName, IdentityProvider, KmsKey, LockTableName, Profile, ProjectName, Region,
    Repository, SeriesCode, StateBucketName, StateRoleArn,
};

/// Where states are stored.
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
    pub bucket: StateBucketName,
    /// The KMS key that encrypts; S3's own key if `None`.
    pub kms_key_id: Option<KmsKey>,
    /// The role that reads and writes it.
    pub role_arn: Option<StateRoleArn>,
    /// The profile of the AWS configuration that reads and writes it.
    pub profile: Option<Profile>,
    /// The DynamoDB table that locks, for Terraform before 1.10; S3 locks if `None`.
    pub dynamodb_table: Option<LockTableName>,
}

/// The parameters of the app.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Project name, the first part of every name.
    pub project: ProjectName,
    /// Environment, such as `dev`.
    pub environment: EnvironmentName,
    /// Ipeadata code of the series.
    pub series: SeriesCode,
    /// Account id.
    pub account: AccountId,
    /// Region.
    pub region: Region,
    /// The repository's root, which contains `jobs/` and the `Dockerfile`.
    pub root: PathBuf,
    /// The output folder.
    pub out: PathBuf,
    /// Where states are stored.
    pub state: StateStore,
    /// The repository on GitHub whose workflows deploy.
    pub repository: Option<Repository>,
    /// The environment's section of the file.
    pub parameters: Environment,
}

/// The workflows that may assume roles of the account.
pub(crate) struct Cicd<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) provider: IdentityProvider,
}

/// Project, environment, series and region are too long together.
#[derive(Debug, thiserror::Error)]
#[error(
    "the data bucket's name {prefix}-ACCOUNT-{region} would have {length} characters, but a bucket's name has at most 63: \
     shorten the project, the environment or the series"
)]
pub struct NamesTooLong {
    prefix: String,
    region: Region,
    length: usize,
}

fn prefix(project: &ProjectName, environment: &EnvironmentName, series: &SeriesCode) -> String {
    format!("{project}-{environment}-{}", series.slug())
}

fn data_bucket(prefix: &str, account: &AccountId, region: &Region) -> String {
    format!("{prefix}-{account}-{region}")
}

/// Refuse parts of names that AWS would refuse together. The data bucket's name has the least room: if it fits, every other
/// name is shorter than its limit, with any account and region.
///
/// # Errors
/// The bucket's name is too long.
pub fn check_names(
    project: &ProjectName,
    environment: &EnvironmentName,
    series: &SeriesCode,
    region: &Region,
) -> Result<(), NamesTooLong> {
    let prefix = prefix(project, environment, series);
    let length = data_bucket(&prefix, &AccountId::placeholder(), region).len();
    if length > 63 { Err(NamesTooLong { prefix, region: region.clone(), length }) } else { Ok(()) }
}

impl StateBucket {
    /// The bucket with a name, and nothing else said of it.
    pub fn named(bucket: StateBucketName) -> Self {
        Self { bucket, kms_key_id: None, role_arn: None, profile: None, dynamodb_table: None }
    }

    /// The backend of the state with a key.
    pub fn backend(&self, key: &str, region: &Region) -> S3Backend {
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
    /// The first part of every name: project, environment, series.
    pub fn prefix(&self) -> String {
        prefix(&self.project, &self.environment, &self.series)
    }

    /// The first part of the names of the roles that workflows assume: `-plan`, `-apply` and `-backend` follow.
    pub fn ci_roles(&self) -> String {
        format!("{}-ci", self.prefix())
    }

    /// The first part of the keys of the states: `project/environment/series`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}", self.project, self.environment, self.series.slug())
    }

    /// Refuse parts of names that AWS would refuse together.
    ///
    /// # Errors
    /// As [`check_names`].
    pub fn check(&self) -> Result<(), NamesTooLong> {
        check_names(&self.project, &self.environment, &self.series, &self.region)
    }

    /// How long logs are kept. The parameter was checked when it was parsed.
    pub(crate) fn log_retention(&self) -> RetentionDays {
        RetentionDays::of_days(self.parameters.retention.log_days).unwrap_or(RetentionDays::Month)
    }

    /// The workflows that assume roles; `None` unless the file names their repository and they authenticate without keys.
    pub(crate) fn cicd(&self) -> Option<Cicd<'_>> {
        let ci = self.parameters.ci.as_ref().filter(|ci| ci.credentials == Credentials::Oidc)?;
        Some(Cicd { repository: self.repository.as_ref()?, provider: ci.provider })
    }

    /// The backend of a stack. Local paths are relative to the stack's own folder, so that the output does not depend on
    /// the project's folder.
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
