//! What starts the pipeline, if the environment asks for it: a schedule, with a queue of the starts that it could not make.

use oleoduto_aws::grants::{Machine, Queue};
use oleoduto_aws::policy::{policy, tls_only};
use oleoduto_aws::scheduler_schedule::{
    FlexibleTimeWindow, SchedulerSchedule, TargetBlock, TargetDeadLetterConfig, TargetRetryPolicy,
};
use oleoduto_aws::sfn_state_machine::SfnStateMachineRefs;
use oleoduto_aws::sqs_queue::{SqsQueue, SqsQueueRefs};
use oleoduto_aws::types::{QueueArn, QueueName};
use oleoduto_cdk::{Ref, Stack, Val};

use crate::support::names::Single;
use crate::support::settings::Settings;
use crate::{iam, kms};

/// Seconds that a start that failed is kept: two weeks, the most that SQS offers.
const KEPT_SECONDS: i64 = 14 * 24 * 3600;

/// Add the schedule that starts the pipeline. Returns the name of the queue of the starts that it could not make.
pub(crate) fn schedule(
    stack: &mut Stack,
    settings: &Settings,
    roles: &mut iam::Roles,
    pipeline: &SfnStateMachineRefs,
    key: Option<&Val<String>>,
) -> Option<Ref<QueueName>> {
    let (Some(schedule), Some(role)) = (&settings.parameters.schedule, &mut roles.scheduler) else { return None };
    let machine = format!("stateMachine:{}", roles.names.of(Single::Pipeline));
    role.allow([Machine::new(roles.here.arn("states", machine)).start()]);
    let name = roles.names.of(Single::DeadLetters);
    // Sending to an encrypted queue takes the key, too.
    let named = kms::named(settings, &roles.here);
    let key_uses = named.iter().flat_map(|key| [key.decrypt(), key.data_key()]);
    role.allow(Queue::new(roles.here.arn("sqs", &name)).bury().and(key_uses));
    let dead_letters = queue(stack, roles, name, key);
    let role = roles.scheduler.as_ref()?;
    let target = TargetBlock::builder()
        .arn(pipeline.arn().widen())
        .role_arn(role.arn())
        .input("{}")
        .retry_policy(TargetRetryPolicy::builder().maximum_retry_attempts(3).build())
        .dead_letter_config(TargetDeadLetterConfig::builder().arn(dead_letters.arn().widen()).build())
        .build();
    let schedule = SchedulerSchedule::builder()
        .name(settings.names().of(Single::Pipeline))
        .schedule_expression(schedule.expression.as_str())
        .schedule_expression_timezone(schedule.timezone.as_str())
        .flexible_time_window(FlexibleTimeWindow::builder().mode("OFF").build())
        .target(target)
        .build();
    stack.add("pipeline", schedule);
    Some(dead_letters.name())
}

fn queue(stack: &mut Stack, roles: &iam::Roles, name: String, key: Option<&Val<String>>) -> SqsQueueRefs {
    // By name: a resource can't refer to itself.
    let own: Val<QueueArn> = roles.here.arn("sqs", &name);
    let tls_only = tls_only(&["sqs:*"]).on(own);
    let queue = SqsQueue::builder()
        .name(name)
        .message_retention_seconds(KEPT_SECONDS)
        .maybe_sqs_managed_sse_enabled(key.is_none().then_some(true))
        .maybe_kms_master_key_id(key.cloned())
        .policy(policy([tls_only]))
        .build();
    stack.add("dead_letters", queue)
}
