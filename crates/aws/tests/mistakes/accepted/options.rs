use oleoduto_aws::sqs_queue::SqsQueue;

fn queue(delay: Option<i64>, production: bool) -> SqsQueue {
    SqsQueue::builder().name("jobs").maybe_delay_seconds(delay).maybe_max_message_size(production.then_some(2048)).build()
}

fn main() {}
