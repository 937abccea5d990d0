use oleoduto_aws::sqs_queue::SqsQueue;

fn queue(production: bool) -> SqsQueue {
    let mut queue = SqsQueue::builder().name("jobs");
    if production {
        queue = queue.delay_seconds(3);
    }
    queue.build()
}

fn main() {}
