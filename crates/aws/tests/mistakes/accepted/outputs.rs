use oleoduto_aws::s3_bucket::S3BucketRefs;
use oleoduto_cdk::{Stack, text};

fn outputs(stack: &mut Stack, bucket: &S3BucketRefs) {
    stack.output("arn", bucket.arn());
    stack.output("home", text!["home of ", bucket.arn()]);
    stack.output("note", "a literal");
}

fn main() {}
