//! What is known of references before Terraform runs: the form of an ARN, and how long a value is at most.

use oleoduto_cdk::Reference;

use super::length::Length;

/// An attribute whose form is known.
#[derive(Debug)]
pub(super) struct Known {
    kind: &'static str,
    attribute: &'static str,
    /// A text as the formats of the authorization table.
    pub(super) form: &'static str,
    /// Length of the longest text of the last placeholder.
    longest: usize,
}

const fn known(kind: &'static str, attribute: &'static str, form: &'static str, longest: usize) -> Known {
    Known { kind, attribute, form, longest }
}

/// Lengths are those of the services' quotas.
const KNOWN: &[Known] = &[
    known("aws_caller_identity", "account_id", "${Account}", 12),
    known("aws_partition", "partition", "${Partition}", 10),
    known("aws_region", "id", "${Region}", 14),
    known("aws_region", "name", "${Region}", 14),
    known("aws_cloudwatch_log_group", "arn", "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}", 512),
    known("aws_cloudwatch_metric_alarm", "arn", "arn:${Partition}:cloudwatch:${Region}:${Account}:alarm:${AlarmName}", 255),
    known("aws_dynamodb_table", "arn", "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}", 255),
    known("aws_ecr_repository", "arn", "arn:${Partition}:ecr:${Region}:${Account}:repository/${RepositoryName}", 256),
    known("aws_glue_job", "arn", "arn:${Partition}:glue:${Region}:${Account}:job/${JobName}", 255),
    known("aws_iam_openid_connect_provider", "arn", "arn:${Partition}:iam::${Account}:oidc-provider/${Provider}", 255),
    known("aws_iam_policy", "arn", "arn:${Partition}:iam::${Account}:policy/${PolicyNameWithPath}", 128),
    known("aws_iam_role", "arn", "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", 64),
    known("aws_kms_key", "arn", "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}", 36),
    known("aws_lambda_function", "arn", "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}", 64),
    known("aws_s3_bucket", "arn", "arn:${Partition}:s3:::${BucketName}", 63),
    known("aws_s3_bucket", "bucket", "${BucketName}", 63),
    known("aws_s3_bucket", "id", "${BucketName}", 63),
    known("aws_sfn_state_machine", "arn", "arn:${Partition}:states:${Region}:${Account}:stateMachine:${StateMachineName}", 80),
    known("aws_sns_topic", "arn", "arn:${Partition}:sns:${Region}:${Account}:${TopicName}", 256),
    known("aws_sqs_queue", "arn", "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}", 80),
];

impl Known {
    /// How long its text is; `region` is that of the stack, if it is known.
    pub(super) fn length(&self, region: Option<&str>) -> Length {
        let mut length = Length::default();
        let mut rest = self.form;
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, placeholder)| Some((before, placeholder.split_once('}')?)))
        {
            length = length + Length::exact(before.len()) + self.placeholder(name, region);
            rest = after;
        }
        length + Length::exact(rest.len())
    }

    fn placeholder(&self, name: &str, region: Option<&str>) -> Length {
        match (name, region) {
            ("Account", _) => Length::exact(12),
            ("Region", Some(region)) => Length::exact(region.len()),
            ("Region", None) => Length { least: 9, most: 14 },
            ("Partition", Some(region)) => Length::exact(partition(region).len()),
            ("Partition", None) => Length { least: 3, most: 10 },
            _ => Length { least: 1, most: self.longest },
        }
    }
}

/// The partition of a region; `aws-us-gov` is the longest.
fn partition(region: &str) -> &'static str {
    let partitions = [
        ("us-gov-", "aws-us-gov"),
        ("cn-", "aws-cn"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    partitions.into_iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

/// What is known of a reference.
pub(super) fn of(reference: &Reference) -> Option<&'static Known> {
    let kind = reference.target().type_name();
    KNOWN.iter().find(|known| known.kind == kind && known.attribute == reference.path())
}
