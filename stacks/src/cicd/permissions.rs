//! What the roles of workflows may do with the resources of each stack.

use std::collections::BTreeSet;

use crate::support::names::Names;
use crate::support::stack_name::StackName;

/// Actions on the resources of one stack.
struct Permissions {
    /// What Terraform needs to refresh the state.
    read: &'static [&'static str],
    /// What it needs in addition to create, change and destroy.
    write: &'static [&'static str],
}

const GLUE: Permissions = Permissions {
    read: &["glue:GetDataQualityRuleset", "glue:GetDatabase", "glue:GetJob", "glue:GetTable", "glue:GetTags", "glue:GetTrigger"],
    write: &[
        "glue:CreateDataQualityRuleset",
        "glue:CreateDatabase",
        "glue:CreateJob",
        "glue:CreateTable",
        "glue:CreateTrigger",
        "glue:DeleteDataQualityRuleset",
        "glue:DeleteDatabase",
        "glue:DeleteJob",
        "glue:DeleteTable",
        "glue:DeleteTrigger",
        "glue:TagResource",
        "glue:UntagResource",
        "glue:UpdateDataQualityRuleset",
        "glue:UpdateDatabase",
        "glue:UpdateJob",
        "glue:UpdateTable",
        "glue:UpdateTrigger",
    ],
};

const ECR: Permissions = Permissions {
    read: &[
        "ecr:DescribeImageScanFindings",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetLifecyclePolicy",
        "ecr:ListTagsForResource",
    ],
    write: &[
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchDeleteImage",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:CreateRepository",
        "ecr:DeleteLifecyclePolicy",
        "ecr:DeleteRepository",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:ListImages",
        "ecr:PutImage",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutImageTagMutability",
        "ecr:PutLifecyclePolicy",
        "ecr:TagResource",
        "ecr:UntagResource",
        "ecr:UploadLayerPart",
    ],
};

const LAMBDA: Permissions = Permissions {
    read: &[
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy",
        "lambda:ListVersionsByFunction",
        "logs:ListTagsForResource",
    ],
    write: &[
        "lambda:AddPermission",
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:DeleteRetentionPolicy",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
    ],
};

const MLFLOW: Permissions = Permissions {
    read: &["sagemaker:DescribeMlflowTrackingServer", "sagemaker:ListTags"],
    write: &[
        "sagemaker:AddTags",
        "sagemaker:CreateMlflowTrackingServer",
        "sagemaker:DeleteMlflowTrackingServer",
        "sagemaker:DeleteTags",
        "sagemaker:UpdateMlflowTrackingServer",
    ],
};

const STEPFUNCTIONS: Permissions = Permissions {
    read: &[
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetDashboard",
        "cloudwatch:ListTagsForResource",
        "logs:ListTagsForResource",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListTags",
        "scheduler:GetSchedule",
        "sns:GetSubscriptionAttributes",
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
        "states:DescribeStateMachine",
        "states:ListStateMachineVersions",
        "states:ListTagsForResource",
    ],
    write: &[
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:DeleteRetentionPolicy",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
        "sagemaker:AddTags",
        "sagemaker:CreateModelPackageGroup",
        "sagemaker:DeleteModelPackageGroup",
        "sagemaker:DeleteTags",
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:UpdateSchedule",
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:Unsubscribe",
        "sns:UntagResource",
        "states:CreateStateMachine",
        "states:DeleteStateMachine",
        "states:TagResource",
        "states:UntagResource",
        "states:UpdateStateMachine",
    ],
};

/// The actions on the resources of a stack, whose resources are in [`resources`].
fn permissions(stack: StackName) -> Permissions {
    match stack {
        // The data bucket has statements of its own, and so do roles.
        StackName::S3 | StackName::Iam => Permissions { read: &[], write: &[] },
        // A person applies it.
        StackName::Cicd => Permissions { read: &[], write: &[] },
        StackName::Glue => GLUE,
        StackName::Ecr => ECR,
        StackName::Lambda => LAMBDA,
        StackName::Mlflow => MLFLOW,
        StackName::Stepfunctions => STEPFUNCTIONS,
    }
}

/// The actions that read the resources of all stacks.
pub(super) fn read() -> Vec<&'static str> {
    sorted(|stack| permissions(stack).read)
}

/// The actions that change the resources of all stacks.
pub(super) fn write() -> Vec<&'static str> {
    sorted(|stack| permissions(stack).write)
}

fn sorted(of: impl Fn(StackName) -> &'static [&'static str]) -> Vec<&'static str> {
    let actions: BTreeSet<&str> = StackName::ALL.into_iter().flat_map(of).copied().collect();
    actions.into_iter().collect()
}

/// The resources of all stacks, without buckets and roles: a service, and the last part of the ARN.
pub(super) fn resources(names: &Names) -> Vec<(&'static str, String)> {
    let (any, database) = (names.any(), names.database());
    vec![
        ("glue", format!("job/{any}")),
        ("glue", format!("trigger/{any}")),
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
        ("cloudwatch", format!("dashboard/{any}")),
        ("scheduler", format!("schedule/default/{any}")),
        ("logs", format!("log-group:{}", Names::pipeline_logs(&any))),
        ("logs", format!("log-group:{}", Names::function_logs(&any))),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn parse<T: TryFrom<String, Error = String>>(text: &str) -> T {
        T::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn every_action_has_a_resource_of_its_service() {
        let rows = resources(&Names::new(&parse("oleoduto"), &parse("dev"), &parse("A")));
        for stack in StackName::ALL {
            let Permissions { read, write } = permissions(stack);
            for action in read.iter().chain(write) {
                let service = action.split(':').next().unwrap();
                assert!(rows.iter().any(|(known, _)| *known == service), "{stack}: `{action}` has no resource");
            }
        }
    }
}
