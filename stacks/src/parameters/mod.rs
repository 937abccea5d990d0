//! The values of `oleoduto.toml`. Each is checked when it is parsed, so that an error has its line.

mod environment;
mod newtypes;
mod series;
mod tags;
mod timezone;

pub use environment::{
    Alarms, Approval, Backend, BackendType, Ci, Credentials, Environment, GlueWorker, IdentityProvider, Mlflow, Retention,
    Schedule, Sizes, TrackingServer,
};
pub use newtypes::{
    AccountId, Branch, Cron, Email, EnvironmentName, InstanceType, KmsKey, LockTableName, Profile, ProjectName, Region,
    Repository, ScheduleExpression, SeriesCode, StateBucketName, StateRoleArn, Timezone, TrackingUri,
};
pub use series::AdditionalSeries;
pub use tags::Tags;
