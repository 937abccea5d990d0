use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_aws::types::RoleArn;
use oleoduto_cdk::Ref;

struct Iam {
    glue: Ref<RoleArn>,
}

fn consumer(iam: &Iam) {
    SqsQueue::builder().kms_master_key_id(iam.key.text());
}

fn main() {}
