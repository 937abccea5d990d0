use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_cdk::Stack;

fn queue(stack: &mut Stack) {
    stack.add("queue", SqsQueue::builder().name("jobs"));
}

fn main() {}
