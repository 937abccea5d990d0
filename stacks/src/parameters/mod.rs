//! The values of `oleoduto.toml`. Each is checked when it is parsed, so that an error has its line.

mod bounds;
mod environment;
mod monitoring;
mod newtypes;
mod pauses;
mod place;
mod protecting;
mod running;
mod security;
mod series;
mod tags;
mod timezone;
mod training;
mod watching;

pub use environment::{
    Approval, Backend, BackendType, Ci, Credentials, Environment, GlueWorker, IdentityProvider, Mlflow, Retention, Schedule,
    Sizes, TrackingServer,
};
pub use monitoring::{Alarms, LogLevel, Monitoring, Recipient};
pub use newtypes::{
    AccountId, Branch, CandidateName, Cron, DataKey, Email, EnvironmentName, InstanceType, KmsKey, LockTableName, LogBucketName,
    Profile, ProjectName, Region, Repository, ScheduleExpression, SecurityGroupId, SeriesCode, StateBucketName, StateRoleArn,
    SubnetId, Timezone, TopicArn, TrackingUri,
};
pub use place::READ as REGIONS_READ;
pub use running::{Hook, HookTime, HookVerb, Retry};
pub use security::{Network, Security};
pub use series::AdditionalSeries;
pub(crate) use series::check_codes;
pub use tags::Tags;
pub use training::Training;
pub use watching::KeyMistake;
