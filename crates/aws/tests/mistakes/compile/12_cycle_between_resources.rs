//! Two queues, each the dead-letter queue of the other: a reference exists only once its resource is added.
use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_cdk::{Stack, Val, text};

fn queues(stack: &mut Stack) {
    let a: Val<String> = text!["{\"deadLetterTargetArn\":\"", second.arn(), "\"}"];
    let first = stack.add("first", SqsQueue::builder().redrive_policy(a).build());
    let b: Val<String> = text!["{\"deadLetterTargetArn\":\"", first.arn(), "\"}"];
    let second = stack.add("second", SqsQueue::builder().redrive_policy(b).build());
}

fn main() {}
