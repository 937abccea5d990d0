//! One environment of `oleoduto.toml`: the keys of `[env.NAME]` and of its tables.

use oleoduto_aws::types::RetentionDays;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::bounds::within;
use super::monitoring::{Alarms, Monitoring};
use super::newtypes::{
    AccountId, InstanceType, KmsKey, LockTableName, Profile, Region, ScheduleExpression, StateBucketName, StateRoleArn, Timezone,
    TrackingUri,
};
use super::running::{Hook, Retry};
use super::security::{Network, Security};
use super::series::AdditionalSeries;
use super::tags::Tags;
use super::training::Training;

/// One environment: an account, or a part of one.
// The account, the region and the backend are as written: `Settings` has the ones in effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// AWS account id [default: the account of the credentials, from STS].
    pub account: Option<AccountId>,
    /// AWS region [default: AWS_REGION].
    pub region: Option<Region>,
    /// Whether `destroy` may delete data and images.
    pub disposable: bool,
    /// Ipeadata codes that the pipeline loads and forecasts besides `project.series`, which resource names contain: a list, or
    /// the path of a file with one code a line.
    pub additional_series: AdditionalSeries,
    /// Tags of every resource, at most 45.
    pub tags: Tags,
    /// Sizes of the machines.
    pub sizes: Sizes,
    /// What the training job is told.
    pub training: Training,
    /// When the pipeline starts by itself [default: never].
    pub schedule: Option<Schedule>,
    /// How long logs, images and data are kept.
    pub retention: Retention,
    /// Who is told when something is wrong, and when something is [default: nobody].
    pub alarms: Option<Alarms>,
    /// What is recorded of the pipeline [default: logs and metrics, without a dashboard].
    pub monitoring: Option<Monitoring>,
    /// What protects the data besides the defaults.
    pub security: Security,
    /// The network of jobs and function [default: none of the account's].
    pub network: Option<Network>,
    /// Where MLflow records each training run [default: nowhere].
    pub mlflow: Option<Mlflow>,
    /// Where Terraform states are stored.
    pub backend: Backend,
    /// How often the work on a stack is tried again after errors that pass by themselves.
    pub retry: Retry,
    /// Commands before and after the work on a stack [default: none].
    pub hooks: Vec<Hook>,
    /// How workflows deploy this environment [default: they do not].
    pub ci: Option<Ci>,
}

/// Where Terraform states are stored.
// Not an enum with a tag: serde would buffer such a table, and a mistake in it would lose its line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend(
    "if" = {"properties": {"type": {"const": "s3"}}, "required": ["type"]},
    "else" = {"maxProperties": 1, "propertyNames": {"const": "type"}},
))]
pub struct Backend {
    /// `local`: files in `states/`, beside this file. `s3`: objects in a bucket that `oleoduto backend up` creates.
    pub r#type: BackendType,
    /// The bucket [default: PROJECT-tfstate-ACCOUNT-REGION].
    pub bucket: Option<StateBucketName>,
    /// The KMS key that encrypts the states [default: S3's own key].
    pub kms_key_id: Option<KmsKey>,
    /// The role that reads and writes the bucket.
    pub role_arn: Option<StateRoleArn>,
    /// The profile of the AWS configuration that reads and writes the bucket.
    pub profile: Option<Profile>,
    /// The DynamoDB table that locks, for Terraform before 1.10 [default: S3 locks].
    pub dynamodb_table: Option<LockTableName>,
}

/// A kind of backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BackendType {
    /// Files in `states/`.
    #[default]
    Local,
    /// Objects in a bucket.
    S3,
}

impl Backend {
    /// The first key that applies to a bucket only.
    pub fn key_of_s3(&self) -> Option<&'static str> {
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

/// A Glue worker type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GlueWorker {
    /// 4 vCPU, 16 GB.
    #[serde(rename = "G.1X")]
    G1X,
    /// 8 vCPU, 32 GB.
    #[serde(rename = "G.2X")]
    G2X,
    /// 16 vCPU, 64 GB.
    #[serde(rename = "G.4X")]
    G4X,
    /// 32 vCPU, 128 GB.
    #[serde(rename = "G.8X")]
    G8X,
}

impl GlueWorker {
    /// Data processing units of one worker, by which Glue bills.
    pub fn units(self) -> u32 {
        match self {
            Self::G1X => 1,
            Self::G2X => 2,
            Self::G4X => 4,
            Self::G8X => 8,
        }
    }
}

/// Sizes of the machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sizes {
    /// Type of the Glue workers.
    pub glue_worker_type: GlueWorker,
    /// Number of Glue workers, 2 to 299.
    #[serde(deserialize_with = "within::<_, _, 2, 299>")]
    #[schemars(range(min = 2, max = 299))]
    pub glue_workers: u32,
    /// Instance type of the training job.
    pub training_instance: InstanceType,
    /// Instance type of the forecast job.
    pub forecast_instance: InstanceType,
    /// Whether the training job runs on spot capacity, which costs less and may be interrupted.
    pub spot: bool,
    /// Memory of the Lambda function, MB, 128 to 10240.
    #[serde(deserialize_with = "within::<_, _, 128, 10240>")]
    #[schemars(range(min = 128, max = 10240))]
    pub lambda_memory_mb: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            glue_worker_type: GlueWorker::G1X,
            glue_workers: 2,
            training_instance: InstanceType::default(),
            forecast_instance: InstanceType::default(),
            spot: true,
            lambda_memory_mb: 128,
        }
    }
}

fn log_days<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(from)?;
    if RetentionDays::of_days(days).is_some() {
        return Ok(days);
    }
    let known = RetentionDays::known().map(|days| days.to_string()).collect::<Vec<_>>().join(", ");
    Err(D::Error::custom(format!("{days} can't be used: CloudWatch keeps logs for {known} days (0: forever)")))
}

fn log_days_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer", "enum": RetentionDays::known().collect::<Vec<_>>()})
}

/// When the pipeline starts by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// `cron(0 9 ? * MON-FRI *)`, `rate(1 day)` or `at(2026-01-31T12:00:00)`.
    pub expression: ScheduleExpression,
    /// The time zone of the expression.
    #[serde(default)]
    pub timezone: Timezone,
}

/// How long logs, images and data are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days that the logs of the function, of the Glue jobs and of the state machine are kept, one of CloudWatch's values; 0 is forever.
    #[serde(deserialize_with = "log_days")]
    #[schemars(schema_with = "log_days_schema")]
    pub log_days: u32,
    /// Number of images to keep in the repository, 2 to 1000: the newest, and what to go back to. The one of this
    /// configuration is always kept.
    #[serde(deserialize_with = "within::<_, _, 2, 1000>")]
    #[schemars(range(min = 2, max = 1000))]
    pub images: u32,
    /// Days that overwritten and deleted versions in the data bucket are kept [default: forever]. The provider waits about
    /// a minute when it creates this rule.
    #[serde(deserialize_with = "within::<_, _, 1, 36500>")]
    #[schemars(range(min = 1, max = 36500))]
    pub noncurrent_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { log_days: 30, images: 20, noncurrent_days: None }
    }
}

/// Where MLflow records each training run. Without a key it is a SQLite file in the data bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("maxProperties" = 1))]
pub struct Mlflow {
    /// Size of the SageMaker tracking server that the stack `mlflow` creates; it costs by the hour while it exists.
    pub server: Option<TrackingServer>,
    /// An existing tracking server: http(s)://..., or the ARN of a SageMaker tracking server.
    pub tracking_uri: Option<TrackingUri>,
}

/// The size of a SageMaker tracking server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TrackingServer {
    /// For up to 25 users.
    Small,
    /// For up to 50.
    Medium,
    /// For up to 100.
    Large,
}

impl TrackingServer {
    /// The size as the AWS API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "Small",
            Self::Medium => "Medium",
            Self::Large => "Large",
        }
    }
}

/// How workflows deploy an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ci {
    /// How the workflows authenticate to AWS.
    pub credentials: Credentials,
    /// Whether this environment creates the account's identity provider for GitHub.
    pub provider: IdentityProvider,
    /// Whether workflows refuse GitHub environments that nothing protects.
    pub approval: Approval,
}

/// Whether workflows refuse GitHub environments that nothing protects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// The environment needs reviewers, and the one with the role that applies needs rules.
    #[default]
    Required,
    /// Whatever GitHub does with the environments: some repositories can't have rules.
    None,
}

/// How workflows authenticate to AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Credentials {
    /// With a token of GitHub, in exchange for which they assume a role for an hour.
    #[default]
    Oidc,
    /// With AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, secrets of the GitHub environments.
    Keys,
}

/// The identity provider for GitHub; an account has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdentityProvider {
    /// Create it.
    #[default]
    Create,
    /// Use the existing one, which another environment or series created.
    Existing,
}
