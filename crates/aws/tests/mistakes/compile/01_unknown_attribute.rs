//! An attribute that the type does not have.
use oleoduto_aws::s3_bucket::S3Bucket;

fn main() {
    let _ = S3Bucket::builder().bukket("prices").build();
}
