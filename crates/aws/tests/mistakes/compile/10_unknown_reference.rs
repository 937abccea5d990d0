//! A reference to an attribute that the resource does not have.
use oleoduto_aws::s3_bucket::S3BucketRefs;
use oleoduto_aws::s3_object::S3Object;

fn object(bucket: &S3BucketRefs) -> S3Object {
    S3Object::builder().bucket(bucket.name()).key("raw/").build()
}

fn main() {}
