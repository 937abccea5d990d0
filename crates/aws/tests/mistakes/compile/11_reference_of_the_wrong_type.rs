//! A map into a string: Terraform finds it only at plan.
use oleoduto_aws::s3_bucket::S3BucketRefs;
use oleoduto_aws::s3_object::S3Object;

fn object(bucket: &S3BucketRefs) -> S3Object {
    S3Object::builder().bucket(bucket.bucket()).key("raw/").content(bucket.tags()).build()
}

fn main() {}
