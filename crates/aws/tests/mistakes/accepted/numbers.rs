use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_cdk::Expr;

fn queues(count: usize, port: u16, size: u64) -> [SqsQueue; 3] {
    let _ = [Expr::from(0.5), Expr::from(count), Expr::from(size)];
    [
        SqsQueue::builder().delay_seconds(count).build(),
        SqsQueue::builder().delay_seconds(port).build(),
        SqsQueue::builder().delay_seconds(size).build(),
    ]
}

fn main() {}
