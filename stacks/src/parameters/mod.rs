//! The parameters that a person writes: each is checked when it is read, so that the error has its line.

mod sections;
mod series;
mod tags;
mod words;

pub use sections::{Alarms, GlueWorker, Retention, Schedule, Sizes};
pub use series::AdditionalSeries;
pub use tags::{MAX_TAGS, Tags};
pub use words::{
    AccountId, BucketText, Email, EnvironmentName, InstanceType, KmsKey, Profile, ProjectName, Region, RoleText, ScheduleText,
    SeriesCode, TableText, Timezone,
};

/// What an environment may say beside account, region and backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Codes that the pipeline handles beside the main one.
    pub additional_series: AdditionalSeries,
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
