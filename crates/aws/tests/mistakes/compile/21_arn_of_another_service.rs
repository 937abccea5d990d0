use oleoduto_aws::lambda_function::LambdaFunction;
use oleoduto_aws::s3_bucket::S3BucketRefs;

fn role(bucket: &S3BucketRefs) {
    LambdaFunction::builder().role(bucket.arn());
}

fn main() {}
