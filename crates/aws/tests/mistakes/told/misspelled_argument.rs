use oleoduto_aws::sqs_queue::SqsQueue;

fn main() {
    let _ = SqsQueue::builder().nam("jobs").build();
}
