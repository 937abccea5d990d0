//! Whether the bucket for access logs can receive them: S3 delivers to buckets of the same account and region only.

use aws_config::SdkConfig;

use oleoduto_cli::doctor::Finding;
use oleoduto_cli::sdk_error;

use super::shortened::short;

const WHAT: &str = "access logs";
const FIX: &str = "create it, or correct `access_logs`";

/// Ask S3 for the bucket.
pub(super) async fn check(sdk: &SdkConfig, bucket: &str, account: &str) -> Finding {
    let region = sdk.region().map(ToString::to_string).unwrap_or_default();
    let head = aws_sdk_s3::Client::new(sdk).head_bucket().bucket(bucket).expected_bucket_owner(account).send().await;
    match head {
        Ok(found) => judge(bucket, found.bucket_region().unwrap_or(&region), &region),
        Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
            Some(status) => refused(bucket, status, &region),
            None => {
                let why = sdk_error(&error);
                Finding::warning(WHAT, format!("{bucket} is not readable: {}", short(&why)), "needs s3:ListBucket")
            }
        },
    }
}

fn judge(bucket: &str, own: &str, region: &str) -> Finding {
    if own == region {
        return Finding::ok(WHAT, bucket);
    }
    Finding::failure(WHAT, format!("{bucket} is in {own}, but the data bucket is in {region}"), "name a bucket of the region")
}

/// S3 answers 403 for the bucket of another account, and for one that the caller may not look at.
fn refused(bucket: &str, status: u16, region: &str) -> Finding {
    match status {
        404 => Finding::failure(WHAT, format!("{bucket} does not exist"), FIX),
        301 | 307 => Finding::failure(WHAT, format!("{bucket} is not in {region}"), "name a bucket of the region"),
        403 => Finding::warning(WHAT, format!("{bucket} belongs to another account, or is not readable"), "needs s3:ListBucket"),
        _ => Finding::warning(WHAT, format!("{bucket} is not readable: S3 answers {status}"), FIX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oleoduto_cli::doctor::Verdict;

    #[test]
    fn a_bucket_is_of_the_account_and_the_region() {
        assert_eq!(judge("logs", "sa-east-1", "sa-east-1").verdict, Verdict::Ok);
        assert!(judge("logs", "us-east-1", "sa-east-1").found.contains("logs is in us-east-1"));
        let verdicts = [404, 301, 403, 500].map(|status| refused("logs", status, "sa-east-1").verdict);
        assert_eq!(verdicts, [Verdict::Failure, Verdict::Failure, Verdict::Warning, Verdict::Warning]);
    }
}
