//! Whether the existing key of the data can be used.

use aws_config::SdkConfig;
use serde_json::json;

use oleoduto_cli::doctor::Finding;
use oleoduto_cli::{AwsProtocol, AwsService, Refused};

use super::shortened::why;

const WHAT: &str = "KMS key";
const PROTOCOL: AwsProtocol = AwsProtocol::Json { version: "1.1", prefix: "TrentService" };
const KMS: AwsService = AwsService { id: "KMS", name: "kms", protocol: PROTOCOL };

/// Ask KMS for the state of a key.
pub(super) async fn check(sdk: &SdkConfig, arn: &str) -> Finding {
    match KMS.json(sdk, "DescribeKey", &json!({"KeyId": arn})).await {
        Ok(answer) => judge(arn, answer["KeyMetadata"]["KeyState"].as_str().unwrap_or("without a state")),
        Err(error) => refused(arn, &error),
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

fn refused(arn: &str, error: &Refused) -> Finding {
    if error.is("NotFoundException") {
        return Finding::failure(WHAT, format!("{arn} does not exist"), "correct `kms_key`, or write `create`");
    }
    Finding::warning(WHAT, format!("{arn} is not readable: {}", why(error)), "needs kms:DescribeKey")
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
        let refusal = |code: &str| Refused { code: Some(code.to_owned()), text: String::new() };
        assert_eq!(refused("key", &refusal("NotFoundException")).verdict, Verdict::Failure);
        assert_eq!(refused("key", &refusal("AccessDeniedException")).verdict, Verdict::Warning);
    }
}
