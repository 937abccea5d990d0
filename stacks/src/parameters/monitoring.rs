//! What is recorded of the pipeline, and who is told when something is wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::bounds::within;
use super::newtypes::{Email, TopicArn};

/// The longest time that CloudWatch looks back, days.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>.
pub(super) const MAX_DAYS: u32 = 7;

/// Who is told when something is wrong, and when something is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("oneOf" = [{"required": ["email"]}, {"required": ["topic"]}]))]
pub struct Alarms {
    /// The address, which has to confirm the subscription first.
    pub email: Option<Email>,
    /// The ARN of an existing topic of SNS, instead of an address.
    pub topic: Option<TopicArn>,
    /// Days without a successful execution after which the schedule counts as broken, 1 to 7 [default: one more than the
    /// longest pause of the schedule].
    #[serde(deserialize_with = "days")]
    #[schemars(range(min = 1, max = 7))]
    pub no_success_days: Option<u32>,
    /// US$ that the account may cost in a month [default: no budget].
    #[serde(deserialize_with = "within::<_, _, 1, 1_000_000>")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub budget: Option<u32>,
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    within::<_, _, 1, MAX_DAYS>(from)
}

/// Who gets the messages of the alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// An address, by a topic of the stack `monitoring`.
    Email(&'a Email),
    /// The subscribers of a topic that exists.
    Topic(&'a TopicArn),
}

impl Alarms {
    /// Who gets the messages; `None` if the section names nobody, which is a mistake.
    pub fn recipient(&self) -> Option<Recipient<'_>> {
        self.topic.as_ref().map(Recipient::Topic).or(self.email.as_ref().map(Recipient::Email))
    }
}

/// What is recorded of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Monitoring {
    /// Whether there is a dashboard in CloudWatch; an account has three without cost.
    pub dashboard: bool,
    /// Which events of the state machine are logged.
    pub log_level: LogLevel,
    /// Whether executions and the function are traced in X-Ray.
    pub tracing: bool,
    /// Minutes that an execution takes at most, 1 to 360: a longer one raises an alarm, and the schedule may not start them
    /// more often.
    #[serde(deserialize_with = "within::<_, _, 1, 360>")]
    #[schemars(range(min = 1, max = 360))]
    pub execution_minutes: u32,
}

impl Default for Monitoring {
    fn default() -> Self {
        Self { dashboard: true, log_level: LogLevel::All, tracing: false, execution_minutes: 60 }
    }
}

/// Which events of the state machine are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LogLevel {
    /// Every event, with its data. The dashboard's durations of states are made of these.
    #[default]
    #[serde(rename = "ALL")]
    All,
    /// Errors.
    #[serde(rename = "ERROR")]
    Error,
    /// Errors that end an execution.
    #[serde(rename = "FATAL")]
    Fatal,
    /// Nothing.
    #[serde(rename = "OFF")]
    Off,
}

impl LogLevel {
    /// The level as the API of Step Functions writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            Self::Off => "OFF",
        }
    }
}
