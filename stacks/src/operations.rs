//! What runs and watches the pipeline, where the environment asks for it: a schedule, and alarms by e-mail.

use oleoduto_aws::cloudwatch_metric_alarm::CloudwatchMetricAlarm;
use oleoduto_aws::scheduler_schedule::{FlexibleTimeWindow, SchedulerSchedule, TargetBlock, TargetRetryPolicy};
use oleoduto_aws::sfn_state_machine::SfnStateMachineRefs;
use oleoduto_aws::sns_topic::SnsTopic;
use oleoduto_aws::sns_topic_subscription::SnsTopicSubscription;
use oleoduto_cdk::Stack;

use crate::iam;
use crate::settings::Settings;

/// Metrics of an execution that did not succeed, and what they are called in an alarm.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html>.
const FAILURES: [(&str, &str); 3] =
    [("ExecutionsFailed", "failed"), ("ExecutionsTimedOut", "timed-out"), ("ExecutionsAborted", "aborted")];

/// Start the pipeline at the environment's times.
pub(crate) fn schedule(stack: &mut Stack, settings: &Settings, iam: &iam::Exports, pipeline: &SfnStateMachineRefs) {
    let (Some(schedule), Some(role)) = (&settings.parameters.schedule, &iam.scheduler) else { return };
    let target = TargetBlock::builder()
        .arn(pipeline.arn().widen())
        .role_arn(role)
        .input("{}")
        .retry_policy(TargetRetryPolicy::builder().maximum_retry_attempts(3).build())
        .build();
    let schedule = SchedulerSchedule::builder()
        .name(format!("{}-pipeline", settings.prefix()))
        .schedule_expression(schedule.expression.as_str())
        .schedule_expression_timezone(schedule.timezone.as_str())
        .flexible_time_window(FlexibleTimeWindow::builder().mode("OFF").build())
        .target(target)
        .build();
    stack.add("pipeline", schedule);
}

/// Tell somebody when an execution does not succeed.
pub(crate) fn alarms(stack: &mut Stack, settings: &Settings, pipeline: &SfnStateMachineRefs) {
    let Some(alarms) = &settings.parameters.alarms else { return };
    let topic = stack.add("alarms", SnsTopic::builder().name(format!("{}-alarms", settings.prefix())).build());
    let mail = SnsTopicSubscription::builder().topic_arn(topic.arn()).protocol("email").endpoint(alarms.email.as_str()).build();
    stack.add("alarms", mail);
    for (metric, word) in FAILURES {
        let alarm = CloudwatchMetricAlarm::builder()
            .alarm_name(format!("{}-{word}", settings.prefix()))
            .alarm_description(format!("An execution of the pipeline {}", word.replace('-', " ")))
            .namespace("AWS/States")
            .metric_name(metric)
            .dimensions([("StateMachineArn", pipeline.arn().text())])
            .statistic("Sum")
            .period(300)
            .evaluation_periods(1)
            .threshold(1)
            .comparison_operator("GreaterThanOrEqualToThreshold")
            // No execution is no failure.
            .treat_missing_data("notBreaching")
            .alarm_actions([topic.arn().text()])
            .build();
        stack.add(word, alarm);
    }
}
