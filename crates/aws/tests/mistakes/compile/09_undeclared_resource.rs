//! A reference to a resource that nobody declared.
use oleoduto_aws::s3_object::S3Object;

fn main() {
    let _ = S3Object::builder().bucket(bucket.bucket()).key("raw/").build();
}
