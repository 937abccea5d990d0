//! What is known of references before Terraform runs: the form of an ARN.

use oleoduto_cdk::Reference;

/// An attribute whose form is known.
#[derive(Debug)]
pub(super) struct Known {
    kind: &'static str,
    attribute: &'static str,
    /// A text as the formats of the authorization table.
    pub(super) form: &'static str,
}

const fn known(kind: &'static str, attribute: &'static str, form: &'static str) -> Known {
    Known { kind, attribute, form }
}

const KNOWN: &[Known] = &[
    known("aws_caller_identity", "account_id", "${Account}"),
    known("aws_partition", "partition", "${Partition}"),
    known("aws_region", "id", "${Region}"),
    known("aws_region", "name", "${Region}"),
    known("aws_cloudwatch_log_group", "arn", "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}"),
    known("aws_cloudwatch_metric_alarm", "arn", "arn:${Partition}:cloudwatch:${Region}:${Account}:alarm:${AlarmName}"),
    known("aws_dynamodb_table", "arn", "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"),
    known("aws_ecr_repository", "arn", "arn:${Partition}:ecr:${Region}:${Account}:repository/${RepositoryName}"),
    known("aws_glue_job", "arn", "arn:${Partition}:glue:${Region}:${Account}:job/${JobName}"),
    known("aws_iam_openid_connect_provider", "arn", "arn:${Partition}:iam::${Account}:oidc-provider/${Provider}"),
    known("aws_iam_policy", "arn", "arn:${Partition}:iam::${Account}:policy/${PolicyNameWithPath}"),
    known("aws_iam_role", "arn", "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"),
    known("aws_kms_key", "arn", "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"),
    known("aws_lambda_function", "arn", "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}"),
    known("aws_s3_bucket", "arn", "arn:${Partition}:s3:::${BucketName}"),
    known("aws_s3_bucket", "bucket", "${BucketName}"),
    known("aws_s3_bucket", "id", "${BucketName}"),
    known("aws_sfn_state_machine", "arn", "arn:${Partition}:states:${Region}:${Account}:stateMachine:${StateMachineName}"),
    known("aws_sns_topic", "arn", "arn:${Partition}:sns:${Region}:${Account}:${TopicName}"),
    known("aws_sqs_queue", "arn", "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"),
];

/// What is known of a reference.
pub(super) fn of(reference: &Reference) -> Option<&'static Known> {
    let kind = reference.target().type_name();
    KNOWN.iter().find(|known| known.kind == kind && known.attribute == reference.path())
}
