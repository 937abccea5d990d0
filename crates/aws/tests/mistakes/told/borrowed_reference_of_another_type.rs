use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_aws::types::RoleArn;
use oleoduto_cdk::Ref;

fn queue(role: &Ref<RoleArn>) -> SqsQueue {
    SqsQueue::builder().policy(role).build()
}

fn main() {}
