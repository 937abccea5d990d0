//! The schema says what is deprecated, and so does the compiler.
#![deny(deprecated)]
use oleoduto_aws::s3_bucket::S3Bucket;

fn main() {
    let _ = S3Bucket::builder().bucket("prices").acl("private").build();
}
