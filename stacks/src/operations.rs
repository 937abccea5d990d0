//! What runs and watches the pipeline, where the environment asks for it: a schedule, and alarms by e-mail.

use oleoduto_aws::cloudwatch_metric_alarm::CloudwatchMetricAlarm;
use oleoduto_aws::scheduler_schedule::{FlexibleTimeWindow, SchedulerSchedule, TargetBlock, TargetRetryPolicy};
use oleoduto_aws::sfn_state_machine::SfnStateMachineRefs;
use oleoduto_aws::sns_topic::{SnsTopic, SnsTopicRefs};
use oleoduto_aws::sns_topic_subscription::SnsTopicSubscription;
use oleoduto_cdk::{Stack, Val};

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

/// The namespace of the monitor's figures; the dimension `Pipeline` tells pipelines of an account apart.
pub(crate) const NAMESPACE: &str = "Oleoduto";

/// Months that the newest data may be older than the run: what the forecast allows Ipeadata.
const MAX_DATA_AGE_MONTHS: i64 = 2;

/// Whom alarms tell, and what they watch.
struct Alarms<'a> {
    prefix: &'a str,
    topic: SnsTopicRefs,
}

/// Tell somebody when an execution does not succeed, and when a forecast is not what it should be.
pub(crate) fn alarms(stack: &mut Stack, settings: &Settings, pipeline: &SfnStateMachineRefs) {
    let Some(alarms) = &settings.parameters.alarms else { return };
    let prefix = settings.prefix();
    let topic = stack.add("alarms", SnsTopic::builder().name(format!("{prefix}-alarms")).build());
    let mail = SnsTopicSubscription::builder().topic_arn(topic.arn()).protocol("email").endpoint(alarms.email.as_str()).build();
    stack.add("alarms", mail);
    let alarms = Alarms { prefix: &prefix, topic };
    for (metric, word) in FAILURES {
        let description = format!("An execution of the pipeline {}", word.replace('-', " "));
        let dimensions = [("StateMachineArn", Val::from(pipeline.arn().text()))];
        let failures = Watched { namespace: "AWS/States", metric, statistic: "Sum", above: 0 };
        alarms.add(stack, word, &description, &failures, dimensions);
    }
    let own = |metric, above| Watched { namespace: NAMESPACE, metric, statistic: "Maximum", above };
    let degraded = "At some horizon the forecasts' realised MSPE is over the limit of the written rule";
    let stale = format!("The newest complete month was more than {MAX_DATA_AGE_MONTHS} months before the run's");
    for (word, description, watched) in [
        ("degraded", degraded, own("MspeToLimit", 1)),
        ("fell-back", "The champion degraded: the benchmark forecasts in its place", own("FellBack", 0)),
        ("stale-data", &stale, own("DataAgeMonths", MAX_DATA_AGE_MONTHS)),
    ] {
        let dimensions = [("Pipeline", Val::from(prefix.as_str())), ("Series", settings.series.as_str().into())];
        alarms.add(stack, word, description, &watched, dimensions);
    }
}

/// A metric, and what is too much of it within five minutes.
struct Watched {
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    above: i64,
}

impl Alarms<'_> {
    fn add<const N: usize>(
        &self,
        stack: &mut Stack,
        word: &str,
        description: &str,
        watched: &Watched,
        dimensions: [(&str, Val<String>); N],
    ) {
        let alarm = CloudwatchMetricAlarm::builder()
            .alarm_name(format!("{}-{word}", self.prefix))
            .alarm_description(description)
            .namespace(watched.namespace)
            .metric_name(watched.metric)
            .dimensions(dimensions)
            .statistic(watched.statistic)
            .period(300)
            .evaluation_periods(1)
            .threshold(watched.above)
            .comparison_operator("GreaterThanThreshold")
            // No execution is no failure, and a monitor that did not run found nothing.
            .treat_missing_data("notBreaching")
            .alarm_actions([self.topic.arn().text()])
            .build();
        stack.add(word, alarm);
    }
}
