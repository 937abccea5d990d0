use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_cdk::Stack;

fn queues(stack: &mut Stack) {
    let queue = stack.add("queue", SqsQueue::builder().redrive_policy(dead.arn().text()).build());
    let dead = stack.add("dead", SqsQueue::builder().redrive_allow_policy(queue.arn().text()).build());
}

fn main() {}
