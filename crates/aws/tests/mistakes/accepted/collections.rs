use std::collections::HashMap;

use oleoduto_aws::lambda_function::LambdaFunction;
use oleoduto_aws::sqs_queue::SqsQueue;

fn tagged(layers: &[String], tags: HashMap<String, String>, pairs: Vec<(String, String)>) -> SqsQueue {
    let _ = LambdaFunction::builder().layers(layers).tags(tags);
    SqsQueue::builder().tags(pairs).build()
}

fn main() {}
