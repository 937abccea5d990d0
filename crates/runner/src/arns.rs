//! ARNs and other attributes of AWS resources that follow from their names, before the resources exist.
//! Formats: <https://docs.aws.amazon.com/service-authorization/latest/reference/>, "Resource types" of each service.

use serde_json::Value as Json;

/// The account and region of the resources.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

impl Place<'_> {
    fn partition(&self) -> &'static str {
        match self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    fn suffix(&self) -> &'static str {
        if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }

    fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }
}

/// The ARN of a resource with these arguments; none if it does not follow from them.
pub fn arn(account: &str, region: &str, kind: &str, arguments: &Json) -> Option<String> {
    attribute(Place { account, region }, kind, "arn", arguments)
}

/// The value of an attribute of a planned resource; none if it does not follow from the planned values.
pub(crate) fn attribute(place: Place<'_>, kind: &str, attribute: &str, values: &Json) -> Option<String> {
    let text = |key: &str| values.get(key).and_then(Json::as_str);
    let Some(name) = text("name").map(str::to_owned) else { return unnamed(place, kind, attribute, values) };
    Some(match (kind, attribute) {
        ("aws_iam_role", "arn") => place.global_arn("iam", &format!("role{}{name}", text("path").unwrap_or("/"))),
        ("aws_iam_policy", "arn") => place.global_arn("iam", &format!("policy{}{name}", text("path").unwrap_or("/"))),
        ("aws_iam_role" | "aws_glue_job" | "aws_cloudwatch_log_group" | "aws_ecr_repository", "id") => name,
        ("aws_glue_job", "arn") => place.arn("glue", &format!("job/{name}")),
        ("aws_glue_catalog_database", "arn") => place.arn("glue", &format!("database/{name}")),
        ("aws_ecr_repository", "arn") => place.arn("ecr", &format!("repository/{name}")),
        ("aws_ecr_repository", "repository_url") => {
            format!("{}.dkr.ecr.{}.{}/{name}", place.account, place.region, place.suffix())
        }
        ("aws_ecr_repository", "registry_id") => place.account.to_owned(),
        ("aws_cloudwatch_log_group", "arn") => place.arn("logs", &format!("log-group:{name}")),
        ("aws_sfn_state_machine", "arn" | "id") => place.arn("states", &format!("stateMachine:{name}")),
        ("aws_sns_topic", "arn" | "id") => place.arn("sns", &name),
        ("aws_sqs_queue", "arn") => place.arn("sqs", &name),
        ("aws_scheduler_schedule_group", "arn") => place.arn("scheduler", &format!("schedule-group/{name}")),
        _ => return None,
    })
}

/// The same for types whose name is not in `name`.
fn unnamed(place: Place<'_>, kind: &str, attribute: &str, values: &Json) -> Option<String> {
    let text = |key: &str| values.get(key).and_then(Json::as_str);
    Some(match (kind, attribute) {
        ("aws_s3_bucket", "arn") => format!("arn:{}:s3:::{}", place.partition(), text("bucket")?),
        ("aws_s3_bucket", "id") => text("bucket")?.to_owned(),
        ("aws_s3_bucket", "bucket_domain_name") => format!("{}.s3.{}", text("bucket")?, place.suffix()),
        ("aws_s3_bucket", "bucket_regional_domain_name") => {
            format!("{}.s3.{}.{}", text("bucket")?, place.region, place.suffix())
        }
        ("aws_lambda_function", "arn") => place.arn("lambda", &format!("function:{}", text("function_name")?)),
        ("aws_lambda_function", "id") => text("function_name")?.to_owned(),
        ("aws_s3_object", "id") => text("key")?.to_owned(),
        _ => return None,
    })
}

/// A stand-in for a value that is not known: an ARN if the attribute is one.
pub(crate) fn stand_in(place: Place<'_>, stack: &str, output: &str, attribute: Option<&str>) -> String {
    let is_arn = attribute.is_some_and(|name| name == "arn" || name.ends_with("_arn"));
    if is_arn { place.arn("assumed", &format!("{stack}/{output}")) } else { format!("assumed-{stack}-{output}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HERE: Place<'_> = Place { account: "123456789012", region: "sa-east-1" };

    #[test]
    fn attributes_follow_from_names() {
        let of = |kind: &str, name: &str, values: Json| attribute(HERE, kind, name, &values).unwrap_or_default();
        assert_eq!(of("aws_iam_role", "arn", json!({"name": "r", "path": "/p/"})), "arn:aws:iam::123456789012:role/p/r");
        assert_eq!(of("aws_s3_bucket", "arn", json!({"bucket": "b"})), "arn:aws:s3:::b");
        assert_eq!(
            of("aws_lambda_function", "arn", json!({"function_name": "f"})),
            "arn:aws:lambda:sa-east-1:123456789012:function:f"
        );
        assert_eq!(
            of("aws_ecr_repository", "repository_url", json!({"name": "e"})),
            "123456789012.dkr.ecr.sa-east-1.amazonaws.com/e"
        );
        assert_eq!(attribute(HERE, "aws_iam_role", "unique_id", &json!({"name": "r"})), None);
        assert_eq!(attribute(HERE, "aws_s3_bucket", "arn", &json!({})), None, "the name itself is not known");
        assert_eq!(stand_in(HERE, "s", "o", Some("role_arn")), "arn:aws:assumed:sa-east-1:123456789012:s/o");
        assert_eq!(stand_in(HERE, "s", "o", Some("id")), "assumed-s-o");
    }
}
