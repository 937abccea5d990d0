//! Whether the existing key of the data can be used.

use aws_config::SdkConfig;
use serde_json::json;

use oleoduto_cli::doctor::Finding;

use super::question::{Question, Refusal};
use super::shortened::short;

const WHAT: &str = "KMS key";

/// Ask KMS for the state of a key.
pub(super) async fn check(sdk: &SdkConfig, arn: &str) -> Finding {
    let body = json!({"KeyId": arn});
    let question = Question { service: "kms", path: "/", target: Some("TrentService.DescribeKey"), body };
    match question.ask(sdk).await {
        Ok(answer) => judge(arn, answer["KeyMetadata"]["KeyState"].as_str().unwrap_or("without a state")),
        Err(refusal) => refused(arn, &refusal),
    }
}

fn judge(arn: &str, state: &str) -> Finding {
    match state {
        "Enabled" => Finding::ok(WHAT, arn),
        _ => Finding::failure(
            WHAT,
            format!("{arn} is {state}: nothing can be encrypted with it"),
            "enable the key (`aws kms enable-key`, after `aws kms cancel-key-deletion`), or name another one as `kms_key`",
        ),
    }
}

fn refused(arn: &str, refusal: &Refusal) -> Finding {
    if refusal.code == "NotFoundException" {
        return Finding::failure(WHAT, format!("{arn} does not exist"), "correct `kms_key`, or write `create`");
    }
    let why = if refusal.code.is_empty() { &refusal.message } else { &refusal.code };
    Finding::warning(WHAT, format!("{arn} is not readable: {}", short(why)), "needs kms:DescribeKey")
}

#[cfg(test)]
mod tests {
    use super::*;
    use oleoduto_cli::doctor::Verdict;

    #[test]
    fn only_a_key_that_is_enabled_can_be_used() {
        assert_eq!(judge("key", "Enabled").verdict, Verdict::Ok);
        for state in ["Disabled", "PendingDeletion", "Unavailable"] {
            let found = judge("key", state);
            assert!(found.verdict == Verdict::Failure && found.found.contains(state), "{state}");
        }
        let refusal = |code: &str| Refusal { code: code.to_owned(), message: String::new() };
        assert_eq!(refused("key", &refusal("NotFoundException")).verdict, Verdict::Failure);
        assert_eq!(refused("key", &refusal("AccessDeniedException")).verdict, Verdict::Warning);
    }
}
