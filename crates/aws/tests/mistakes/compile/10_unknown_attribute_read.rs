use oleoduto_aws::sqs_queue::SqsQueueRefs;

fn address(queue: &SqsQueueRefs) {
    queue.address();
}

fn main() {}
