//! The ARN is the provider's to give.
use oleoduto_aws::s3_bucket::S3Bucket;

fn main() {
    let _ = S3Bucket::builder().arn("arn:aws:s3:::prices").build();
}
