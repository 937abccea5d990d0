//! What the roles of workflows may do with the resources of each stack.

use std::collections::BTreeSet;

use crate::support::actions::actions;
use crate::support::names::Names;
use crate::support::stack_name::StackName;

/// Actions of one service on the resources of a stack, as words.
struct Permissions {
    service: &'static str,
    /// What Terraform needs to refresh the state.
    read: &'static str,
    /// What it needs in addition to create, change and destroy.
    write: &'static str,
}

/// What Terraform needs to refresh the state of subscriptions and alarms, and AWS judges on no narrower resource.
pub(super) const READ_ANY: [&str; 2] = ["cloudwatch:DescribeAlarms", "sns:GetSubscriptionAttributes"];
/// What creates and destroys resources, and AWS judges on no narrower resource.
pub(super) const WRITE_ANY: [&str; 2] = ["glue:CreateDataQualityRuleset", "sns:Unsubscribe"];

const GLUE: Permissions = Permissions {
    service: "glue",
    read: "GetDataQualityRuleset GetDatabase GetJob GetPartitionIndexes GetTable GetTags",
    write: "DeleteDataQualityRuleset UpdateDataQualityRuleset CreateDatabase DeleteDatabase UpdateDatabase CreateJob DeleteJob \
            UpdateJob CreateTable DeleteTable UpdateTable TagResource UntagResource",
};

const ECR: Permissions = Permissions {
    service: "ecr",
    read: "DescribeImageScanFindings DescribeImages DescribeRepositories GetLifecyclePolicy ListTagsForResource",
    write: "BatchCheckLayerAvailability BatchDeleteImage BatchGetImage CompleteLayerUpload GetDownloadUrlForLayer \
            InitiateLayerUpload ListImages PutImage UploadLayerPart CreateRepository DeleteRepository DeleteLifecyclePolicy \
            PutLifecyclePolicy PutImageScanningConfiguration PutImageTagMutability TagResource UntagResource",
};

const LAMBDA: Permissions = Permissions {
    service: "lambda",
    read: "GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration GetPolicy ListVersionsByFunction",
    write: "AddPermission CreateFunction DeleteFunction RemovePermission TagResource UntagResource UpdateFunctionCode \
            UpdateFunctionConfiguration",
};

const LOG_GROUPS: Permissions = Permissions {
    service: "logs",
    read: "ListTagsForResource",
    write: "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy TagResource UntagResource",
};

const TRACKING_SERVER: Permissions = Permissions {
    service: "sagemaker",
    read: "DescribeMlflowTrackingServer ListTags",
    write: "AddTags CreateMlflowTrackingServer DeleteMlflowTrackingServer DeleteTags UpdateMlflowTrackingServer",
};

const MODELS: Permissions = Permissions {
    service: "sagemaker",
    read: "DescribeModelPackageGroup ListTags",
    write: "AddTags CreateModelPackageGroup DeleteModelPackageGroup DeleteTags",
};

const MACHINE: Permissions = Permissions {
    service: "states",
    read: "DescribeStateMachine ListStateMachineVersions ListTagsForResource",
    write: "CreateStateMachine DeleteStateMachine TagResource UntagResource UpdateStateMachine",
};

const SCHEDULE: Permissions =
    Permissions { service: "scheduler", read: "GetSchedule", write: "CreateSchedule DeleteSchedule UpdateSchedule" };

const TOPIC: Permissions = Permissions {
    service: "sns",
    read: "GetTopicAttributes ListTagsForResource",
    write: "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource",
};

const ALARMS: Permissions = Permissions {
    service: "cloudwatch",
    read: "ListTagsForResource",
    write: "DeleteAlarms PutMetricAlarm TagResource UntagResource",
};

/// The actions on the resources of a stack, whose resources are in [`resources`].
fn permissions(stack: StackName) -> &'static [Permissions] {
    match stack {
        // The data bucket has statements of its own, and so do roles. A person applies `cicd`.
        StackName::S3 | StackName::Iam | StackName::Cicd => &[],
        StackName::Glue => &[GLUE],
        StackName::Ecr => &[ECR],
        StackName::Lambda => &[LAMBDA, LOG_GROUPS],
        StackName::Mlflow => &[TRACKING_SERVER],
        StackName::Stepfunctions => &[MACHINE, LOG_GROUPS, MODELS, SCHEDULE, TOPIC, ALARMS],
    }
}

/// The actions that read the resources of all stacks.
pub(super) fn read() -> BTreeSet<String> {
    all(|permissions| permissions.read)
}

/// The actions that change the resources of all stacks.
pub(super) fn write() -> BTreeSet<String> {
    all(|permissions| permissions.write)
}

fn all(words: impl Fn(&Permissions) -> &'static str) -> BTreeSet<String> {
    let permissions = StackName::ALL.into_iter().flat_map(permissions);
    permissions.flat_map(|permissions| actions(permissions.service, words(permissions))).collect()
}

/// The resource that only deleting a database needs beside the [`resources`]: AWS judges it on everything in the database.
pub(super) fn functions(names: &Names) -> (&'static str, String) {
    ("glue", format!("userDefinedFunction/{}/*", names.database()))
}

/// The resources of all stacks, without buckets and roles: a service, and the last part of the ARN.
pub(super) fn resources(names: &Names) -> Vec<(&'static str, String)> {
    let (any, database) = (names.any(), names.database());
    vec![
        ("glue", format!("job/{any}")),
        ("glue", "catalog".to_owned()),
        ("glue", format!("database/{database}")),
        ("glue", format!("table/{database}/*")),
        ("glue", format!("dataQualityRuleset/{any}")),
        ("lambda", format!("function:{any}")),
        ("states", format!("stateMachine:{any}")),
        ("ecr", format!("repository/{any}")),
        ("sagemaker", format!("mlflow-tracking-server/{any}")),
        ("sagemaker", format!("model-package-group/{any}")),
        ("sns", any.clone()),
        ("cloudwatch", format!("alarm:{any}")),
        ("scheduler", format!("schedule/default/{any}")),
        ("logs", format!("log-group:{}", Names::pipeline_logs(&any))),
        ("logs", format!("log-group:{}", Names::function_logs(&any))),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn every_action_has_a_resource_of_its_service() {
        let rows = resources(&Names::new(&"oleoduto".parse().unwrap(), &"dev".parse().unwrap(), &"A".parse().unwrap()));
        for stack in StackName::ALL {
            for Permissions { service, .. } in permissions(stack) {
                assert!(rows.iter().any(|(known, _)| known == service), "{stack}: `{service}` has no resource");
            }
        }
    }
}
