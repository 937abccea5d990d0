//! `worker`: a queue with a dead-letter queue, and the function that processes its messages.

use std::path::Path;

use oleoduto_aws::cloudwatch_log_group::CloudwatchLogGroup;
use oleoduto_aws::data_caller_identity::CallerIdentityData;
use oleoduto_aws::iam_role::{IamRole, IamRoleRefs};
use oleoduto_aws::iam_role_policy::IamRolePolicy;
use oleoduto_aws::lambda_event_source_mapping::LambdaEventSourceMapping;
use oleoduto_aws::lambda_function::{LambdaFunction, LoggingConfig, VpcConfig};
use oleoduto_aws::policy::{Statement, policy, trust};
use oleoduto_aws::sqs_queue::{SqsQueue, SqsQueueRefs};
use oleoduto_aws::types::{LambdaRuntime, LogGroupArn, RetentionDays};
use oleoduto_cdk::{App, Asset, Diagnostic, Expr, Ref, Stack, func, text};

use crate::{base, network};

/// Longest run of the function, seconds.
const TIMEOUT: i64 = 30;
/// Tries before a message goes to the dead-letter queue.
const TRIES: i64 = 5;

pub(crate) fn stack(app: &mut App, region: &str, handler: &Path, network: &network::Exports) {
    let stack = base::stack(app, region, "worker");
    let queue = queues(stack);
    let logs = CloudwatchLogGroup::builder().name("/aws/lambda/queue-worker").retention_in_days(RetentionDays::TwoWeeks);
    let logs = stack.add("worker", logs.build());
    let role = role(stack, &queue, &logs.arn());
    let Some(code) = code(stack, handler) else { return };
    let function = LambdaFunction::builder()
        .function_name("queue-worker")
        .role(role.arn())
        .runtime(LambdaRuntime::Python313)
        .handler("worker.handle")
        .source_code_hash(func::filebase64sha256(code.as_str()))
        .filename(code)
        .timeout(TIMEOUT)
        .vpc_config(VpcConfig::builder().subnet_ids(&network.subnets).security_group_ids([&network.security_group]).build())
        .logging_config(LoggingConfig::builder().log_format("JSON").log_group(logs.name()).build())
        .build();
    let function = stack.add("worker", function);
    let mapping = LambdaEventSourceMapping::builder()
        .event_source_arn(queue.arn().widen())
        .function_name(function.arn())
        .batch_size(10)
        .function_response_types(["ReportBatchItemFailures"])
        .build();
    stack.add("worker", mapping);
    stack.output("queue_url", queue.url());
}

/// The queue; what fails too often goes to another one and stays there for 14 days.
fn queues(stack: &mut Stack) -> SqsQueueRefs {
    stack.scope("queue", |stack| {
        let dead = stack.add("dead", SqsQueue::builder().name("orders-dead").message_retention_seconds(14 * 86_400).build());
        let redrive = Expr::object([("deadLetterTargetArn", Expr::from(dead.arn())), ("maxReceiveCount", Expr::from(TRIES))]);
        let orders = SqsQueue::builder()
            .name("orders")
            // AWS asks for six times the function's timeout, so that a retry does not meet the first try.
            .visibility_timeout_seconds(6 * TIMEOUT)
            .redrive_policy(func::jsonencode(redrive))
            .sqs_managed_sse_enabled(true)
            .build();
        stack.add("orders", orders)
    })
}

fn role(stack: &mut Stack, queue: &SqsQueueRefs, logs: &Ref<LogGroupArn>) -> IamRoleRefs {
    let account = stack.data("current", CallerIdentityData::builder().build()).account_id();
    let role = IamRole::builder().name("queue-worker").assume_role_policy(trust("lambda.amazonaws.com", account)).build();
    let role = stack.add("worker", role);
    let streams = text![logs, ":*"];
    let interfaces = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"];
    let statements = [
        Statement::allow("Queue", &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]).on(queue.arn()),
        Statement::allow("Logs", &["logs:CreateLogStream", "logs:PutLogEvents"]).on(streams),
        Statement::allow("Network", &interfaces).on_any_because("Lambda's interfaces have no name before they exist"),
    ];
    stack.add("worker", IamRolePolicy::builder().name("work").role(role.name()).policy(policy(statements)).build());
    role
}

/// The function's code as a zip that travels with the stack.
fn code(stack: &mut Stack, handler: &Path) -> Option<String> {
    let file = ("worker.py".to_owned(), handler.join("worker.py"));
    match Asset::zip("code", "worker.zip", &[file]) {
        Ok(zip) => Some(stack.asset(zip)),
        Err(error) => {
            stack.report(Diagnostic::error("worker/asset.code", error.to_string(), "run it in the example's folder"));
            None
        }
    }
}
