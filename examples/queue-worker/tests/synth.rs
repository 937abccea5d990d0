//! The example as its users get it, and as the real Terraform and provider see it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

use std::path::Path;

use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::lambda_event_source_mapping::LambdaEventSourceMapping;
use oleoduto_aws::sqs_queue::SqsQueue;
use oleoduto_aws::subnet::Subnet;
use oleoduto_cdk::testing::{Matcher, Template, any, validates};
use queue_worker_example::app;
use serde_json::json;

fn handler() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("handler")
}

#[test]
fn both_stacks_are_what_they_were() {
    let output = app("sa-east-1", &handler()).synth().unwrap();
    insta::assert_snapshot!("network", Template::in_output(&output, "network").snapshot());
    insta::assert_snapshot!("worker", Template::in_output(&output, "worker").snapshot());
    assert_eq!(output.manifest.stacks["worker"].dependencies, ["network"]);
}

#[test]
fn messages_that_fail_wait_in_another_queue() {
    let worker = Template::of(app("sa-east-1", &handler()), "worker");
    worker.assert_count::<SqsQueue>(2);
    let [dead] = worker.find::<SqsQueue>(json!({ "name": "*-dead" }))[..] else { panic!("there is one dead-letter queue") };
    let arn = format!("${{aws_sqs_queue.{dead}.arn}}");
    let redrive = Matcher::encoded(json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 5 }));
    worker.assert_resource::<SqsQueue>(Matcher::object([("redrive_policy", redrive)]));
}

#[test]
fn the_function_gets_messages_and_may_delete_them() {
    let worker = Template::of(app("sa-east-1", &handler()), "worker");
    let function = worker.refs::<oleoduto_aws::lambda_function::LambdaFunction>("worker");
    let mapping = LambdaEventSourceMapping::builder().function_name(function.arn()).event_source_arn(any()).batch_size(10);
    worker.assert_has(mapping.build());
    let delete = Matcher::object([("Action", Matcher::containing(["sqs:DeleteMessage"]))]);
    let policy = Matcher::object([("Statement", Matcher::containing([delete]))]);
    worker.assert_resource::<IamRolePolicy>(Matcher::object([("policy", Matcher::encoded(policy))]));
}

#[test]
fn every_subnet_is_in_the_vpc() {
    let network = Template::of(app("sa-east-1", &handler()), "network");
    network.assert_all::<Subnet>(Matcher::object([("vpc_id", Matcher::refers_to("aws_vpc.main"))]));
}

#[test]
fn terraform_finds_nothing_wrong() {
    validates(&app("sa-east-1", &handler()).synth().unwrap());
}

#[test]
fn code_that_is_not_there_is_a_mistake_of_the_stack() {
    let error = app("sa-east-1", Path::new("nowhere")).synth().unwrap_err().to_string();
    assert!(error.contains("nowhere/worker.py") && error.contains("worker/asset.code"), "{error}");
}
