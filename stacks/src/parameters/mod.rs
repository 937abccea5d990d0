//! The parameters that a person writes: each is checked when it is read, so that the error has its line.

mod sections;
mod series;
mod tags;
mod words;

pub use sections::{Alarms, Ci, Credentials, GlueWorker, IdentityProvider, Mlflow, Retention, Schedule, Sizes, TrackingServer};
pub use series::AdditionalSeries;
pub use tags::{MAX_TAGS, Tags};
pub use words::{
    AccountId, BranchText, BucketText, CronText, Email, EnvironmentName, InstanceType, KmsKey, Profile, ProjectName, Region,
    RepositoryText, RoleText, ScheduleText, SeriesCode, TableText, Timezone, TrackingUri,
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
    /// Where training runs are recorded; nowhere without it.
    pub mlflow: Option<Mlflow>,
    /// Whose workflows get roles here, without keys; nobody's without it.
    pub cicd: Option<Cicd>,
}

/// The workflows that may take roles of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cicd {
    /// Their repository.
    pub repository: RepositoryText,
    /// Whether the account knows GitHub already.
    pub provider: IdentityProvider,
}
