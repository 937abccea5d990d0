use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_cdk::{App, Backend};

fn main() {
    let mut app = App::new();
    let queues = app.stack("queues", Backend::Local { path: "queues".into() });
    let alarms = app.stack("alarms", Backend::Local { path: "alarms".into() });
    let queue = queues.add("queue", SqsQueue::builder().name("jobs").build());
    alarms.output("arn", queue.arn());
}
