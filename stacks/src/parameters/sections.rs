//! The tables of an environment: sizes, schedule, retention, alarms.

use oleoduto_aws::types::RetentionDays;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::words::{Email, InstanceType, ScheduleText, Timezone, TrackingUri};

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

/// How big the machines are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sizes {
    /// Type of the Glue workers.
    pub glue_worker_type: GlueWorker,
    /// Number of Glue workers, 2 to 299.
    #[serde(deserialize_with = "glue_workers")]
    #[schemars(range(min = 2, max = 299))]
    pub glue_workers: u32,
    /// Instance that trains.
    pub training_instance: InstanceType,
    /// Instance that forecasts.
    pub forecast_instance: InstanceType,
    /// Memory of the Lambda function, MB, 128 to 10240.
    #[serde(deserialize_with = "lambda_memory")]
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
            lambda_memory_mb: 128,
        }
    }
}

/// A whole number within bounds.
fn within<'de, D: serde::Deserializer<'de>>(from: D, what: &str, low: u32, high: u32) -> Result<u32, D::Error> {
    let value = u32::deserialize(from)?;
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(serde::de::Error::custom(format!("{value} can't be used: {what} is {low} to {high}")))
}

fn glue_workers<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(from, "the number of Glue workers", 2, 299)
}

fn lambda_memory<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(from, "the memory of a function", 128, 10240)
}

fn images<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(from, "the number of images kept", 1, 1000)
}

fn noncurrent_days<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    within(from, "the age of old versions in days", 1, 36500).map(Some)
}

fn log_days<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(from)?;
    if RetentionDays::of_days(days).is_some() {
        return Ok(days);
    }
    let known = RetentionDays::known().map(|days| days.to_string()).collect::<Vec<_>>().join(", ");
    Err(serde::de::Error::custom(format!("{days} can't be used: CloudWatch keeps logs for {known} days (0: for ever)")))
}

fn log_days_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer", "enum": RetentionDays::known().collect::<Vec<_>>()})
}

/// When the pipeline starts by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// `cron(0 9 ? * MON-FRI *)`, `rate(1 day)` or `at(2026-01-31T12:00:00)`.
    pub expression: ScheduleText,
    /// The time zone of the expression.
    #[serde(default)]
    pub timezone: Timezone,
}

/// How long things are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days that the logs of the function and of the state machine are kept, as CloudWatch knows them; 0 is for ever.
    #[serde(deserialize_with = "log_days")]
    #[schemars(schema_with = "log_days_schema")]
    pub log_days: u32,
    /// Images kept in the repository.
    #[serde(deserialize_with = "images")]
    #[schemars(range(min = 1, max = 1000))]
    pub images: u32,
    /// Days that overwritten and deleted versions in the data bucket are kept; without it for ever. The provider waits
    /// about a minute when this rule is made.
    #[serde(deserialize_with = "noncurrent_days")]
    #[schemars(range(min = 1, max = 36500))]
    pub noncurrent_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { log_days: 30, images: 20, noncurrent_days: None }
    }
}

/// Who is told when an execution does not succeed, or its forecasts are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarms {
    /// It gets a mail to confirm first.
    pub email: Email,
}

/// Where each training run is recorded by MLflow. With neither key it is a SQLite file that is kept in the data bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("maxProperties" = 1))]
pub struct Mlflow {
    /// Size of a tracking server of SageMaker that the stack `mlflow` makes; it costs by the hour for as long as it is there.
    pub server: Option<TrackingServer>,
    /// A tracking server that there is already: http(s)://..., or the ARN of one of SageMaker.
    pub tracking_uri: Option<TrackingUri>,
}

/// How big a tracking server of SageMaker is.
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
    /// As AWS says it.
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
    /// What the workflows show AWS.
    pub credentials: Credentials,
    /// Whether the account's identity provider for GitHub is made here.
    pub provider: IdentityProvider,
}

/// What workflows show AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Credentials {
    /// GitHub's word for who they are, for which AWS gives them a role for an hour.
    #[default]
    Oidc,
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, secrets of the GitHub environments.
    Keys,
}

/// The identity provider for GitHub; an account has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdentityProvider {
    /// Make it.
    #[default]
    Create,
    /// The account has it: another environment or series made it.
    Existing,
}
