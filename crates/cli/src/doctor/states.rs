//! The states: whether the buckets that the stacks name can be reached.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use oleoduto_runner::AwsAccess;
use serde_json::Value as Json;

use super::finding::Finding;
use crate::sdk_error::sdk_error;

const WHAT: &str = "states";
/// Time for a bucket to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where states are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum States {
    Files,
    Bucket { name: String, region: String, profile: Option<String>, role: Option<String> },
    Other(String),
}

/// Look at each place of states once. `configurations` are the stacks' `cdk.tf.json`.
pub async fn states<'a>(configurations: impl IntoIterator<Item = &'a str>, missing_bucket_help: &str) -> Vec<Finding> {
    let places: BTreeSet<States> = configurations.into_iter().filter_map(place).collect();
    let mut findings = Vec::new();
    for place in &places {
        findings.push(look(place, missing_bucket_help).await);
    }
    findings
}

/// Where the state of a stack is.
fn place(configuration: &str) -> Option<States> {
    let json: Json = serde_json::from_str(configuration).ok()?;
    let terraform = &json["terraform"];
    let text = |value: &Json| value.as_str().map(str::to_owned);
    if terraform.get("cloud").is_some() {
        return Some(States::Other("cloud".to_owned()));
    }
    let (kind, backend) = terraform["backend"].as_object()?.iter().next()?;
    let bucket = || {
        let (name, region) = (text(&backend["bucket"])?, text(&backend["region"])?);
        Some(States::Bucket { name, region, profile: text(&backend["profile"]), role: text(&backend["assume_role"]["role_arn"]) })
    };
    match kind.as_str() {
        "local" => Some(States::Files),
        "s3" => bucket(),
        other => Some(States::Other(other.to_owned())),
    }
}

async fn look(place: &States, missing_bucket_help: &str) -> Finding {
    let States::Bucket { name, region, profile, role } = place else {
        return match place {
            States::Other(kind) => Finding::ok(WHAT, format!("in the backend `{kind}`, which only Terraform can reach")),
            _ => Finding::ok(WHAT, "in files"),
        };
    };
    let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let access = AwsAccess {
        region,
        profile: profile.as_deref(),
        role: role.as_deref(),
        timeouts: Some(timeouts),
        ..AwsAccess::default()
    };
    let client = aws_sdk_s3::Client::new(&access.config().await);
    let answer = client.head_bucket().bucket(name).send().await;
    let status = answer.as_ref().err().and_then(|error| error.raw_response()).map(|response| response.status().as_u16());
    match (answer, status) {
        (Ok(_), _) => Finding::ok(WHAT, format!("bucket {name} in {region}")),
        (Err(error), None) => {
            let found = format!("bucket {name}: {}", sdk_error(&error));
            Finding::failure(WHAT, found, "log in to AWS, or correct the profile or the role of the backend")
        }
        (Err(_), Some(status)) => refused(name, region, status, missing_bucket_help),
    }
}

/// What the status of an answer means.
fn refused(name: &str, region: &str, status: u16, missing_bucket_help: &str) -> Finding {
    match status {
        404 => Finding::failure(WHAT, format!("bucket {name} does not exist in {region}"), missing_bucket_help),
        403 => Finding::failure(
            WHAT,
            format!("access to bucket {name} is denied"),
            "choose credentials of its account, or allow them s3:ListBucket",
        ),
        301 | 307 | 400 => Finding::failure(
            WHAT,
            format!("bucket {name} is in another region than {region}"),
            "correct the region of the backend",
        ),
        other => Finding::warning(WHAT, format!("bucket {name} answered {other}"), "try again later"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn each_place_is_found_once() {
        let s3 = r#"{"terraform": {"backend": {"s3": {"bucket": "b", "key": "1", "region": "eu-west-1", "assume_role": {"role_arn": "r"}}}}}"#;
        let bucket = States::Bucket { name: "b".into(), region: "eu-west-1".into(), profile: None, role: Some("r".into()) };
        assert_eq!(place(s3), Some(bucket));
        assert_eq!(place(r#"{"terraform": {"backend": {"local": {"path": "x"}}}}"#), Some(States::Files));
        assert_eq!(place(r#"{"terraform": {"cloud": {}}}"#), Some(States::Other("cloud".into())));
        assert_eq!(place(r#"{"terraform": {"backend": {"gcs": {}}}}"#), Some(States::Other("gcs".into())));
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let missing = refused("b", "eu-west-1", 404, "run x backend up");
        assert_eq!((missing.verdict, missing.fix.as_str()), (Verdict::Failure, "run x backend up"));
        assert!(refused("b", "eu-west-1", 403, "").found.contains("denied"));
        assert!(refused("b", "eu-west-1", 301, "").found.contains("another region than eu-west-1"));
        assert_eq!(refused("b", "eu-west-1", 503, "").verdict, Verdict::Warning);
    }
}
