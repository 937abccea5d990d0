//! The values of `oleoduto.toml`. Each is checked when it is parsed, so that an error has its line.

mod bounds;
mod environment;
mod monitoring;
mod newtypes;
mod pauses;
mod running;
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
    AccountId, Branch, CandidateName, Cron, Email, EnvironmentName, InstanceType, KmsKey, LockTableName, Profile, ProjectName,
    Region, Repository, ScheduleExpression, SeriesCode, StateBucketName, StateRoleArn, Timezone, TopicArn, TrackingUri,
};
pub use running::{Hook, HookTime, HookVerb, Retry};
pub use series::AdditionalSeries;
pub use tags::Tags;
pub use training::Training;
pub use watching::KeyMistake;
