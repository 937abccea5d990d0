#![deny(deprecated)]

use oleoduto_aws::s3_bucket::S3Bucket;

fn main() {
    let _ = S3Bucket::builder().acl("private");
}
