use oleoduto_aws::sqs_queue::SqsQueue;

fn main() {
    SqsQueue::builder().delay_seconds("abc");
}
