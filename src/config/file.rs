//! The top level of `oleoduto.toml`.

use std::collections::BTreeMap;

use oleoduto_stacks::parameters::{
    AccountId, Branch, Cron, Environment, EnvironmentName, ProjectName, Region, Repository, SeriesCode, StateBucketName,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The file's name; it is in the project's root.
pub(crate) const NAME: &str = "oleoduto.toml";

/// The parameters of the pipeline. Flags and environment variables override this file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "oleoduto.toml")]
pub(crate) struct File {
    /// Values that all environments share.
    pub(crate) project: Project,
    /// The workflows that `oleoduto ci generate` writes.
    #[serde(default)]
    pub(crate) ci: Workflows,
    /// The environments by name; `--env NAME` chooses.
    #[serde(default)]
    pub(crate) env: BTreeMap<EnvironmentName, Environment>,
}

/// Values that all environments share.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// The first part of every name.
    pub(crate) name: ProjectName,
    /// Ipeadata code of the main series: resource names contain it, and it is forecast.
    pub(crate) series: SeriesCode,
}

/// The workflows that `oleoduto ci generate` writes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Workflows {
    /// The repository on GitHub, OWNER/NAME, whose workflows may assume roles that the stack `cicd` creates.
    pub(crate) repository: Option<Repository>,
    /// The branch to deploy.
    pub(crate) branch: Branch,
    /// When the workflow looks for drift: a cron of five fields, in UTC.
    pub(crate) drift: Cron,
}

/// The file's JSON Schema, for editors.
pub(crate) fn schema() -> schemars::Schema {
    schemars::schema_for!(File)
}

/// The bucket of states if `bucket` is not given.
pub(crate) fn default_bucket(project: &ProjectName, account: &AccountId, region: &Region) -> Result<StateBucketName, String> {
    StateBucketName::try_from(default_bucket_name(project, account, region))
}

/// Its name, also if the account or the region is still unknown.
pub(crate) fn default_bucket_name(project: &ProjectName, account: &str, region: &str) -> String {
    format!("{project}-tfstate-{account}-{region}")
}
