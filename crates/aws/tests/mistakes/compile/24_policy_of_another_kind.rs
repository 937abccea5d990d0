//! A number where a policy document belongs.
use oleoduto_aws::s3_bucket::S3BucketRefs;
use oleoduto_aws::s3_bucket_policy::S3BucketPolicy;

fn policy(bucket: &S3BucketRefs) -> S3BucketPolicy {
    S3BucketPolicy::builder().bucket(bucket.bucket()).policy(bucket.arn()).build()
}

fn main() {}
