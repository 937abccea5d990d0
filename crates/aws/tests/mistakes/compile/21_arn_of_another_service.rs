//! A bucket's ARN as a role: Terraform's validate and plan let it pass.
use oleoduto_aws::s3_bucket::S3BucketRefs;
use oleoduto_aws::sfn_state_machine::SfnStateMachine;

fn machine(bucket: &S3BucketRefs) -> SfnStateMachine {
    SfnStateMachine::builder().definition("{}").role_arn(bucket.arn()).build()
}

fn main() {}
