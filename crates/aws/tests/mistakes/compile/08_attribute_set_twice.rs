use oleoduto_aws::sqs_queue::SqsQueue;

fn main() {
    SqsQueue::builder().delay_seconds(1).delay_seconds(2);
}
