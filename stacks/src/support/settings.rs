//! What differs between accounts, environments and series.

use std::path::PathBuf;

use oleoduto_aws::types::RetentionDays;
use oleoduto_cdk::{Backend, Diagnostic, S3Backend};

use super::names::{Names, Single};
use super::stack_name::StackName;
use crate::parameters::{
    AccountId, Credentials, Environment, EnvironmentName, IdentityProvider, KeyMistake, KmsKey, LockTableName, Profile,
    ProjectName, Region, Repository, SeriesCode, StateBucketName, StateRoleArn,
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
    /// A mistake of the environment's section, as synth reports it.
    pub(crate) fn diagnostic(&self, mistake: KeyMistake) -> Diagnostic {
        let keys = ["env", self.environment.as_str()].into_iter().chain(mistake.keys);
        Diagnostic::error(keys.collect::<Vec<_>>().join("."), mistake.message, mistake.help)
    }

    /// The names of the pipeline's resources.
    pub fn names(&self) -> Names {
        Names::new(&self.project, &self.environment, &self.series)
    }

    /// The first part of the keys of the states: `project/environment/series`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}", self.project, self.environment, self.series.slug())
    }

    /// The key of a stack's state in a bucket.
    pub fn state_key(&self, stack: &str) -> String {
        format!("{}/{stack}.tfstate", self.scope())
    }

    /// The bucket of states, if states are in one.
    pub(crate) fn state_bucket(&self) -> Option<&str> {
        match &self.state {
            StateStore::S3(store) => Some(&store.bucket),
            StateStore::Local(_) => None,
        }
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` as a text, where no reference can stand.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let Self { account, region, .. } = self;
        format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition())
    }

    /// The ARN of the state machine as a text.
    pub fn machine_arn(&self) -> String {
        self.arn("states", &format!("stateMachine:{}", self.names().of(Single::Pipeline)))
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
    pub(crate) fn backend(&self, stack: StackName) -> Backend {
        match &self.state {
            StateStore::Local(folder) => {
                let file = folder.join(format!("terraform.{stack}.tfstate"));
                let from = self.out.join("stacks").join(stack.as_str());
                Backend::Local { path: pathdiff::diff_paths(&file, from).unwrap_or(file) }
            }
            StateStore::S3(store) => Backend::S3(store.backend(&self.state_key(stack.as_str()), &self.region)),
        }
    }
}

/// The settings of the tests in this crate.
#[cfg(test)]
pub(crate) mod example {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::{Settings, StateBucket, StateStore};

    /// An environment `dev` with this section, in the repository itself, with states in a bucket.
    pub(crate) fn settings(region: &str, parameters: serde_json::Value) -> Settings {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Settings {
            project: "oleoduto".parse().unwrap(),
            environment: "dev".parse().unwrap(),
            series: "EIA366_PBRENT366".parse().unwrap(),
            account: "123456789012".parse().unwrap(),
            region: region.parse().unwrap(),
            root: root.to_owned(),
            out: root.join("cdktf.out"),
            state: StateStore::S3(StateBucket::named("states".parse().unwrap())),
            repository: Some("owner/name".parse().unwrap()),
            parameters: serde_json::from_value(parameters).unwrap(),
        }
    }
}
