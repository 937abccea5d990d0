use oleoduto_aws::sqs_queue::SqsQueue;

fn main() {
    SqsQueue::builder().visibility_timeout(30);
}
