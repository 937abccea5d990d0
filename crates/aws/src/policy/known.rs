//! What is known of references before Terraform runs: the form of an ARN, and how long a value is at most.

use oleoduto_cdk::Reference;

use super::length::Length;
use crate::authorization;

/// An attribute whose form is known.
#[derive(Debug)]
pub(super) struct Known {
    kind: &'static str,
    attribute: &'static str,
    form: Form,
    /// Length of the longest text of the last placeholder.
    longest: usize,
}

/// A text with placeholders, as the formats of the authorization table have them.
#[derive(Clone, Copy, Debug)]
enum Form {
    Text(&'static str),
    /// The ARN of a resource type: a service of the table, and the name of the type.
    Arn(&'static str, &'static str),
}

const fn text(kind: &'static str, attribute: &'static str, form: &'static str, longest: usize) -> Known {
    Known { kind, attribute, form: Form::Text(form), longest }
}

const fn arn(kind: &'static str, service: &'static str, name: &'static str, longest: usize) -> Known {
    Known { kind, attribute: "arn", form: Form::Arn(service, name), longest }
}

/// Lengths are those of the services' quotas.
const KNOWN: &[Known] = &[
    text("aws_caller_identity", "account_id", "${Account}", 12),
    text("aws_partition", "partition", "${Partition}", 10),
    text("aws_region", "id", "${Region}", 14),
    text("aws_region", "name", "${Region}", 14),
    arn("aws_cloudwatch_log_group", "logs", "log-group", 512),
    arn("aws_cloudwatch_metric_alarm", "cloudwatch", "alarm", 255),
    arn("aws_dynamodb_table", "dynamodb", "table", 255),
    arn("aws_ecr_repository", "ecr", "repository", 256),
    arn("aws_glue_job", "glue", "job", 255),
    arn("aws_iam_openid_connect_provider", "iam", "oidc-provider", 255),
    arn("aws_iam_policy", "iam", "policy", 128),
    arn("aws_iam_role", "iam", "role", 64),
    arn("aws_kms_key", "kms", "key", 36),
    arn("aws_lambda_function", "lambda", "function", 64),
    arn("aws_s3_bucket", "s3", "bucket", 63),
    text("aws_s3_bucket", "bucket", "${BucketName}", 63),
    text("aws_s3_bucket", "id", "${BucketName}", 63),
    arn("aws_sfn_state_machine", "states", "statemachine", 80),
    arn("aws_sns_topic", "sns", "topic", 256),
    arn("aws_sqs_queue", "sqs", "queue", 80),
];

impl Known {
    /// Its text, as the formats of the authorization table; a test sees that the table has every type above.
    pub(super) fn form(&self) -> &'static str {
        match self.form {
            Form::Text(text) => text,
            Form::Arn(prefix, name) => {
                let types = authorization::service(prefix).map(authorization::Service::resource_types).unwrap_or_default();
                types.iter().find(|found| found.name() == name).map_or("", authorization::ResourceType::arn)
            }
        }
    }

    /// How long its text is; `region` is that of the stack, if it is known.
    pub(super) fn length(&self, region: Option<&str>) -> Length {
        let mut length = Length::default();
        let mut rest = self.form();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_type_of_which_something_is_known() {
        for known in KNOWN {
            assert!(known.form().contains("${"), "{known:?}");
        }
    }
}
