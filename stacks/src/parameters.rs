//! The parameters that a person writes: each is checked when it is read, so that the error has its line.

use std::collections::BTreeMap;

use oleoduto_aws::types::{RetentionDays, ScheduleExpression};
use oleoduto_cdk::StringLike;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A text that is checked when it is read.
macro_rules! checked {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}

fn fail(text: &str, why: &str) -> Result<(), String> {
    Err(format!("`{text}` can't be used: {why}"))
}

fn of_chars(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

checked!(
    /// The first part of every name: lower-case letters, digits and `-`.
    ProjectName,
    "^[a-z][a-z0-9-]*$",
    |text| match of_chars(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && text.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => Ok(()),
        false => fail(text, "use lower-case letters, digits and `-`, a letter first"),
    }
);
checked!(
    /// An environment: lower-case letters and digits. Without `-`: in `PROJECT-ENVIRONMENT-SERIES-...` it is then plain
    /// where it ends, and two pairs of environment and series never make the same name.
    EnvironmentName,
    "^[a-z][a-z0-9]*$",
    |text| match of_chars(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit()) && text.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => Ok(()),
        false => fail(text, "an environment's name holds lower-case letters and digits, a letter first (no `-`)"),
    }
);
checked!(
    /// An Ipeadata code: capital letters, digits and `_`. Names hold it in lower case: two codes that differ in case only
    /// would meet there.
    SeriesCode,
    "^[A-Z0-9_]+$",
    |text| match of_chars(text, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
        true => Ok(()),
        false => fail(text, "an Ipeadata code holds capital letters, digits and `_`, as in EIA366_PBRENT366"),
    }
);
checked!(
    /// An AWS account id.
    AccountId,
    "^[0-9]{12}$",
    |text| match text.len() == 12 && of_chars(text, |c| c.is_ascii_digit()) {
        true => Ok(()),
        false => fail(text, "an AWS account id has 12 digits, in quotes"),
    }
);
checked!(
    /// An AWS region.
    Region,
    "^[a-z]{2,}(-[a-z]+)+-[0-9]+$",
    |text| {
        let parts: Vec<_> = text.split('-').collect();
        let digits = parts.last().is_some_and(|last| of_chars(last, |c| c.is_ascii_digit()));
        let words = parts.iter().rev().skip(1).all(|word| of_chars(word, |c| c.is_ascii_lowercase()));
        if parts.len() >= 3 && digits && words { Ok(()) } else { fail(text, "a region looks like sa-east-1") }
    }
);
checked!(
    /// A SageMaker instance type.
    InstanceType,
    "^ml\\.[a-z0-9-]+\\.[a-z0-9]+$",
    |text| {
        let parts: Vec<_> = text.split('.').collect();
        let word = |word: &str| of_chars(word, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        match parts.as_slice() {
            ["ml", family, size] if word(family) && word(size) => Ok(()),
            _ => fail(text, "a SageMaker instance type looks like ml.m5.large"),
        }
    }
);
checked!(
    /// When the pipeline starts: `cron(...)`, `rate(...)` or `at(...)`.
    ScheduleText,
    "^(cron|rate|at)\\(.+\\)$",
    ScheduleExpression::check
);
checked!(
    /// An IANA time zone.
    Timezone,
    "^[A-Za-z0-9+_/-]+$",
    |text| match jiff::tz::TimeZone::get(text) {
        Ok(_) => Ok(()),
        Err(_) => fail(text, "it is no IANA time zone; one looks like America/Sao_Paulo"),
    }
);
checked!(
    /// An e-mail address.
    Email,
    "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$",
    |text| match text.split_once('@') {
        Some((user, host))
            if !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
                && !host.contains('@') && !text.contains(char::is_whitespace) => Ok(()),
        _ => fail(text, "an e-mail address looks like name@example.org"),
    }
);

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
        let instance = InstanceType("ml.m5.large".to_owned());
        Self {
            glue_worker_type: GlueWorker::G1X,
            glue_workers: 2,
            training_instance: instance.clone(),
            forecast_instance: instance,
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

/// When the pipeline starts by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// `cron(0 9 ? * MON-FRI *)`, `rate(1 day)` or `at(2026-01-31T12:00:00)`.
    pub expression: ScheduleText,
    /// The time zone of the expression.
    #[serde(default = "utc")]
    pub timezone: Timezone,
}

fn utc() -> Timezone {
    Timezone("UTC".to_owned())
}

/// How long things are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days of logs; CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731, 1827, 3653 and 0 (for ever).
    #[serde(deserialize_with = "log_days")]
    pub log_days: u32,
    /// Images kept in the repository.
    #[serde(deserialize_with = "images")]
    #[schemars(range(min = 1, max = 1000))]
    pub images: u32,
    /// Days that overwritten and deleted versions in the data bucket are kept; without it for ever. The provider waits
    /// about a minute when this rule is made.
    #[serde(deserialize_with = "noncurrent_days", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 36500))]
    pub noncurrent_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { log_days: 30, images: 20, noncurrent_days: None }
    }
}

/// Who is told when an execution does not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarms {
    /// It gets a mail to confirm first.
    pub email: Email,
}

/// What an environment may say beside account, region and backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// The user's own tags.
    pub tags: Tags,
    /// How big the machines are.
    pub sizes: Sizes,
    /// When the pipeline starts by itself; never without it.
    pub schedule: Option<Schedule>,
    /// How long things are kept.
    pub retention: Retention,
    /// Who is told of failures; nobody without it.
    pub alarms: Option<Alarms>,
}

/// The user's own tags, beside `Environment`, `ManagedBy`, `Project`, `Series` and `Stack`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Tags(BTreeMap<String, String>);

/// Our own tags.
const OWN_TAGS: [&str; 5] = ["Environment", "ManagedBy", "Project", "Series", "Stack"];

impl Tags {
    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = String;

    // Limits: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, String> {
        for (key, value) in &tags {
            let why = match () {
                () if key.is_empty() || key.chars().count() > 128 => "a key has 1 to 128 characters",
                () if value.chars().count() > 256 => "a value has at most 256 characters",
                () if key.to_ascii_lowercase().starts_with("aws:") => "keys that begin with `aws:` are AWS's own",
                () if OWN_TAGS.contains(&key.as_str()) => "Oleoduto sets this one itself",
                () => continue,
            };
            return Err(format!("the tag `{key}` can't be used: {why}"));
        }
        // Everything takes 50 tags, but an S3 object 10.
        if tags.len() > 10 - OWN_TAGS.len() {
            return Err(format!("{} tags are too many: an S3 object takes 10, {} are Oleoduto's", tags.len(), OWN_TAGS.len()));
        }
        Ok(Self(tags))
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}
