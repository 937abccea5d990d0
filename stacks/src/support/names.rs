//! Every name of a pipeline's resources: nothing else puts one together.

use std::fmt::Display;

use oleoduto_aws::lookups::Lookups;
use oleoduto_aws::types::PolicyArn;
use oleoduto_cdk::{StringLike, Val, text};

use super::folders::Folder;
use super::jobs::GlueJob;
use super::listed::listed;
use crate::parameters::{AccountId, EnvironmentName, ProjectName, Region, SeriesCode};

listed!(
    /// A role that the stack `iam` creates.
    pub(crate) enum Role {
        Glue = "glue",
        Lambda = "lambda",
        /// Of the jobs: training, forecasting, monitoring.
        Sagemaker = "sagemaker",
        States = "states",
        Scheduler = "scheduler",
        /// Of the tracking server.
        Mlflow = "mlflow",
    }
);

listed!(
    /// A resource of which a pipeline has one.
    pub(crate) enum Single {
        /// The state machine, and the schedule that starts it.
        Pipeline = "pipeline",
        /// The policy that limits the roles of the pipeline.
        Boundary = "boundary",
        /// The repository of images.
        Repository = "ml",
        /// The function that decides the values of an execution.
        Function = "training-vars",
        /// The MLflow tracking server.
        TrackingServer = "tracking",
        /// The topic that alarms notify.
        Topic = "alarms",
        /// The queue of the starts that the schedule could not make.
        DeadLetters = "dead-letters",
        /// The dashboard.
        Dashboard = "dashboard",
        /// How the Glue jobs encrypt.
        Encryption = "encryption",
    }
);

impl Role {
    /// The service that assumes it, such as `glue` of `glue.amazonaws.com`.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Mlflow => Self::Sagemaker.as_str(),
            Self::Glue | Self::Lambda | Self::Sagemaker | Self::States | Self::Scheduler => self.as_str(),
        }
    }
}

/// The names of the resources of one project, environment and series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

/// Project, environment, series and region are too long together.
#[derive(Debug, thiserror::Error)]
#[error(
    "the data bucket's name {prefix}-ACCOUNT-{region} would have {length} characters, but a bucket's name has at most 63: \
     shorten the project, the environment or the series"
)]
pub struct NamesTooLong {
    prefix: String,
    region: Region,
    length: usize,
}

impl Names {
    /// The names of a project, environment and series.
    pub fn new(project: &ProjectName, environment: &EnvironmentName, series: &SeriesCode) -> Self {
        Self { prefix: format!("{project}-{environment}-{}", series.slug()) }
    }

    /// Refuse a pipeline whose names AWS would refuse. The data bucket's name has the least room: if it fits, every other
    /// name is shorter than its limit, with any account and region.
    ///
    /// # Errors
    /// The bucket's name is too long.
    pub fn check(&self, region: &Region) -> Result<(), NamesTooLong> {
        let length = self.bucket(&AccountId::placeholder(), region).len();
        if length <= 63 {
            return Ok(());
        }
        Err(NamesTooLong { prefix: self.prefix.clone(), region: region.clone(), length })
    }

    /// The first part of every name: project, environment, series.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The data bucket.
    pub fn bucket(&self, account: &AccountId, region: &Region) -> String {
        format!("{}-{account}-{region}", self.prefix)
    }

    /// The data bucket, in the account and region that Terraform looks up.
    pub(crate) fn bucket_of<T: StringLike>(&self, lookups: &Lookups) -> Val<T> {
        text![&self.prefix, "-", &lookups.account, "-", &lookups.region].into()
    }

    /// The first part of the names of the roles that workflows assume: `-plan`, `-apply` and `-backend` follow.
    pub fn ci_roles(&self) -> String {
        self.of("ci")
    }

    /// A role that a workflow assumes, by what it does.
    pub(crate) fn ci_role(&self, what: &str) -> String {
        format!("{}-{what}", self.ci_roles())
    }

    /// The ARN of that policy, which the stack `cicd` declares. A name and not a reference: a person applies that stack,
    /// before the others and apart from them.
    pub(crate) fn boundary_arn(&self, lookups: &Lookups) -> Val<PolicyArn> {
        lookups.iam_arn(format!("policy/{}", self.of(Single::Boundary)))
    }

    /// The ARN of a role of the pipeline, by its name.
    pub(crate) fn role_arn<T: StringLike>(&self, role: Role, lookups: &Lookups) -> Val<T> {
        lookups.iam_arn(format!("role/{}", self.of(role)))
    }

    /// The catalog's database, which Athena can only use without hyphens.
    pub(crate) fn database(&self) -> String {
        self.prefix.replace('-', "_")
    }

    /// The log group of a function, or of functions by a pattern.
    pub(crate) fn function_logs(function: &str) -> String {
        format!("/aws/lambda/{function}")
    }

    /// The alias of the key that the pipeline creates.
    pub(crate) fn key_alias(&self) -> String {
        format!("alias/{}", self.prefix)
    }

    /// A connection of the Glue jobs to a subnet, from 1.
    pub(crate) fn connection(&self, number: usize) -> String {
        self.of(format!("network-{number}"))
    }

    /// The first part of the names of the log groups of the Glue jobs: `/error` and `/output` follow.
    pub(crate) fn glue_logs(&self) -> String {
        format!("/aws-glue/{}", self.prefix)
    }

    /// The log group of a state machine, or of state machines by a pattern.
    pub(crate) fn pipeline_logs(pipeline: &str) -> String {
        format!("/aws/vendedlogs/states/{pipeline}")
    }

    /// The name of a resource: a single one, a role, a job, the rules of a table, an alarm.
    pub(crate) fn of(&self, what: impl Display) -> String {
        format!("{}-{what}", self.prefix)
    }

    /// The pattern of every name of the pipeline, except the bucket's and the database's. A series whose code begins with
    /// this one's has names of this pattern too.
    pub(crate) fn any(&self) -> String {
        self.of("*")
    }
}

/// The key of an entry script in the data bucket.
pub(crate) fn script_key(job: GlueJob) -> String {
    format!("{}/{}", Folder::Scripts, job.script())
}

/// The key of what pip installs for a job. With the hash in it a running job keeps the file that it started with.
pub(crate) fn requirements_key(job: GlueJob, hash: &str) -> String {
    format!("{}/{job}-{}/requirements.txt", Folder::Packages, hash.to_ascii_lowercase())
}

/// The key of the jobs package. With the hash in it a running job keeps the package that it started with.
pub(crate) fn package_key(hash: &str) -> String {
    format!("{}/oleoduto_jobs-{}.zip", Folder::Packages, hash.to_ascii_lowercase())
}

/// The key of the file of series. With the hash in it a running execution keeps the list that it started with.
pub(crate) fn series_key(hash: &str) -> String {
    format!("{}/series-{}.txt", Folder::Inbox, hash.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::support::settings::{Settings, example};

    /// With everything that an environment can ask for.
    fn settings() -> Settings {
        let parameters = serde_json::json!({
            "schedule": {"expression": "rate(1 day)"},
            "alarms": {"email": "someone@example.org", "budget": 50},
            "mlflow": {"server": "Small"},
            "security": {"kms_key": "create", "access_logs": "logs-of-the-account"},
            "network": {"subnets": ["subnet-01234567"], "security_groups": ["sg-01234567"]},
            "ci": {},
        });
        example::settings("sa-east-1", parameters)
    }

    #[test]
    fn every_name_of_the_output_is_one_of_these() {
        let names = settings().names();
        let mut known: BTreeSet<String> = [
            names.database(),
            names.key_alias(),
            names.connection(1),
            Names::function_logs(&names.of(Single::Function)),
            Names::pipeline_logs(&names.of(Single::Pipeline)),
            format!("{}/error", names.glue_logs()),
            format!("{}/output", names.glue_logs()),
        ]
        .into();
        // The attribute with the region's name depends on the provider's version: see Lookups.
        known.extend(["name", "region"].map(|attribute| {
            let account = "${data.aws_caller_identity.current.account_id}";
            format!("{}-{account}-${{data.aws_region.current.{attribute}}}", names.prefix())
        }));
        known.extend(Single::ALL.map(|single| names.of(single)));
        known.extend(Role::ALL.map(|role| names.of(role)));
        known.extend(GlueJob::ALL.map(|job| names.of(job)));
        for role in ["plan", "apply", "backend"].map(|what| names.ci_role(what)) {
            known.extend(["1", "2", "3", "keep"].map(|part| format!("{role}-{part}")));
            known.insert(role);
        }
        known.extend(["quality", "final", "raw"].map(|table| names.of(table)));
        known.extend(crate::Alarm::ALL.map(|alarm| names.of(alarm)));
        for stack in crate::app(&settings()).unwrap().synth().unwrap().stacks {
            let json: serde_json::Value = serde_json::from_str(&stack.json).unwrap();
            for (kind, resources) in json["resource"].as_object().unwrap() {
                // These are named within a role or a database.
                if ["aws_iam_role_policy", "aws_glue_catalog_table"].contains(&kind.as_str()) {
                    continue;
                }
                let attributes = resources.as_object().unwrap().values().flat_map(|resource| resource.as_object().unwrap());
                for (key, value) in attributes
                    .filter(|(key, _)| *key == "bucket" || *key == "name" || (key.ends_with("_name") && *key != "metric_name"))
                {
                    let name = value.as_str().unwrap();
                    // A reference is the name of another resource.
                    let reference = name.starts_with("${aws_") || name.starts_with("${data.terraform_remote_state");
                    assert!(reference || known.contains(name), "{}: {kind}.{key} is `{name}`", stack.name);
                }
            }
        }
    }
}
