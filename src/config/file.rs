//! `oleoduto.toml` as it is written.

use std::collections::BTreeMap;

use oleoduto_stacks::parameters::{
    AccountId, AdditionalSeries, Alarms, BranchText, BucketText, Ci, CronText, EnvironmentName, KmsKey, Mlflow, Profile,
    ProjectName, Region, RepositoryText, Retention, RoleText, Schedule, SeriesCode, Sizes, TableText, Tags,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The file's name, in the project's root.
pub(crate) const NAME: &str = "oleoduto.toml";

/// The parameters of the pipeline. Flags and environment variables win over this file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "oleoduto.toml")]
pub(crate) struct File {
    /// What all environments share.
    pub(crate) project: Project,
    /// The workflows that `oleoduto ci generate` writes.
    #[serde(default)]
    pub(crate) ci: Workflows,
    /// The environments by name; `--env NAME` chooses.
    #[serde(default)]
    pub(crate) env: BTreeMap<EnvironmentName, Environment>,
}

/// What all environments share.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// The first part of every name.
    pub(crate) name: ProjectName,
    /// Ipeadata code of the main series: it stands in names and is forecast.
    pub(crate) series: SeriesCode,
}

/// The workflows that `oleoduto ci generate` writes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Workflows {
    /// The repository on GitHub, OWNER/NAME: with it the stack `cicd` gives its workflows roles.
    pub(crate) repository: Option<RepositoryText>,
    /// The branch that is deployed.
    pub(crate) branch: BranchText,
    /// When drift is looked for: a cron of five fields, in UTC.
    pub(crate) drift: CronText,
}

/// One environment: an account, or a part of one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Environment {
    /// AWS account id; without it that of the credentials (STS).
    pub(crate) account: Option<AccountId>,
    /// AWS region; without it AWS_REGION.
    pub(crate) region: Option<Region>,
    /// Whether `destroy` may delete data and images.
    pub(crate) disposable: bool,
    /// Ipeadata codes that the pipeline handles beside `project.series`, which names things and is forecast.
    pub(crate) additional_series: AdditionalSeries,
    /// Tags of everything, at most 45.
    pub(crate) tags: Tags,
    /// How big the machines are.
    pub(crate) sizes: Sizes,
    /// When the pipeline starts by itself; never without it.
    pub(crate) schedule: Option<Schedule>,
    /// How long things are kept.
    pub(crate) retention: Retention,
    /// Who is told when an execution does not succeed; nobody without it.
    pub(crate) alarms: Option<Alarms>,
    /// Where each training run is recorded by MLflow; nowhere without it.
    pub(crate) mlflow: Option<Mlflow>,
    /// Where Terraform's states are.
    pub(crate) backend: Backend,
    /// Workflows deploy this environment; a person does without it.
    pub(crate) ci: Option<Ci>,
}

/// Where Terraform's states are.
// Not an enum with a tag: serde would keep such a table aside, and a mistake in it would lose its line.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend(
    "if" = {"properties": {"type": {"const": "s3"}}, "required": ["type"]},
    "else" = {"maxProperties": 1, "propertyNames": {"const": "type"}},
))]
pub(crate) struct Backend {
    /// `local`: files in `states/`, beside this file. `s3`: objects in a bucket that `oleoduto backend up` makes.
    pub(crate) r#type: BackendType,
    /// The bucket; without it PROJECT-tfstate-ACCOUNT-REGION.
    pub(crate) bucket: Option<BucketText>,
    /// A KMS key that encrypts the states; S3's own without it.
    pub(crate) kms_key_id: Option<KmsKey>,
    /// A role that reaches the bucket.
    pub(crate) role_arn: Option<RoleText>,
    /// A profile of the AWS configuration that reaches the bucket.
    pub(crate) profile: Option<Profile>,
    /// A DynamoDB table that locks, for Terraform before 1.10; without it S3 itself locks.
    pub(crate) dynamodb_table: Option<TableText>,
}

/// A kind of backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackendType {
    /// Files in `states/`.
    #[default]
    Local,
    /// Objects in a bucket.
    S3,
}

impl Backend {
    /// The first key that only a bucket has.
    pub(crate) fn key_of_s3(&self) -> Option<&'static str> {
        let keys = [
            ("bucket", self.bucket.is_some()),
            ("kms_key_id", self.kms_key_id.is_some()),
            ("role_arn", self.role_arn.is_some()),
            ("profile", self.profile.is_some()),
            ("dynamodb_table", self.dynamodb_table.is_some()),
        ];
        keys.into_iter().find_map(|(key, given)| given.then_some(key))
    }
}

/// The file's JSON Schema, for editors.
pub(crate) fn schema() -> schemars::Schema {
    schemars::schema_for!(File)
}

/// The bucket of states without `bucket`.
pub(crate) fn default_bucket(project: &ProjectName, account: &str, region: &str) -> String {
    format!("{project}-tfstate-{account}-{region}")
}
